/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "btrfs_check.h"

#include "base/text.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

#define CHECK_DAMAGED 1

/* The output of one run: which step it is at, and the first thing that it found. */
struct output {
	char line[256];
	size_t line_bytes;
	int percent;
	char first[200]; /* safe to show */
};

/* "[2/7] checking extents": where each of the seven begins, in percent. */
static const int step_begin[] = { 0, 0, 2, 55, 57, 60, 97, 98 };
#define STEPS ((int)(sizeof(step_begin) / sizeof(step_begin[0])))

static bool is_ordinary(const char *line)
{
	static const char *const beginnings[] = {
		"[",	 "Opening filesystem", "Checking filesystem", "UUID:", "found ", "total ",
		"btree", "file data blocks",   " referenced",	      "cache", NULL
	};

	for (const char *const *beginning = beginnings; *beginning; beginning++)
		if (strncmp(line, *beginning, strlen(*beginning)) == 0)
			return true;
	return line[0] == '\0';
}

static int percent_of(void *progress, const char *bytes, size_t size_bytes)
{
	struct output *output = progress;

	for (size_t i = 0; i < size_bytes; i++) {
		int step;

		if (bytes[i] != '\n') {
			if (output->line_bytes < sizeof(output->line) - 1)
				output->line[output->line_bytes++] = bytes[i];
			continue;
		}
		output->line[output->line_bytes] = '\0';
		if (sscanf(output->line, "[%d/", &step) == 1 && step > 0 && step < STEPS)
			output->percent = step_begin[step];
		else if (!is_ordinary(output->line) && output->first[0] == '\0')
			text_make_safe(output->first, sizeof(output->first), output->line,
				       output->line_bytes);
		output->line_bytes = 0;
	}
	return output->percent;
}

static int explain(int exit_status, const struct output *output, enum check_mode mode,
		   struct fault *fault)
{
	const char *said = output->first[0] ? output->first : "it does not say what";

	if (exit_status != CHECK_DAMAGED)
		return fault_set(fault, REASON_INTERNAL, "btrfs check ended with status %d: %s",
				 exit_status, said);
	fault_set(fault, mode == CHECK_REPAIR_ALL ? REASON_FS_UNREPAIRABLE : REASON_FS_UNCLEAN,
		  "the file system is damaged: btrfs check: %s", said);
	return fault_hint(fault, "restore a backup, or save the files (btrfs restore); grow-disk "
				 "does not repair btrfs, because a repair can make it worse");
}

int btrfs_check(const struct fs_target *target, enum check_mode mode, const struct fs_tools *tools,
		struct check_result *ret_result, struct fault *fault)
{
	const char *argv[] = { "btrfs", "check", "--readonly", target->device, NULL };
	struct output output = { .percent = 0 };
	struct tool tool = { .tools = tools,
			     .percent_of = percent_of,
			     .progress = &output,
			     .memory_floor_bytes = UINT64_C(8) << 20 };
	struct check_result result = { .repairs_complete = true };

	if (tool_run(&tool, argv, &result.exit_status, fault) < 0)
		return -1;
	*ret_result = result;
	return result.exit_status == 0 ? 0 : explain(result.exit_status, &output, mode, fault);
}
