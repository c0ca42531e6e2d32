/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands.h"

#include "base/io.h"
#include "host/vm/qemu/disk_node.h"

#include <poll.h>

#define ANSWER_MS 20000 /* QEMU answers at once, on a busy host too */

int commands_step(struct following *following, struct fault *fault)
{
	struct monitor *monitor = &following->monitor;

	if (monitor_read(monitor, fault) < 0)
		return -1;
	if (!monitor->greeted || following->asked)
		return 0;
	following->asked = true;
	return monitor_send(monitor, "qmp_capabilities", NULL, -1, fault);
}

/* Wait until QEMU has answered all that it was asked. */
static int await_answer(struct following *following, struct fault *fault)
{
	const struct monitor *monitor = &following->monitor;
	const int64_t deadline_ms = clock_ms() + ANSWER_MS;
	struct pollfd slot = { .fd = monitor->qmp.reader.fd, .events = POLLIN };

	while (!following->asked || monitor->awaits_answer) {
		int64_t left_ms = deadline_ms - clock_ms();

		if (left_ms <= 0 || monitor->qmp.reader.end_of_file)
			return fault_set(fault, REASON_INTERNAL, "QEMU's monitor does not answer");
		if (poll(&slot, 1, (int)left_ms) > 0 && commands_step(following, fault) < 0)
			return -1;
	}
	return 0;
}

/* Send a command, and wait for its answer. 1: QEMU refuses, with the fault. */
static int ask(struct following *following, const char *command, json_t *arguments,
	       struct fault *fault)
{
	if (await_answer(following, fault) < 0) {
		json_decref(arguments);
		return -1;
	}
	if (monitor_send(&following->monitor, command, arguments, -1, fault) < 0 ||
	    await_answer(following, fault) < 0)
		return -1;
	return monitor_judge(&following->monitor, command, fault);
}

int commands_press_button(struct following *following, struct fault *fault)
{
	const int64_t now_ms = clock_ms();

	if (!following->pressed)
		following->pressed_ms = now_ms;
	following->pressed = true;
	following->pressed_last_ms = now_ms;
	return ask(following, "system_powerdown", NULL, fault) == 0 ? 0 : -1;
}

int commands_take_picture(struct following *following, struct fault *fault)
{
	char file[32];
	int result;

	if (following->spec->picture_fd < 0 || following->pictured)
		return 0;
	following->pictured = true;
	snprintf(file, sizeof(file), "/dev/fdset/%d", FDSET_PICTURE);
	result = ask(following, "screendump",
		     json_pack("{s:s, s:s}", "filename", file, "format", "png"), fault);
	if (result <= 0)
		return result;
	fault->reason = REASON_NO_QEMU;
	return fault_hint(fault, "--screenshot needs QEMU 7.1 or newer, with its support for PNG");
}

int commands_end_off(struct following *following, struct fault *fault)
{
	if (commands_take_picture(following, fault) < 0)
		return -1;
	following->quitting = true;
	return monitor_send(&following->monitor, "quit", NULL, -1, fault);
}
