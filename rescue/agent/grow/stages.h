/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of a grow, and what they hand on to each other. Each stage reports what it
 * found, and returns 0, or -1 with the fault. */
#ifndef GROW_STAGES_H
#define GROW_STAGES_H

#include "agent/devices/probe.h"
#include "agent/devices/wait_device.h"
#include "agent/disk.h"
#include "agent/filesystem/fs.h"
#include "agent/job_setup.h"
#include "agent/partition/plan.h"
#include "agent/report.h"
#include "base/fault.h"
#include "wire/request.h"

#include <stdbool.h>
#include <stdint.h>

struct chosen {
	unsigned number; /* 0: the last one, or the whole disk */
	const char *by;	 /* `chosen_by` of the plan event; static text */
};

struct grow {
	const struct job_setup *setup;
	const struct request *request;
	struct agent_report *report;
	struct recorder *recorder; /* or NULL */
	struct disk disk;
	struct partition_table table;
	struct chosen chosen;
	struct plan plan;
	struct limit table_limit, fs_limit;
	struct fs_target target;
	const char *sbin; /* where the programs for its kind are */
	struct fs *fs;	  /* owned; NULL before it is found, and for the partition alone */
	char content[PROBE_TYPE_BYTES]; /* libblkid's word of what fs is not opened for */
	uint64_t blocks_after;
	bool check_left;    /* the check before is another machine's */
	bool gains;	    /* partition or file system become larger */
	bool changed;	    /* there is something to do */
	const char *moment; /* "before" or "after"; NULL in a resize */
	int percent;
	int64_t percent_ms; /* when it was sent last */
	unsigned repairs_sent;
};

/* find.c: what there is. */
int stage_disk(struct grow *grow, struct fault *fault);
/* May a damaged primary GPT be made from its backup? */
bool may_repair_table(const struct grow *grow);
int stage_table(struct grow *grow, struct fault *fault);
int stage_probe(struct grow *grow, struct fault *fault);
/* choose.c: the partition that the request means, in a table that plan_check has passed.
 * Faults: root-not-last, partition-ambiguous, no-such-partition, disk-io. */
int choose_partition(const struct grow *grow, struct chosen *ret_chosen, struct fault *fault);
/* To wait for devices, with the events that come meanwhile told, and the job alive. */
struct wait_device stage_waiting(struct grow *grow);

/* tools.c: the programs for what was found, if they are not there yet. */
bool stage_tools_needed(const struct grow *grow);
int stage_tools(struct grow *grow, struct fault *fault);

/* decide.c: what to do about it. */
int stage_plan(struct grow *grow, struct fault *fault);
/* Read the facts again, and plan again: a repair may have corrected the very fields that
 * the plan used. */
int decide_again(struct grow *grow, struct fault *fault);
/* Is there something to do? By gains, the plan, and the sizes of the disk. */
bool decide_changed(const struct grow *grow);
/* Refuse what is beyond a limit, or has no room to grow into. */
int decide_room(const struct grow *grow, struct fault *fault);

/* partition_only.c: stage_probe and stage_plan of a request for the partition alone; and the
 * steps of whatever is to be done. */
int partition_only_probe(struct grow *grow, struct fault *fault);
int partition_only_plan(struct grow *grow, struct fault *fault);
const struct fs_ops *stage_ops(const struct grow *grow);

/* steps.c: doing it. A step of another kind of file system may come in another order. */
int stage_check_only(struct grow *grow, struct fault *fault);
int stage_step(struct grow *grow, enum fs_step step, struct fault *fault);
int stage_flush(struct grow *grow, struct fault *fault);

#endif
