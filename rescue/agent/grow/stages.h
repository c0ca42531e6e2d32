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
#include "agent/layers/layer.h"
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

#define LAYERS_MAX	 4
#define STEPS_TEXT_BYTES 128 /* room for steps_text */

/* Outermost first. */
struct grow_layers {
	struct layer *list[LAYERS_MAX]; /* open ones; owned */
	size_t count;
	struct fs_tools tools;
	struct layer_options options; /* of all */
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
	struct grow_layers layers;
	struct fs_target target;
	const char *sbin;     /* where the programs for its kind are */
	struct layer_key key; /* path "": the host has not been asked for it */
	bool tools_there;     /* the tools disk is mounted */
	struct fs *fs;	      /* owned; NULL before it is found, and for the partition alone */
	char content[PROBE_TYPE_BYTES]; /* libblkid's word of what fs is not opened for */
	uint64_t blocks_after;
	bool check_left;    /* the checks that the request names are other machines' */
	bool gains;	    /* partition or file system become larger */
	bool changed;	    /* there is something to do */
	const char *moment; /* "before" or "after"; NULL in a resize */
	int percent;
	int64_t percent_ms; /* when it was sent last */
	unsigned repairs_sent;
};

/* grow.c: from now on the job is busy with that. */
void stage_enter(struct grow *grow, const char *stage);

/* find.c: what there is. */
int stage_disk(struct grow *grow, struct fault *fault);
/* May a damaged primary GPT be made from its backup? */
bool may_repair_table(const struct grow *grow);
int stage_table(struct grow *grow, struct fault *fault);
int stage_probe(struct grow *grow, struct fault *fault);
/* choose.c: the partition that the request means, in a table that plan_check has passed.
 * Faults: root-not-last, partition-ambiguous, no-such-partition, disk-io. */
int choose_partition(const struct grow *grow, struct chosen *ret_chosen, struct fault *fault);
/* The same of what it holds (libblkid's word), whatever its type says. Fault: root-not-last. */
int choose_check_content(const struct grow *grow, const char *type, struct fault *fault);
/* What libblkid says of the content of an entry. Fault: disk-io. */
int choose_probe(const struct grow *grow, const struct table_entry *entry,
		 struct probe_names *ret_names, struct fault *fault);
/* Is it a usual label, or name, of the root of a system? */
bool choose_is_root_name(const char *name);
/* To wait for devices, with the events that come meanwhile told, and the job alive. */
struct wait_device stage_waiting(struct grow *grow);

/* layers.c: what lies between the partition and the file system. */

/* Open them, as long as type is that of a layer; then it is what is in the innermost, and device
 * its node. */
int layers_open(struct grow *grow, char type[static PROBE_TYPE_BYTES], struct fault *fault);
/* The size of what the file system is in: as it is, and as it will be. */
uint64_t layers_inside_before(const struct grow *grow);
uint64_t layers_inside_after(const struct grow *grow);
/* From the largest size of the file system's device to that of the partition. */
uint64_t layers_outside(const struct grow *grow, uint64_t inside_bytes);
/* Tell each, with the size that it will have. */
void layers_tell(const struct grow *grow);
int stage_grow_layers(struct grow *grow, struct fault *fault);
/* Are they as large as was planned? */
int layers_verify(const struct grow *grow, struct fault *fault);
/* Close them, innermost first; all of them, also after a fault. */
int layers_close(struct grow *grow, struct fault *fault);

/* tools.c: the programs for what was found. */

/* Find the folder that has the program, for that kind of content (libblkid's word); the tools disk
 * is asked for where it is needed. Fault: fs-tools-missing. */
int tools_find(struct grow *grow, const char *program, const char *type, const char **ret_folder,
	       struct fault *fault);
/* The key of an encrypted layer, which the host has on a disk of its own. Context is the grow. */
int tools_bring_key(void *context, struct layer_key *ret_key, struct fault *fault);
bool stage_tools_needed(const struct grow *grow);
int stage_tools(struct grow *grow, struct fault *fault);

/* decide.c: what to do about it. */
int stage_plan(struct grow *grow, struct fault *fault);
/* Read the facts again, and plan again: a repair may have corrected the very fields that
 * the plan used. */
int decide_again(struct grow *grow, struct fault *fault);
/* May the checks that the request names be left to other machines, if there is something to do? */
bool decide_may_leave(const struct grow *grow);
/* Is there something to do? By gains, the plan, and the sizes of the disk. */
bool decide_changed(const struct grow *grow);
/* Refuse what is beyond a limit, or has no room to grow into. */
int decide_room(const struct grow *grow, struct fault *fault);

/* move_swap.c: a swap partition behind the target. */

/* Can --move-swap help who is refused for that last partition? The begin of a hint, or "". */
const char *move_swap_advice(const struct grow *grow, const struct table_entry *last);

/* The partition before the last, if that one is swap; else leave *ret_chosen alone. */
int move_swap_choose(const struct grow *grow, const struct table_entry *last,
		     struct chosen *ret_chosen, struct fault *fault);
/* Plan its move, if the request wants it and there is something to move. Faults: no-room-behind
 * (what lies there is no swap, or not alone), fs-unclean (hibernation), of swap. */
int move_swap_plan(struct grow *grow, struct fault *fault);
bool move_swap_is_needed(const struct grow *grow);
int stage_move_swap(struct grow *grow, struct fault *fault);
int move_swap_verify(const struct grow *grow, const struct partition_table *after,
		     struct fault *fault);

/* partition_only.c: stage_probe and stage_plan of a request for the partition alone. */
int partition_only_probe(struct grow *grow, struct fault *fault);
int partition_only_plan(struct grow *grow, struct fault *fault);

/* steps.c: doing it. */
int stage_check_only(struct grow *grow, struct fault *fault);
/* The words of the steps that this grow needs, in order, with spaces between. */
const char *steps_text(const struct grow *grow, char out[static STEPS_TEXT_BYTES]);
int steps_carry_out(struct grow *grow, struct fault *fault);
int stage_flush(struct grow *grow, struct fault *fault);

#endif
