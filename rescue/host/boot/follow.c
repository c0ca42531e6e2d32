/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "follow.h"

#include "base/io.h"
#include "base/relay.h"
#include "host/vm/qemu/exit_reason.h"
#include "host/vm/qemu/monitor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CANDIDATE_MS  10000 /* for the first word under an accelerator that has a substitute */
#define LAST_WORDS_MS 2000
#define PAUSE_MS      200
#define NEVER	      INT64_MAX

enum slot {
	SLOT_SIGNALS,
	SLOT_COMPLAINT,
	SLOT_MONITOR,
	SLOT_OUTPUT,
	SLOT_SCREEN,
	SLOT_INPUT,
	SLOT_READER,
	SLOTS
};

struct following {
	const struct boot_spec *spec;
	struct boot_machine *machine;
	struct boot_result *result;
	struct monitor monitor;
	struct tail complaint, console;
	struct relay outputs[SOURCES], input;
	unsigned long lines_told;
	bool spoke;
	bool asked; /* the monitor, for its abilities */
	bool left;  /* by the user's keys */
	int64_t begun_ms, spoke_ms;
};

static void connect_console(struct following *following)
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

static int nobody_reads(struct fault *fault)
{
	return fault_set(fault, REASON_INTERRUPTED, "nobody reads the console any more");
}

static void take_output(struct following *following, enum milestones_source source,
			const char *data, size_t count)
{
	following->spoke = true;
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
		return nobody_reads(fault);
	return fault_set_errno(fault, REASON_DISK_IO, output->error,
			       "the console cannot be written");
}

/* Both. */
static int step_outputs(struct following *following, const struct pollfd slots[SOURCES],
			struct fault *fault)
{
	for (int source = 0; source < SOURCES; source++)
		if (step_output(following, (enum milestones_source)source, &slots[source], fault) <
		    0)
			return -1;
	return 0;
}

static void step_input(struct following *following, const struct pollfd *slot)
{
	struct relay *input = &following->input;
	size_t count = relay_step(input, slot);

	if (count > 0 &&
	    terminal_is_escape(following->spec->terminal, input->data, count, clock_ms()))
		following->left = true;
	if (input->from >= 0 && input->ended)
		following->left = true; /* the terminal is gone */
}

static int step_monitor(struct following *following, struct fault *fault)
{
	struct monitor *monitor = &following->monitor;

	if (monitor_read(monitor, fault) < 0)
		return -1;
	if (!monitor->greeted || following->asked)
		return 0;
	following->asked = true;
	return monitor_send(monitor, "qmp_capabilities", NULL, -1, fault);
}

