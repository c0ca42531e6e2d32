/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full check of an ext file system by e2fsck. */
#ifndef FILESYSTEM_EXT_CHECK_H
#define FILESYSTEM_EXT_CHECK_H

#include "base/fault.h"
#include "fs.h"
#include "tool.h"

#include <stdbool.h>

enum check_mode {
	CHECK_REPAIR_SAFE, /* e2fsck -p */
	CHECK_REPAIR_ALL,  /* e2fsck -y, until a pass finds nothing more */
	CHECK_READ_ONLY	   /* e2fsck -n */
};

/* One line of e2fsck's problem log, as far as it is of use here. */
struct fs_problem {
	char code[16]; /* "0x010008", the numbers of e2fsck/problem.h */
	unsigned long inode;
	bool is_fixed;
};

struct check_result {
	int exit_status;  /* of the last run; a bit set, e2fsck(8) */
	unsigned repairs; /* problems fixed, over all runs; at least, if not complete */
	bool repairs_complete;
};

/* Check, and repair as far as mode allows. facts say how large it is now.
 * on_problem (may be NULL) is told of every problem that was fixed, unless the list is not
 * complete: writing it can kill e2fsck, which then runs without. Success means: the file system
 * is clean now. Faults: fs-unclean (it needs a decision), fs-unrepairable, fs-needs-memory,
 * internal (also when a signal killed e2fsck). */
int ext_check(const struct fs_target *target, const struct fs_facts *facts, enum check_mode mode,
	      const struct fs_tools *tools,
	      void (*on_problem)(void *context, const struct fs_problem *problem),
	      struct check_result *ret_result, struct fault *fault);

/* Read one line of the problem log (e2fsck -E problem_log). False when the
 * line is not a <problem>. Exposed for its tests. */
bool ext_check_parse_problem(const char *line, struct fs_problem *ret_problem);

/* Whole-check percentage from one "pass current max ..." line of -C; -1 when
 * it is not one. Exposed for its tests. */
int ext_check_parse_progress(const char *line);

#endif
