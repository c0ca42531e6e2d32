/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full check of an ext file system by e2fsck. */
#ifndef FILESYSTEM_EXT_CHECK_H
#define FILESYSTEM_EXT_CHECK_H

#include "base/fault.h"
#include "ext_facts.h"
#include "tool.h"

#include <stdbool.h>

/* Check, and repair as far as mode allows: by e2fsck -p, -y or -n. facts say how large it
 * is now. tools->on_problem (may be NULL) is told of every problem that was fixed, unless
 * the list is not complete: writing it can kill e2fsck, which then runs without. Success
 * means: the file system is clean now. Faults: fs-unclean (it needs a decision),
 * fs-unrepairable, fs-needs-memory, internal (also when a signal killed e2fsck). */
int ext_check(const struct fs_target *target, const struct ext_facts *facts, enum check_mode mode,
	      const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault);

/* Read one line of the problem log (e2fsck -E problem_log). False when the
 * line is not a <problem>. Exposed for its tests. */
bool ext_check_parse_problem(const char *line, struct fs_problem *ret_problem);

/* Whole-check percentage from one "pass current max ..." line of -C; -1 when
 * it is not one. Exposed for its tests. */
int ext_check_parse_progress(const char *line);

#endif
