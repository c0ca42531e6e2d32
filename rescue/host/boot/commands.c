/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands.h"

#include "base/io.h"
#include "host/vm/qemu/disk_node.h"

#include <poll.h>

#define ANSWER_MS 20000 /* QEMU answers at once, on a busy host too */

enum answer {
	ANSWER_FAULT = -1,
	ANSWER_YES,
	ANSWER_NO,  /* QEMU refuses; the fault tells */
	ANSWER_NONE /* QEMU ends, and its end will tell why */
};

bool commands_qemu_ends(const struct following *following)
{
	const struct monitor *monitor = &following->monitor;

	/* After its guest has powered off, it stays only for the picture. */
	return following->machine->exited || monitor->qmp.reader.end_of_file ||
	       (monitor->off && following->spec->picture_fd < 0);
}

/* A QEMU that has hung up is no fault here. What it said before may be one. */
static int send_command(struct following *following, const char *command, json_t *arguments,
			struct fault *fault)
{
	struct monitor *monitor = &following->monitor;
	struct pollfd slot = { .fd = monitor->qmp.reader.fd, .events = POLLIN };

	if (monitor_send(monitor, command, arguments, -1, fault) == 0)
		return 0;
	while (!monitor->qmp.reader.end_of_file && poll(&slot, 1, 0) > 0)
		if (monitor_read(monitor, fault) < 0)
			return -1;
	return monitor->qmp.reader.end_of_file ? 0 : -1;
}

int commands_step(struct following *following, struct fault *fault)
{
	struct monitor *monitor = &following->monitor;

	if (monitor_read(monitor, fault) < 0)
		return -1;
	if (!monitor->greeted || following->asked)
		return 0;
	following->asked = true;
	return send_command(following, "qmp_capabilities", NULL, fault);
}

/* Wait until QEMU has answered all that it was asked, or ends. */
static int await_answer(struct following *following, struct fault *fault)
{
	const struct monitor *monitor = &following->monitor;
	const int64_t deadline_ms = clock_ms() + ANSWER_MS;
	struct pollfd slots[] = {
		{ .fd = monitor->qmp.reader.fd, .events = POLLIN },
		{ .fd = following->spec->interrupt->signals_fd, .events = POLLIN },
	};

	while ((!following->asked || monitor->awaits_answer) && !commands_qemu_ends(following)) {
		int64_t left_ms = deadline_ms - clock_ms();

		if (left_ms <= 0)
			return fault_set(fault, REASON_INTERNAL, "QEMU's monitor does not answer");
		if (poll(slots, 2, (int)left_ms) <= 0)
			continue;
		if (slots[0].revents && commands_step(following, fault) < 0)
			return -1;
		if (interrupt_check(following->spec->interrupt, fault) < 0)
			return -1;
		/* Its SIGCHLD may just have been read. */
		boot_machine_reap(following->machine);
	}
	return 0;
}

/* Send a command, and wait for its answer. */
static enum answer ask(struct following *following, const char *command, json_t *arguments,
		       struct fault *fault)
{
	const bool failed = await_answer(following, fault) < 0;

	if (failed || commands_qemu_ends(following)) {
		json_decref(arguments);
		return failed ? ANSWER_FAULT : ANSWER_NONE;
	}
	if (send_command(following, command, arguments, fault) < 0 ||
	    await_answer(following, fault) < 0)
		return ANSWER_FAULT;
	if (!following->monitor.answer)
		return ANSWER_NONE;
	return monitor_judge(&following->monitor, command, fault) == 0 ? ANSWER_YES : ANSWER_NO;
}

int commands_press_button(struct following *following, struct fault *fault)
{
	const int64_t now_ms = clock_ms();

	if (!following->pressed)
		following->pressed_ms = now_ms;
	following->pressed = true;
	following->pressed_last_ms = now_ms;
	switch (ask(following, "system_powerdown", NULL, fault)) {
	case ANSWER_YES:
	case ANSWER_NONE:
		return 0;
	default:
		return -1;
	}
}

int commands_take_picture(struct following *following, struct fault *fault)
{
	char file[32];

	if (following->spec->picture_fd < 0 || following->pictured)
		return 0;
	following->pictured = true;
	snprintf(file, sizeof(file), "/dev/fdset/%d", FDSET_PICTURE);
	switch (ask(following, "screendump",
		    json_pack("{s:s, s:s}", "filename", file, "format", "png"), fault)) {
	case ANSWER_YES:
		return 0;
	case ANSWER_NONE:
		following->pictured = false;
		return 0;
	case ANSWER_NO:
		fault->reason = REASON_NO_QEMU;
		return fault_hint(fault,
				  "--screenshot needs QEMU 7.1 or newer, with its support for PNG");
	default:
		return -1;
	}
}

int commands_look(struct following *following, struct fault *fault)
{
	struct screen *screen = following->spec->screen;
	struct milestones *milestones = &following->result->milestones;
	const bool loader_runs = milestones->reached >= MILESTONE_LOADER;
	char file[32];

	screen_clear(screen);
	snprintf(file, sizeof(file), "/dev/fdset/%d", FDSET_SCREEN);
	switch (ask(following, "screendump", json_pack("{s:s}", "filename", file), fault)) {
	case ANSWER_YES:
		screen_take(screen, loader_runs, clock_ms());
		if (screen_is_up(screen, following->spec->quiet_ms, clock_ms()))
			milestones_reach(milestones, MILESTONE_SCREEN);
		return 0;
	case ANSWER_NO:
		following->blind = true;
		return 0;
	case ANSWER_NONE:
		return 0;
	default:
		return -1;
	}
}

int commands_end_off(struct following *following, struct fault *fault)
{
	if (commands_take_picture(following, fault) < 0)
		return -1;
	following->quitting = true;
	return send_command(following, "quit", NULL, fault);
}
