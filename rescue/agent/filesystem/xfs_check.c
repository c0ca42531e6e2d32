/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfs_check.h"

#include "base/text.h"
#include "mounted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* xfs_repair(8), "EXIT STATUS" */
#define REPAIR_DAMAGED 1 /* with -n; else it failed */
#define REPAIR_DIRTY   2

#define RUNS_MAX 3

#define CACHE_LISTS	   101
#define SEALED_CACHE_BYTES (UINT64_C(256) << 20)

/* Where each phase begins, in percent: as measured with many small files. */
static const int phase_begin[] = { 0, 0, 2, 8, 45, 70, 72, 97 };
#define PHASES ((int)(sizeof(phase_begin) / sizeof(phase_begin[0])))

/* Some lines tell what it does, all others what it found. */
static bool is_ordinary(const char *line)
{
	static const char *const beginnings[] = {
		"Phase ", " ", "\t", "No modify flag set", "done", "resetting inode", "ALERT:", NULL
	};

	for (const char *const *beginning = beginnings; *beginning; beginning++)
		if (strncmp(line, *beginning, strlen(*beginning)) == 0)
			return true;
	return line[0] == '\0';
}

static void take_line(struct xfs_repair_output *output)
{
	int phase;

	output->line[output->line_bytes] = '\0';
	if (sscanf(output->line, "Phase %d -", &phase) == 1 && phase > 0 && phase < PHASES)
		output->percent = phase_begin[phase];
	if (!is_ordinary(output->line) && output->complaints++ == 0)
		text_make_safe(output->first, sizeof(output->first), output->line,
			       output->line_bytes);
	output->line_bytes = 0;
}

int xfs_repair_read(struct xfs_repair_output *output, const char *bytes, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++) {
		if (bytes[i] == '\n')
			take_line(output);
		else if (output->line_bytes < sizeof(output->line) - 1)
			output->line[output->line_bytes++] = bytes[i];
	}
	return output->percent;
}

static int percent_of(void *progress, const char *bytes, size_t size_bytes)
{
	return xfs_repair_read(progress, bytes, size_bytes);
}

/* Each buffer is as large as a cluster of 32 inodes. As it is, xfs_repair takes ten times the
 * memory, and here no disk turns. A sealed process asks another one for each piece that it reads,
 * so it keeps more: up to 256 MiB, as much as a machine has. */
unsigned xfs_check_count_cache(const struct xfs_facts *facts, bool is_sealed)
{
	const uint64_t list_bytes = UINT64_C(8) * 32 * facts->inode_bytes;

	if (!is_sealed || list_bytes == 0 || SEALED_CACHE_BYTES / list_bytes < CACHE_LISTS)
		return CACHE_LISTS;
	return (unsigned)(SEALED_CACHE_BYTES / list_bytes);
}

/* Without reading ahead, which takes threads. */
static int run_repair(const struct fs_target *target, const struct xfs_facts *facts, bool may_write,
		      const struct fs_tools *tools, struct xfs_repair_output *ret_output,
		      int *ret_exit_status, struct fault *fault)
{
	char cache[32];
	const char *look[] = { "xfs_repair", "-n", "-P", "-o", cache, target->device, NULL };
	const char *mend[] = { "xfs_repair", "-P", "-o", cache, target->device, NULL };
	struct tool tool = { .tools = tools, .percent_of = percent_of, .progress = ret_output };

	snprintf(cache, sizeof(cache), "bhash=%u", xfs_check_count_cache(facts, tools->sealed));
	*ret_output = (struct xfs_repair_output){ .percent = 0 };
	return tool_run(&tool, may_write ? mend : look, ret_exit_status, fault);
}

