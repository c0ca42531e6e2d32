/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streams.h"

#include "base/io.h"

#include <errno.h>

#define LAST_WORDS_MS 2000
#define PAUSE_MS      200
#define LINE_MS	      300

void streams_connect(struct following *following)
{
	const struct boot_spec *spec = following->spec;
	const int *fds = following->machine->fds;

	following->outputs[SOURCE_CONSOLE] = (struct relay){ .from = fds[BOOT_CONSOLE] };
	following->outputs[SOURCE_SCREEN] = (struct relay){ .from = fds[BOOT_SCREEN] };
	for (int i = 0; i < SOURCES; i++)
		following->outputs[i].to = spec->terminal ? spec->terminal->fd : spec->output_fd;
	following->input = (struct relay){ .from = -1, .to = fds[BOOT_SCREEN], .ended = true };
	if (spec->firmware == FIRMWARE_UEFI)
		following->input.to = fds[BOOT_CONSOLE];
	if (!spec->terminal)
		return;
	following->input.from = spec->terminal->fd;
	following->input.ended = false;
	terminal_enter(spec->terminal);
}

static void tell_line(struct following *following)
{
	const struct milestones *milestones = &following->result->milestones;
	const char *lines[MILESTONES_LAST + SOURCES];
	size_t count;

	if (!following->spec->on_line || milestones->lines == following->lines_told)
		return;
	following->lines_told = milestones->lines;
	count = milestones_last(milestones, lines);
	if (count > 0)
		following->spec->on_line(following->spec->context, lines[count - 1]);
}

int streams_nobody_reads(struct fault *fault)
{
	return fault_set(fault, REASON_INTERRUPTED, "nobody reads the console any more");
}

static void take_output(struct following *following, enum milestones_source source,
			const char *data, size_t count)
{
	following->spoke = true;
	following->line_open = data[count - 1] != '\n';
	following->spoke_ms = clock_ms();
	/* Keys are for the boot loader first, then for the system. */
	if (source == SOURCE_CONSOLE && relay_is_empty(&following->input))
		following->input.to = following->machine->fds[BOOT_CONSOLE];
	tail_feed(&following->console, data, count);
	milestones_feed(&following->result->milestones, source, data, count);
	tell_line(following);
}

/* Read or write a part of the console, or of the screen. */
static int step_output(struct following *following, enum milestones_source source,
		       const struct pollfd *slot, struct fault *fault)
{
	struct relay *output = &following->outputs[source];
	size_t count = relay_step(output, slot);

	if (count > 0)
		take_output(following, source, output->data, count);
	if (output->to < 0)
		output->at = output->used; /* nobody wants it */
	if (!output->broken)
		return 0;
	if (output->error == EPIPE)
		return streams_nobody_reads(fault);
	return fault_set_errno(fault, REASON_DISK_IO, output->error,
			       "the console cannot be written");
}

/* Is the source that began a line still to end it? It gets LINE_MS to go on, while the other one
 * waits; then it was a prompt. */
static bool goes_on(struct following *following, const struct pollfd slots[SOURCES],
		    struct pollfd *ret_slot)
{
	*ret_slot = slots[following->speaking];
	if (!following->line_open || ret_slot->fd < 0)
		return false;
	if (!ret_slot->revents && slots[1 - following->speaking].revents &&
	    poll(ret_slot, 1, LINE_MS) == 0)
		following->line_open = false;
	return following->line_open;
}

/* One source at a time, and no line of one in a line of the other. The screen comes first: a boot
 * loader speaks there before its system uses the console. */
int streams_step_outputs(struct following *following, const struct pollfd slots[SOURCES],
			 struct fault *fault)
{
	struct pollfd slot;

	if (!goes_on(following, slots, &slot)) {
		slot = slots[SOURCE_SCREEN];
		following->speaking = SOURCE_SCREEN;
		if (slot.fd < 0 || !slot.revents) {
			slot = slots[SOURCE_CONSOLE];
			following->speaking = SOURCE_CONSOLE;
		}
	}
	return step_output(following, following->speaking, &slot, fault);
}

void streams_step_input(struct following *following, const struct pollfd *slot)
{
	struct relay *input = &following->input;
	size_t count = relay_step(input, slot);

	if (count > 0 &&
	    terminal_is_escape(following->spec->terminal, input->data, count, clock_ms()))
		following->left = true;
	if (input->from >= 0 && input->ended)
		following->left = true; /* the terminal is gone */
}

int streams_take_last_words(struct following *following, struct fault *fault)
{
	int64_t deadline_ms = clock_ms() + LAST_WORDS_MS;

	while (clock_ms() < deadline_ms) {
		const struct relay *outputs = following->outputs;
		struct pollfd slots[SOURCES] = { relay_slot(&outputs[0]), relay_slot(&outputs[1]) };
		bool are_read = relay_is_empty(&outputs[0]) && relay_is_empty(&outputs[1]);

		if ((slots[0].fd < 0 && slots[1].fd < 0) ||
		    (poll(slots, SOURCES, PAUSE_MS) <= 0 && are_read))
			return 0;
		if (streams_step_outputs(following, slots, fault) < 0)
			return -1;
	}
	return 0;
}
