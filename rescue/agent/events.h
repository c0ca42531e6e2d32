/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the job finds out, as events: which value goes into which field. */
#ifndef AGENT_EVENTS_H
#define AGENT_EVENTS_H

#include "agent/devices/uevent.h"
#include "agent/filesystem/fs.h"
#include "agent/layers/layer.h"
#include "agent/partition/plan.h"
#include "disk.h"
#include "report.h"

void events_hello(struct agent_report *report, const char *build_id);
void events_uevent(struct agent_report *report, const struct uevent *event);
void events_disk(struct agent_report *report, const struct disk *disk);

/* One event for each entry; target: the number of the one that will grow. */
void events_table(struct agent_report *report, const struct partition_table *table,
		  const char *moment, unsigned target);

/* One event for each repair of the table. */
void events_table_repairs(struct agent_report *report, const struct partition_table *table);

void events_limit(struct agent_report *report, const struct limit *limit);
/* The programs for that type are not here: the host is to attach the tools disk. */
void events_tools(struct agent_report *report, const char *fs_type);
/* A layer, whose inside will have that size. */
void events_layer(struct agent_report *report, const struct layer *layer, uint64_t after_bytes);
/* The host is to attach the disk with the key. */
void events_key(struct agent_report *report);
/* chosen_by and steps are words of the protocol. */
void events_plan(struct agent_report *report, const struct plan *plan, const char *chosen_by,
		 const char *steps, const struct fs *fs, uint64_t blocks_after, bool changed,
		 bool check_left);
/* Of the partition alone, which holds that: libblkid's word, or "". */
void events_plan_partition(struct agent_report *report, const struct plan *plan,
			   const char *chosen_by, const char *steps, const char *content,
			   bool changed);

/* A check (with its moment) or a resize (moment is NULL). */
void events_begin(struct agent_report *report, enum event_kind kind, const char *moment);
void events_progress(struct agent_report *report, enum event_kind kind, const char *moment,
		     int percent);
void events_check_end(struct agent_report *report, const char *moment,
		      const struct check_result *result);
void events_resize_end(struct agent_report *report, int exit_status);
void events_repair(struct agent_report *report, const char *moment,
		   const struct fs_problem *problem);

void events_verify(struct agent_report *report, uint64_t blocks, uint64_t unused_bytes);
void events_verify_partition(struct agent_report *report);
/* Of a shell; of a command with how much it wrote, else both 0. */
void events_exit(struct agent_report *report, int exit_status, bool is_command,
		 uint64_t output_bytes, uint64_t error_bytes);
void events_done(struct agent_report *report, bool changed);

/* The message may quote the disk, or be cut within a character: it is made
 * safe here. */
void events_fault(struct agent_report *report, const struct fault *fault);

#endif
