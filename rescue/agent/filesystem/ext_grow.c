/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ext_grow.h"

#include "ext_size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PASSES	  5
#define BAR_CHARS 40

int ext_grow_progress(struct grow_progress *progress, const char *bytes, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++) {
		int pass;

		if (bytes[i] == 'X' && progress->done < BAR_CHARS && progress->pass > 0)
			progress->done++;
		if (bytes[i] != '\n') {
			if (progress->line_bytes < sizeof(progress->line) - 1)
				progress->line[progress->line_bytes++] = bytes[i];
			continue;
		}
		progress->line[progress->line_bytes] = '\0';
		progress->line_bytes = 0;
		if (sscanf(progress->line, "Begin pass %d", &pass) == 1 && pass >= 1 &&
		    pass <= PASSES) {
			progress->pass = pass;
			progress->done = 0;
		}
	}
	if (progress->pass == 0)
		return 0;
	return ((progress->pass - 1) * BAR_CHARS + progress->done) * 100 / (PASSES * BAR_CHARS);
}

static int percent_of(void *progress, const char *bytes, size_t size_bytes)
{
	return ext_grow_progress(progress, bytes, size_bytes);
}

static int explain(const struct tool *tool, const struct ext_facts *facts, int exit_status,
		   struct fault *fault)
{
	const char *said = tool_output_last_line(&tool->output, "resize2fs", "Please run 'e2fsck");

	if (facts->has_bigalloc)
		return fault_set(fault, REASON_FS_FEATURE,
				 "resize2fs cannot grow this bigalloc file system: %s", said);
	return fault_set(fault, REASON_FS_RESIZE_FAILED,
			 "resize2fs cannot grow this file system (exit status %d): %s", exit_status,
			 said);
}

static int grow_once(const struct fs_target *target, uint64_t blocks, struct tool *tool,
		     int *ret_exit_status, struct fault *fault)
{
	char size[32];
	/* -f: e2fsck has just passed, so the clock of the last mount does not
	 * matter; and bigalloc is not done without it (the check afterwards
	 * decides whether that went well). */
	const char *argv[] = { "resize2fs", "-p", "-f", target->device, size, NULL };

	snprintf(size, sizeof(size), "%" PRIu64, blocks);
	return tool_run(tool, argv, ret_exit_status, fault);
}

int ext_grow(const struct fs_target *target, const struct ext_facts *facts, uint64_t blocks,
	     const struct fs_tools *tools, int *ret_exit_status, struct fault *fault)
{
	struct grow_progress progress = { 0 };
	/* no_stdin: given a regular file, resize2fs cuts it to the size of the
	 * file system, even where that lies at an offset; it does not when the
	 * file's descriptor is 0 (resize/main.c, "fd > 0"). */
	struct tool tool = {
		.tools = tools, .percent_of = percent_of, .progress = &progress, .no_stdin = true
	};
	uint64_t step = ext_size_first_step(facts, blocks);

	if (grow_once(target, step, &tool, ret_exit_status, fault) < 0)
		return -1;
	if (*ret_exit_status == 0 && step != blocks &&
	    grow_once(target, blocks, &tool, ret_exit_status, fault) < 0)
		return -1;
	return *ret_exit_status == 0 ? 0 : explain(&tool, facts, *ret_exit_status, fault);
}
