/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "f2fs_check.h"

#include "base/text.h"
#include "mounted.h"
#include "tool.h"

#include <errno.h>
#include <string.h>

/* Exit statuses of fsck.f2fs: those of fsck(8), or this where it gave up. A dry run says
 * "repaired" of some damage, too, though it has written nothing. */
#define STATUS_CLEAN	0
#define STATUS_REPAIRED 1
#define STATUS_DAMAGED	4
#define STATUS_GAVE_UP	255

/* It asks whether to save lost files into its current folder, and whether to repair. */
#define ANSWERS "n\nn\nn\nn\n"

static void take_line(struct f2fs_output *output)
{
	const char *arrow;

	output->line[output->line_bytes] = '\0';
	arrow = strstr(output->line, "--> ");
	if (output->first[0] == '\0' && strncmp(output->line, "[ASSERT]", 8) == 0 && arrow)
		text_make_safe(output->first, sizeof(output->first), arrow + 4, strlen(arrow + 4));
	else if (output->first[0] == '\0' && strstr(output->line, "[Fail]"))
		text_make_safe(output->first, sizeof(output->first), output->line,
			       output->line_bytes);
	output->line_bytes = 0;
}

int f2fs_output_read(void *progress, const char *bytes, size_t size_bytes)
{
	struct f2fs_output *output = progress;

	for (size_t i = 0; i < size_bytes; i++)
		if (bytes[i] == '\n')
			take_line(output);
		else if (output->line_bytes < sizeof(output->line) - 1)
			output->line[output->line_bytes++] = bytes[i];
	return -1;
}

static int run(const struct fs_target *target, bool may_write, const struct fs_tools *tools,
	       struct f2fs_output *ret_output, int *ret_exit_status, struct fault *fault)
{
	const char *look[] = { "fsck.f2fs", "--dry-run", target->device, NULL };
	const char *mend[] = { "fsck.f2fs", "-f", "-y", target->device, NULL };
	struct tool tool = { .tools = tools,
			     .percent_of = f2fs_output_read,
			     .progress = ret_output,
			     .input = ANSWERS,
			     .memory_floor_bytes = UINT64_C(8) << 20 };

	*ret_output = (struct f2fs_output){ .line_bytes = 0 };
	if (tool_run(&tool, may_write ? mend : look, ret_exit_status, fault) < 0)
		return -1;
	if (ret_output->first[0] == '\0')
		strcpy(ret_output->first, "it does not say what");
	return 0;
}

static int roll_forward(const struct fs_target *target, const struct fs_tools *tools,
			struct fault *fault)
{
	const struct mounted_work work = { .type = "f2fs",
					   .options = "nodiscard,background_gc=off" };
	struct mounted_end end;

	if (mounted_run(target, &work, tools, &end, fault) < 0)
		return -1;
	if (end.stage == MOUNTED_DONE)
		return 0;
	fault_set_errno(fault,
			end.error == EINVAL || end.error == EOPNOTSUPP || end.error == EROFS
				? REASON_FS_FEATURE
				: REASON_FS_UNCLEAN,
			end.error,
			"the f2fs was not unmounted, and the kernel of the machine cannot %s it",
			mounted_stage_word(end.stage));
	return fault_hint(fault, "boot the system of the image and shut it down, so that it "
				 "unmounts the file system");
}

static int explain(int exit_status, const char *said, enum check_mode mode, struct fault *fault)
{
	if (exit_status != STATUS_REPAIRED && exit_status != STATUS_DAMAGED &&
	    exit_status != STATUS_GAVE_UP)
		return fault_set(fault, REASON_INTERNAL, "fsck.f2fs ended with status %d: %s",
				 exit_status, said);
	if (mode == CHECK_REPAIR_ALL)
		return fault_set(fault, REASON_FS_UNREPAIRABLE,
				 "the file system is still damaged after every repair: %s", said);
	fault_set(fault, REASON_FS_UNCLEAN,
		  "the file system is damaged, and a repair needs your decision: fsck.f2fs: %s",
		  said);
	return fault_hint(fault, "fsck.f2fs --dry-run lists the damage and changes nothing; "
				 "--repair=all runs fsck.f2fs -f -y, and can remove damaged files");
}

/* How many repairs were made, it does not tell. */
static int repair(const struct fs_target *target, const struct fs_tools *tools,
		  struct check_result *result, struct fault *fault)
{
	struct f2fs_output output;
	int exit_status;

	if (run(target, true, tools, &output, &exit_status, fault) < 0)
		return -1;
	if (exit_status != STATUS_CLEAN && exit_status != STATUS_REPAIRED)
		return fault_set(fault, REASON_FS_UNREPAIRABLE,
				 "fsck.f2fs gave up (exit status %d): %s", exit_status,
				 output.first);
	result->repairs++;
	result->repairs_complete = false;
	return 0;
}

int f2fs_check(const struct fs_target *target, const struct f2fs_facts *facts, enum check_mode mode,
	       const struct fs_tools *tools, struct check_result *ret_result, struct fault *fault)
{
	struct check_result result = { .repairs_complete = true };
	const bool is_marked = strcmp(facts->common.state, "errors") == 0;
	struct f2fs_output output;

	if (mode != CHECK_READ_ONLY && strcmp(facts->common.state, "needs-recovery") == 0 &&
	    roll_forward(target, tools, fault) < 0)
		return -1;
	for (int repaired = 0;; repaired++) {
		if (run(target, false, tools, &output, &result.exit_status, fault) < 0)
			return -1;
		if (tools->sealed && (is_marked || result.exit_status != STATUS_CLEAN))
			return fault_set(fault, REASON_NEEDS_MACHINE,
					 "the f2fs needs more than a check: that takes a virtual "
					 "machine");
		*ret_result = result;
		if (result.exit_status == STATUS_CLEAN &&
		    (!is_marked || repaired > 0 || mode == CHECK_READ_ONLY))
			return 0;
		if (repaired > 0 ||
		    (result.exit_status != STATUS_CLEAN && mode != CHECK_REPAIR_ALL))
			break;
		if (repair(target, tools, &result, fault) < 0)
			return -1;
	}
	return explain(result.exit_status, output.first, mode, fault);
}
