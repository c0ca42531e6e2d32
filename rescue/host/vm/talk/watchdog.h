/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time limits. One is armed at a time: first for hello, then for silence on the
 * wire, at last for the machine to be off. Beside it, for a while, is one for the
 * disk to be seen. Behind them is the deadline of the whole run: a guest that only
 * beats is never silent. */
#ifndef VM_TALK_WATCHDOG_H
#define VM_TALK_WATCHDOG_H

#include "base/fault.h"

#include <stdint.h>

enum watch {
	WATCH_HELLO,   /* the guest must be up by then */
	WATCH_SILENCE, /* each line starts it again */
	WATCH_EXIT     /* the machine must be off by then */
};

struct watchdog {
	enum watch watch;
	int64_t limit_ms;
	int64_t deadline_ms;   /* on clock_ms() */
	int64_t disk_limit_ms; /* 0: no disk is waited for */
	int64_t disk_deadline_ms;
	int64_t run_limit_ms;
	int64_t run_deadline_ms;
	char stage[64]; /* of the last beat; safe to show; may be empty */
};

/* Start the clock of the run. */
void watchdog_open(struct watchdog *dog, int64_t run_limit_ms);

void watchdog_arm(struct watchdog *dog, enum watch watch, int64_t limit_ms);

/* The guest must see its disk by then; 0: it has. */
void watchdog_arm_disk(struct watchdog *dog, int64_t limit_ms);

/* A line has come; stage is the one of a beat, or NULL. */
void watchdog_feed(struct watchdog *dog, const char *stage);

/* Do not count time in which we were stopped (and QEMU perhaps with us), or held up by a
 * reader of our output, as silence of the guest. */
void watchdog_excuse(struct watchdog *dog, int64_t absent_ms);

/* Milliseconds left, never negative: a timeout for poll(2). */
int watchdog_left_ms(const struct watchdog *dog);

/* The fault for a limit that has passed. Always -1. */
int watchdog_fault(const struct watchdog *dog, struct fault *fault);

#endif
