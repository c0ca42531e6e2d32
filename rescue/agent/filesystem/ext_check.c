/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ext_check.h"

#include "base/cleanup.h"
#include "base/spawn.h"
#include "ext_bitmaps.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

/* e2fsck(8), "EXIT CODE" */
#define E2FSCK_REPAIRED	   1
#define E2FSCK_UNCORRECTED 4
#define E2FSCK_FAILED	   8

#define MMP_FAILED "MMP check failed"

/* A repair can uncover the next problem; e2fsck itself asks to be run again. */
#define RUNS_MAX 4

/* Where each of e2fsck's five passes begins, in percent of the whole: the
 * weights that its own progress bar uses. */
static const int pass_begin[] = { 0, 0, 70, 90, 92, 95, 100 };
#define PASSES 5

/* The progress channel, as it comes. */
struct channel {
	char line[128];
	size_t line_bytes;
	int percent; /* so far */
};

int ext_check_parse_progress(const char *line)
{
	unsigned pass;
	unsigned long current, max;

	if (sscanf(line, "%u %lu %lu", &pass, &current, &max) != 3 || pass < 1 || pass > PASSES ||
	    max == 0 || current > max)
		return -1;
	return pass_begin[pass] + (int)((double)(pass_begin[pass + 1] - pass_begin[pass]) *
					(double)current / (double)max);
}

bool ext_check_parse_problem(const char *line, struct fs_problem *ret_problem)
{
	const char *inode = strstr(line, " ino=\"");
	struct fs_problem problem = { .is_fixed = strstr(line, " fixed=\"1\"") != NULL };

	if (sscanf(line, "<problem code=\"%15[0-9a-fx]\"", problem.code) != 1)
		return false;
	if (inode)
		problem.inode = strtoul(inode + strlen(" ino=\""), NULL, 10);
	*ret_problem = problem;
	return true;
}

static int percent_of(void *progress, const char *bytes, size_t size_bytes)
{
	struct channel *channel = progress;

	const char *last = memrchr(bytes, '\n', size_bytes);

	for (size_t i = 0; i < size_bytes; i++) {
		int percent;

		if (bytes[i] != '\n') {
			if (channel->line_bytes < sizeof(channel->line) - 1)
				channel->line[channel->line_bytes++] = bytes[i];
			continue;
		}
		channel->line[channel->line_bytes] = '\0';
		channel->line_bytes = 0;
		if (bytes + i != last) /* thousands of lines come, and only the newest counts */
			continue;
		percent = ext_check_parse_progress(channel->line);
		if (percent > channel->percent)
			channel->percent = percent;
	}
	return channel->percent;
}

static unsigned read_problems(const char *path, const struct fs_tools *tools)
{
	cleanup_file FILE *log = fopen(path, "r");
	cleanup_free char *line = NULL;
	size_t line_bytes = 0;
	unsigned repairs = 0;

	while (log && getline(&line, &line_bytes, log) > 0) {
		struct fs_problem problem;

		if (!ext_check_parse_problem(line, &problem) || !problem.is_fixed)
			continue;
		repairs++;
		if (tools->on_problem)
			tools->on_problem(tools->context, &problem);
	}
	return repairs;
}

/* One run of e2fsck, with its problem log or (NULL) without one. */
static int run_e2fsck(const struct fs_target *target, enum check_mode mode, struct tool *tool,
		      const char *problem_log, int *ret_exit_status, struct fault *fault)
{
	static const char *const mode_option[] = {
		[CHECK_REPAIR_SAFE] = "-p", [CHECK_REPAIR_ALL] = "-y", [CHECK_READ_ONLY] = "-n"
	};
	char problem_option[PATH_MAX + 32], descriptor[8];
	const char *with_log[] = { "e2fsck", "-f",	     mode_option[mode], "-C", descriptor,
				   "-E",     problem_option, target->device,	NULL };
	const char *without_log[] = { "e2fsck",	      "-f", mode_option[mode], "-C", descriptor,
				      target->device, NULL };
	struct channel channel = { .percent = -1 };

	tool->progress = &channel;
	tool->percent = 0;
	snprintf(problem_option, sizeof(problem_option), "problem_log=%s",
		 problem_log ? problem_log : "");
	snprintf(descriptor, sizeof(descriptor), "%d", SPAWN_CHANNEL_FD);
	return tool_run(tool, problem_log ? with_log : without_log, ret_exit_status, fault);
}

/* Run e2fsck once; take its exit status and count its repairs. e2fsck 1.47.0 can die
 * of a null pointer while it writes its problem log. Then run it again without the log,
 * on the state that it left: whatever that is, it lies in an overlay, and e2fsck is
 * made for half-finished repairs. */
static int run_once(const struct fs_target *target, enum check_mode mode, struct tool *tool,
		    struct check_result *result, struct fault *fault)
{
	char problem_log[PATH_MAX];
	int ended;

