/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The streams of a machine that is followed: its console and its screen to the user, and his keys
 * to it. For follow.c alone. */
#ifndef BOOT_STREAMS_H
#define BOOT_STREAMS_H

#include "base/relay.h"
#include "host/vm/qemu/monitor.h"
#include "host/vm/qemu/tail.h"
#include "run.h"

#include <poll.h>

struct following {
	const struct boot_spec *spec;
	struct boot_machine *machine;
	struct boot_result *result;
	struct monitor monitor;
	struct tail complaint, console;
	struct relay outputs[SOURCES], input;
	enum milestones_source speaking; /* the last one that was stepped */
	bool line_open;			 /* its line is not at its end */
	unsigned long lines_told;
	bool spoke;
	bool asked;	       /* the monitor, for its abilities */
	bool left;	       /* by the user's keys */
	bool pressed;	       /* the power button: first at pressed_ms, and again */
	bool pictured;	       /* the screen */
	bool quitting;	       /* QEMU was told to */
	bool blind;	       /* it cannot show its screen */
	bool looked_at_loader; /* the screen, since a boot loader was started */
	int64_t looked_ms;
	int64_t begun_ms, spoke_ms, pressed_ms, pressed_last_ms;
	int64_t lost_ms; /* when QEMU ended before it could make the picture; 0: it did not */
};

/* Connect them; the terminal, if there is one, becomes raw. */
void streams_connect(struct following *following);

/* After poll(2). Faults: interrupted (nobody reads the console), disk-io. */
int streams_step_outputs(struct following *following, const struct pollfd slots[SOURCES],
			 struct fault *fault);
void streams_step_input(struct following *following, const struct pollfd *slot);
int streams_nobody_reads(struct fault *fault);

/* Take what comes at once behind the last word, the rest of its line as a rule; of a machine that
 * is gone, all. And what was read is written. */
int streams_take_last_words(struct following *following, struct fault *fault);

#endif
