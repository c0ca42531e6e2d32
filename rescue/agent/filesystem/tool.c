/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tool.h"

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#define TICK_MS	      500
#define STATUS_FAILED 8 /* fsck(8): operational error */

#define ANSWER_MAX_BYTES (4 << 20)

static void tell_progress(struct tool *tool, const char *bytes, size_t size_bytes)
{
	int percent = tool->percent_of ? tool->percent_of(tool->progress, bytes, size_bytes) : -1;

	if (percent <= tool->percent)
		return;
	tool->percent = percent;
	tool->tools->on_progress(tool->tools->context, percent);
}

static void on_output(void *context, const char *bytes, size_t size_bytes)
{
	struct tool *tool = context;

	tool_output_add(&tool->output, bytes, size_bytes);
	if (!tool->has_channel)
		tell_progress(tool, bytes, size_bytes);
}

static void take_answer(struct tool_answer *answer, const char *bytes, size_t size_bytes)
{
	char *larger = answer->size_bytes + size_bytes <= ANSWER_MAX_BYTES
			       ? realloc(answer->text, answer->size_bytes + size_bytes)
			       : NULL;

	answer->is_cut = answer->is_cut || !larger;
	if (!larger)
		return;
	memcpy(larger + answer->size_bytes, bytes, size_bytes);
	answer->text = larger;
	answer->size_bytes += size_bytes;
}

static void on_channel(void *context, const char *bytes, size_t size_bytes)
{
	struct tool *tool = context;

	if (tool->answer)
		take_answer(tool->answer, bytes, size_bytes);
	else if (tool->has_channel)
		tell_progress(tool, bytes, size_bytes);
}

static void on_tick(void *context)
{
	struct tool *tool = context;

	tool->tools->on_progress(tool->tools->context, -1);
}

uint64_t tool_memory_available(void)
{
	cleanup_file FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long long kib;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			return (uint64_t)kib * 1024;
	return UINT64_MAX;
}

static bool is_too_much(void *context)
{
	const struct tool *tool = context;

	return tool_memory_available() < tool->memory_floor_bytes;
}

static int name_memory(const char *program, bool is_sealed, struct fault *fault)
{
	struct sysinfo machine;
	char memory[TEXT_SIZE_CHARS];

	if (is_sealed) /* the machine is the host, which has more than it may */
		return fault_set(fault, REASON_FS_NEEDS_MEMORY,
				 "%s needs more memory than a sealed process may have", program);
	if (sysinfo(&machine) < 0)
		return -1;
	fault_set(fault, REASON_FS_NEEDS_MEMORY, "%s needs more memory than the machine has (%s)",
		  program, text_of_size(memory, (uint64_t)machine.totalram * machine.mem_unit));
	return fault_hint(fault, "use a host with more free memory");
}

int tool_run(struct tool *tool, const char *argv[], int *ret_exit_status, struct fault *fault)
{
	const char *name = argv[0];
	char program[PATH_MAX];
	const struct spawn spawn = { .argv = argv,
				     .environment = tool->environment,
				     .no_stdin = tool->no_stdin,
				     .input = tool->input,
				     .on_output = on_output,
				     .on_channel = on_channel,
				     .on_tick = on_tick,
				     .tick_ms = TICK_MS,
				     .is_too_much = tool->memory_floor_bytes ? is_too_much : NULL,
				     .context = tool,
				     .ret_signal = &tool->signal };
	int exit_status;

	snprintf(program, sizeof(program), "%s/%s", tool->tools->sbin, name);
	argv[0] = program;
	tool->output.used_bytes = 0;
	if (spawn_run(&spawn, &exit_status, fault) < 0)
		return fault->reason == REASON_FS_NEEDS_MEMORY
			       ? name_memory(name, tool->tools->sealed, fault)
			       : -1;
	if (exit_status == STATUS_FAILED)
		tool->signal = tool_output_signal(&tool->output);
	if (tool->signal != 0)
		return spawn_explain_signal(name, tool->signal, fault);
	*ret_exit_status = exit_status;
	return 0;
}

void tool_output_add(struct tool_output *output, const char *bytes, size_t size_bytes)
{
	if (size_bytes >= sizeof(output->text)) {
		bytes += size_bytes - (sizeof(output->text) - 1);
		size_bytes = sizeof(output->text) - 1;
	}
	if (output->used_bytes + size_bytes >= sizeof(output->text)) {
		size_t drop = output->used_bytes + size_bytes - (sizeof(output->text) - 1);

		memmove(output->text, output->text + drop, output->used_bytes - drop);
		output->used_bytes -= drop;
	}
	memcpy(output->text + output->used_bytes, bytes, size_bytes);
	output->used_bytes += size_bytes;
}

/* The number that begins there and ends in ")"; 0: none. */
static int number_at(const struct tool_output *output, size_t at)
{
	int number = 0;

	for (; at < output->used_bytes && number < 100; at++) {
		char digit = output->text[at];

		if (digit == ')')
			return number;
		if (digit < '0' || digit > '9')
			return 0;
		number = number * 10 + (digit - '0');
	}
	return 0;
}

int tool_output_signal(const struct tool_output *output)
{
	static const char mark[] = "Signal (";
	const size_t mark_bytes = sizeof(mark) - 1;

	for (size_t at = 0; at + mark_bytes < output->used_bytes; at++) {
		int number;

		if ((at > 0 && output->text[at - 1] != '\n') ||
		    memcmp(output->text + at, mark, mark_bytes) != 0)
			continue;
		number = number_at(output, at + mark_bytes);
		if (number > 0)
			return number;
	}
	return 0;
}

bool tool_output_has(const struct tool_output *output, const char *text)
{
	return memmem(output->text, output->used_bytes, text, strlen(text)) != NULL;
}

/* The start of the line that ends at end. */
static size_t line_begin(const struct tool_output *output, size_t end)
{
	while (end > 0 && output->text[end - 1] != '\n')
		end--;
	return end;
}

/* The end of the text before end, without white space. */
static size_t skip_blanks(const struct tool_output *output, size_t end)
{
	while (end > 0 && strchr("\n\r\t ", output->text[end - 1]))
		end--;
	return end;
}

const char *tool_output_last_line(const struct tool_output *output, const char *program,
				  const char *end_mark)
{
	static char line[256];
	size_t end = output->used_bytes, begin, name = strlen(program);
	const char *mark = end_mark ? memmem(output->text, end, end_mark, strlen(end_mark)) : NULL;
	const char *prefix;

	if (mark)
		end = line_begin(output, (size_t)(mark - output->text));
	end = skip_blanks(output, end);
	while (end > 0 && output->text[end - 1] == ':') /* it only announces the next one */
		end = skip_blanks(output, line_begin(output, end));
	begin = line_begin(output, end);
	/* Not always in front: a progress bar may stand before it. */
	prefix = memmem(output->text + begin, end - begin, program, name);
	if (prefix && (size_t)(prefix - output->text) + name + 2 <= end &&
	    memcmp(prefix + name, ": ", 2) == 0)
		begin = (size_t)(prefix - output->text) + name + 2;
	text_make_safe(line, sizeof(line), output->text + begin, end - begin);
	return line;
}
