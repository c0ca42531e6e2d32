/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the job finds out, as events: which value goes into which field. */
#ifndef AGENT_TELL_H
#define AGENT_TELL_H

#include "disk.h"
#include "filesystem/fs.h"
#include "partition/plan.h"
#include "report.h"

#include "devices/uevent.h"
#include "filesystem/ext_check.h"

void tell_hello(struct report *report, const char *build_id);
void tell_uevent(struct report *report, const struct uevent *event);
void tell_disk(struct report *report, const struct disk *disk);

/* One event for each entry; target: the number of the one that will grow. */
void tell_table(struct report *report, const struct table *table, const char *moment,
		unsigned target);

void tell_limit(struct report *report, const struct limit *limit);
void tell_plan(struct report *report, const struct plan *plan, const struct fs_facts *facts,
	       uint64_t blocks_after, bool changed, bool check_left);

/* A check (with its moment) or a resize (moment is NULL). */
void tell_begin(struct report *report, enum event_kind kind, const char *moment);
void tell_progress(struct report *report, enum event_kind kind, const char *moment, int percent);
void tell_check_end(struct report *report, const char *moment, const struct check_result *result);
void tell_resize_end(struct report *report, int exit_status);
void tell_repair(struct report *report, const char *moment, const struct fs_problem *problem);

void tell_verify(struct report *report, uint64_t blocks, uint64_t unused_bytes);
/* Of a shell; of a command with how much it wrote, else both 0. */
void tell_exit(struct report *report, int exit_status, bool is_command, uint64_t output_bytes,
	       uint64_t error_bytes);
void tell_done(struct report *report, bool changed);

/* The message may quote the disk, or be cut within a character: it is made
 * safe here. */
void tell_fault(struct report *report, const struct fault *fault);

#endif