static void step_complaint(struct following *following)
{
	char data[1024];
	int *fd = &following->machine->fds[BOOT_COMPLAINT];
	ssize_t got = read(*fd, data, sizeof(data));

	if (got > 0)
		tail_feed(&following->complaint, data, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
}

static int64_t next_deadline(const struct following *following, bool has_substitute)
{
	const struct boot_spec *spec = following->spec;
	int64_t deadline_ms = NEVER, quiet_ms = following->spoke_ms + spec->quiet_ms;

	if (spec->timeout_ms > 0)
		deadline_ms = following->begun_ms + spec->timeout_ms;
	if (spec->quiet_ms > 0 && following->result->milestones.reached >= MILESTONE_KERNEL &&
	    quiet_ms < deadline_ms)
		deadline_ms = quiet_ms;
	if (has_substitute && !following->spoke)
		deadline_ms = following->begun_ms + CANDIDATE_MS;
	return deadline_ms;
}

static int wait_once(struct following *following, int64_t deadline_ms, struct fault *fault)
{
	const struct line_reader *monitor = &following->monitor.qmp.reader;
	int64_t left_ms = deadline_ms == NEVER ? -1 : deadline_ms - clock_ms();
	struct pollfd slots[SLOTS] = {
		[SLOT_SIGNALS] = { .fd = following->spec->interrupt->signals_fd, .events = POLLIN },
		[SLOT_COMPLAINT] = { .fd = following->machine->fds[BOOT_COMPLAINT],
				     .events = POLLIN },
		[SLOT_MONITOR] = { .fd = monitor->end_of_file ? -1 : monitor->fd,
				   .events = POLLIN },
		[SLOT_OUTPUT] = relay_slot(&following->outputs[SOURCE_CONSOLE]),
		[SLOT_SCREEN] = relay_slot(&following->outputs[SOURCE_SCREEN]),
		[SLOT_INPUT] = relay_slot(&following->input),
		/* Whether there is one, also while the system is silent. */
		[SLOT_READER] = { .fd = following->spec->output_fd },
	};

	if (left_ms < -1)
		left_ms = 0;
	if (poll(slots, SLOTS, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms) < 0)
		return 0;
	if (slots[SLOT_COMPLAINT].revents)
		step_complaint(following);
	if (slots[SLOT_MONITOR].revents && step_monitor(following, fault) < 0)
		return -1;
	if (slots[SLOT_READER].revents & (POLLERR | POLLHUP))
		return nobody_reads(fault);
	step_input(following, &slots[SLOT_INPUT]);
	return step_outputs(following, &slots[SLOT_OUTPUT], fault);
}

/* Has the system come as far as is asked for? With cloud-init the login prompt comes too
 * early. */
static bool is_reached(const struct boot_spec *spec, const struct milestones *milestones)
{
	enum milestone best = milestones->has_cloud_init ? MILESTONE_CLOUD_INIT : MILESTONE_LOGIN;

	if (spec->expect)
		return milestones->reached == MILESTONE_EXPECTED;
	return (spec->until != MILESTONE_NONE && milestones->reached >= spec->until) ||
	       (spec->best && milestones->reached >= best);
}

/* What comes at once behind the last word, the rest of its line as a rule; of a machine that is
 * gone, all. And what was read is written. */
static int take_last_words(struct following *following, struct fault *fault)
{
	int64_t deadline_ms = clock_ms() + LAST_WORDS_MS;

	while (clock_ms() < deadline_ms) {
		const struct relay *outputs = following->outputs;
		struct pollfd slots[SOURCES] = { relay_slot(&outputs[0]), relay_slot(&outputs[1]) };
		bool are_read = relay_is_empty(&outputs[0]) && relay_is_empty(&outputs[1]);

		if ((slots[0].fd < 0 && slots[1].fd < 0) ||
		    (poll(slots, SOURCES, PAUSE_MS) <= 0 && are_read))
			return 0;
		if (step_outputs(following, slots, fault) < 0)
			return -1;
	}
	return 0;
}

static enum follow_end explain_exit(struct following *following, bool has_substitute,
				    struct fault *fault)
{
	const struct boot_machine *machine = following->machine;
	const struct exit_facts facts = { .exited = true,
					  .wait_status = machine->wait_status,
					  .complaint = &following->complaint,
					  .console = &following->console,
					  .memory_mib = following->spec->hardware.memory_mib };

	while (machine->fds[BOOT_COMPLAINT] >= 0 &&
	       poll(&(struct pollfd){ .fd = machine->fds[BOOT_COMPLAINT], .events = POLLIN }, 1,
		    0) > 0)
		step_complaint(following);
	if (take_last_words(following, fault) < 0)
		return FOLLOW_FAULT;
	milestones_end(&following->result->milestones);
	if (machine->wait_status == 0) {
		following->result->end = BOOT_OFF;
		if (is_reached(following->spec, &following->result->milestones))
			following->result->end = BOOT_REACHED;
		return FOLLOW_DONE;
	}
	exit_reason_explain(&facts, fault);
	if (!following->spoke && exit_reason_lacks_sandbox(&facts))
		return FOLLOW_NO_SANDBOX;
	return !following->spoke && has_substitute ? FOLLOW_SILENT : FOLLOW_FAULT;
}

/* Return whether it is over, with *ret_end. */
static bool is_over(struct following *following, int64_t deadline_ms, bool has_substitute,
		    enum follow_end *ret_end, struct fault *fault)
{
	const struct boot_spec *spec = following->spec;
	const struct milestones *milestones = &following->result->milestones;
	enum boot_end *end = &following->result->end;

	*ret_end = FOLLOW_DONE;
	if (interrupt_check(spec->interrupt, fault) < 0) {
		*ret_end = FOLLOW_FAULT;
		return true;
	}
	boot_machine_reap(following->machine);
	if (following->left || is_reached(spec, milestones) ||
	    (spec->fails_on_bad && milestones->bad)) {
		*end = following->left		      ? BOOT_LEFT
		       : is_reached(spec, milestones) ? BOOT_REACHED
						      : BOOT_BAD;
		if (take_last_words(following, fault) < 0)
			*ret_end = FOLLOW_FAULT;
		return true;
	}
	if (following->machine->exited) {
		*ret_end = explain_exit(following, has_substitute, fault);
		return true;
	}
	if (clock_ms() < deadline_ms)
		return false;
	if (has_substitute && !following->spoke) {
		*ret_end = FOLLOW_SILENT;
		return true;
	}
	*end = spec->timeout_ms > 0 && clock_ms() - following->begun_ms >= spec->timeout_ms
		       ? BOOT_TIMEOUT
		       : BOOT_QUIET;
	return true;
}

enum follow_end follow(const struct boot_spec *spec, struct boot_machine *machine,
		       bool has_substitute, struct boot_result *result, struct fault *fault)
{
	struct following following = { .spec = spec,
				       .machine = machine,
				       .result = result,
				       .monitor = { .disk_max_bytes = spec->disk->max_bytes },
				       .complaint = { .copy_fd = -1 },
				       .console = { .copy_fd = -1 },
				       .begun_ms = clock_ms() };
	enum follow_end end = FOLLOW_FAULT;
	int64_t deadline_ms;

	if (monitor_open(&following.monitor, machine->fds[BOOT_QMP], fault) == 0) {
		connect_console(&following);
		do {
			deadline_ms = next_deadline(&following, has_substitute);
			if (wait_once(&following, deadline_ms, fault) < 0) {
				end = FOLLOW_FAULT;
				break;
			}
		} while (!is_over(&following, deadline_ms, has_substitute, &end, fault));
	}
	if (spec->terminal)
		terminal_leave(spec->terminal);
	monitor_close(&following.monitor);
	return end;
}