	if (result->repairs_complete) {
		snprintf(problem_log, sizeof(problem_log), "%s/e2fsck-problems.xml",
			 tool->tools->run_dir);
		unlink(problem_log);
		ended = run_e2fsck(target, mode, tool, problem_log, &result->exit_status, fault);
		result->repairs += read_problems(problem_log, tool->tools);
		unlink(problem_log);
		if (ended == 0 || tool->signal == 0 || tool->signal == SIGKILL)
			return ended;
	}
	if (mode != CHECK_READ_ONLY)
		result->repairs_complete = false;
	ended = run_e2fsck(target, mode, tool, NULL, &result->exit_status, fault);
	if (ended == 0 && result->repairs == 0 && (result->exit_status & E2FSCK_REPAIRED))
		result->repairs = 1; /* at least */
	return ended;
}

/* The block of the multi-mount protection says that somebody has the file system: an
 * e2fsck that was killed leaves it so. Neither damage nor a case for a repair. */
static int explain_mmp(const struct fs_target *target, const struct tool *tool, struct fault *fault)
{
	fault_set(fault, REASON_FS_UNCLEAN,
		  "the file system is not damaged, but marked as in use: %s",
		  tool_output_last_line(&tool->output, "e2fsck", MMP_FAILED));
	return fault_hint(fault,
			  "if you are sure that no e2fsck runs on it and no machine has mounted "
			  "it, remove the mark: rescue-disk --write IMAGE -- tune2fs -f -E "
			  "clear_mmp %.60s",
			  target->device);
}

static int explain(const struct fs_target *target, int exit_status, enum check_mode mode,
		   const struct tool *tool, struct fault *fault)
{
	/* After these words e2fsck gives advice to people at its terminal. */
	const char *advice = exit_status & E2FSCK_FAILED ? "The superblock could not be read"
							 : "UNEXPECTED INCONSISTENCY";
	const char *said = tool_output_last_line(&tool->output, "e2fsck", advice);

	bool is_superblock =
		(exit_status & E2FSCK_FAILED) && tool_output_has(&tool->output, advice);

	if ((exit_status & E2FSCK_FAILED) && tool_output_has(&tool->output, MMP_FAILED))
		return explain_mmp(target, tool, fault);
	if ((exit_status & E2FSCK_FAILED) && !(is_superblock && mode == CHECK_REPAIR_SAFE))
		return fault_set(fault, REASON_FS_UNREPAIRABLE,
				 "e2fsck gave up (exit status %d): %s", exit_status, said);
	if (mode == CHECK_REPAIR_SAFE && (is_superblock || (exit_status & E2FSCK_UNCORRECTED))) {
		fault_set(fault, REASON_FS_UNCLEAN,
			  "the file system is damaged, and a repair needs your decision: %s", said);
		return fault_hint(
			fault,
			"--repair=all makes every repair that e2fsck proposes, and can remove "
			"damaged files; to see the damage first, run e2fsck -fn in rescue-disk");
	}
	if (exit_status & (E2FSCK_UNCORRECTED | E2FSCK_REPAIRED))
		return fault_set(fault, REASON_FS_UNREPAIRABLE,
				 "the file system is still damaged after %s",
				 mode == CHECK_READ_ONLY ? "the work" : "every repair");
	return fault_set(fault, REASON_INTERNAL, "e2fsck ended with status %d: %s", exit_status,
			 said);
}

/* Without it e2fsck is slower, and no worse. */
static void configure(const struct ext_facts *facts, const char *run_dir)
{
	char path[PATH_MAX], config[EXT_BITMAPS_CONFIG_BYTES];
	struct sysinfo machine;
	cleanup_file FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/e2fsck.conf", run_dir);
	if (sysinfo(&machine) < 0 || !(file = fopen(path, "we")))
		return;
	ext_bitmaps_config(facts, (uint64_t)machine.totalram * machine.mem_unit, config);
	fwrite(config, 1, strlen(config), file);
	setenv("E2FSCK_CONFIG", path, 1);
}

int ext_check(const struct fs_target *target, const struct ext_facts *facts, enum check_mode mode,
	      const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	struct check_result result = { .repairs_complete = true };
	struct tool tool = { .tools = tools, .percent_of = percent_of, .has_channel = true };

	configure(facts, tools->run_dir);
	for (int run = 0; run < RUNS_MAX; run++) {
		if (run_once(target, mode, &tool, &result, fault) < 0)
			return -1;
		*ret_result = result;
		/* -p says 1 for an ordinary repair, and is done with it; after -y
		 * only a run that finds nothing proves that nothing is left. */
		if (result.exit_status == 0 ||
		    (result.exit_status == E2FSCK_REPAIRED && mode == CHECK_REPAIR_SAFE))
			return 0;
		if (mode != CHECK_REPAIR_ALL || (result.exit_status & E2FSCK_REPAIRED) == 0 ||
		    (result.exit_status & E2FSCK_FAILED))
			break;
	}
	return explain(target, result.exit_status, mode, &tool, fault);
}
