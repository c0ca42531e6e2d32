/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interrupt.h"

#include "base/io.h"
#include "host/signals.h"

#include <poll.h>
#include <signal.h>

bool interrupt_came(struct interrupt *interrupt)
{
	int number;

	while ((number = signals_next(interrupt->signals_fd)) != 0) {
		if (number == SIGCHLD || number == SIGWINCH || interrupt->signal_number != 0)
			continue;
		interrupt->signal_number = number;
		interrupt->at_ms = clock_ms();
	}
	return interrupt->signal_number != 0 &&
	       clock_ms() - interrupt->at_ms >= interrupt->patience_ms;
}

int interrupt_check(struct interrupt *interrupt, struct fault *fault)
{
	if (!interrupt_came(interrupt))
		return 0;
	fault_set(fault, REASON_INTERRUPTED, "%s ended the run; the image is unchanged",
		  interrupt_name(interrupt));
	return fault_hint(fault, "Run it again");
}

int interrupt_await_input(struct interrupt *interrupt, int fd, struct fault *fault)
{
	struct pollfd slots[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = interrupt->signals_fd, .events = POLLIN },
	};

	for (;;) {
		int ready = poll(slots, 2, -1);

		if (interrupt_check(interrupt, fault) < 0)
			return -1;
		if (ready > 0 && slots[0].revents)
			return 0;
	}
}

const char *interrupt_name(const struct interrupt *interrupt)
{
	switch (interrupt->signal_number) {
	case SIGHUP:
		return "SIGHUP";
	case SIGINT:
		return "SIGINT";
	case SIGQUIT:
		return "SIGQUIT";
	default:
		return "SIGTERM";
	}
}