const char *xfs_mount_options(const struct xfs_facts *facts, char out[static XFS_OPTIONS_BYTES])
{
	static const struct {
		unsigned counted, limited;
		const char *with_limits, *without;
	} kinds[] = {
		{ XFS_QUOTA_USER, XFS_QUOTA_USER_LIMITS, ",uquota", ",uqnoenforce" },
		{ XFS_QUOTA_GROUP, XFS_QUOTA_GROUP_LIMITS | XFS_QUOTA_OTHER_LIMITS, ",gquota",
		  ",gqnoenforce" },
		{ XFS_QUOTA_PROJECT, XFS_QUOTA_PROJECT_LIMITS | XFS_QUOTA_OTHER_LIMITS, ",pquota",
		  ",pqnoenforce" },
	};

	strcpy(out, "nouuid");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (facts->quota & kinds[i].counted)
			strcat(out, facts->quota & kinds[i].limited ? kinds[i].with_limits
								    : kinds[i].without);
	return out;
}

/* The kernel replays the log when it mounts. */
static int replay(const struct fs_target *target, const struct xfs_facts *facts,
		  const struct fs_tools *tools, bool *ret_replayed, struct fault *fault)
{
	char options[XFS_OPTIONS_BYTES];
	const struct mounted_work work = { .type = "xfs",
					   .options = xfs_mount_options(facts, options) };
	struct mounted_end end;

	if (mounted_run(target, &work, tools, &end, fault) < 0)
		return -1;
	*ret_replayed = end.stage == MOUNTED_DONE;
	if (end.stage == MOUNTED_DONE)
		return 0;
	fault_set_errno(fault, REASON_FS_UNCLEAN, end.error,
			"the log of the xfs has to be replayed, and the kernel cannot");
	return fault_hint(fault, "on a copy of the disk, xfs_repair -L discards the log, which has "
				 "the last changes (rescue-disk)");
}

static int explain(int exit_status, const struct xfs_repair_output *output, enum check_mode mode,
		   struct fault *fault)
{
	const char *said = output->first[0] ? output->first : "it does not say what";

	if (exit_status != REPAIR_DAMAGED && exit_status != REPAIR_DIRTY)
		return fault_set(fault, REASON_INTERNAL, "xfs_repair ended with status %d: %s",
				 exit_status, said);
	if (mode == CHECK_REPAIR_ALL)
		return fault_set(fault, REASON_FS_UNREPAIRABLE,
				 "the file system is still damaged after every repair: %s", said);
	fault_set(fault, REASON_FS_UNCLEAN,
		  "the file system is damaged, and a repair needs your decision: xfs_repair: %s",
		  said);
	return fault_hint(fault, "xfs_repair -n lists the damage and changes nothing; --repair=all "
				 "makes every repair of xfs_repair, and can remove damaged files");
}

/* Repair. How many repairs were made is not told: as many as there were complaints. */
static int repair(const struct fs_target *target, const struct xfs_facts *facts,
		  const struct fs_tools *tools, struct check_result *result, struct fault *fault)
{
	struct xfs_repair_output output;
	int exit_status;

	if (run_repair(target, facts, true, tools, &output, &exit_status, fault) < 0)
		return -1;
	result->repairs += output.complaints > 0 ? output.complaints : 1;
	result->repairs_complete = false;
	if (exit_status == 0)
		return 0;
	return fault_set(fault, REASON_FS_UNREPAIRABLE, "xfs_repair gave up (exit status %d): %s",
			 exit_status, output.first);
}

int xfs_check(const struct fs_target *target, const struct xfs_facts *facts, enum check_mode mode,
	      const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	struct check_result result = { .repairs_complete = true };
	struct xfs_repair_output output;
	bool is_clean = strcmp(facts->common.state, "needs-recovery") != 0;

	if (!is_clean && mode != CHECK_READ_ONLY &&
	    replay(target, facts, tools, &is_clean, fault) < 0)
		return -1;
	for (int run = 0; run < RUNS_MAX; run++) {
		if (run_repair(target, facts, false, tools, &output, &result.exit_status, fault) <
		    0)
			return -1;
		*ret_result = result;
		if (result.exit_status == 0)
			return 0;
		if (mode != CHECK_REPAIR_ALL || result.exit_status != REPAIR_DAMAGED)
			break;
		if (repair(target, facts, tools, &result, fault) < 0)
			return -1;
	}
	return explain(result.exit_status, &output, mode, fault);
}
