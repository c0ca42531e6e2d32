/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flight recorder: everything about devices, with one clock
 * (CLOCK_MONOTONIC, microseconds), told in the order in which it was seen.
 *
 * A thread of high priority listens to the kernel and puts records into a queue;
 * another one hands them to the caller. A recorder that is NULL records nothing,
 * so that whoever marks need not ask. */
#ifndef RECORDER_RECORDER_H
#define RECORDER_RECORDER_H

#include "base/fault.h"
#include "wire/event.h"

#include <stdbool.h>

struct recorder;

/* Begin to listen for device and process events: can be the first thing that a
 * program does. NULL with the fault. */
struct recorder *recorder_open(struct fault *fault);

/* Record all that there is, from now on, and what has been heard until now.
 * proc, sys, dev and run must be mounted. Faults: internal, no-memory. */
int recorder_start(struct recorder *recorder, struct fault *fault);

/* Hand over what was recorded, and is, from a thread of its own; on_record takes
 * over the fields. Fault: no-memory. */
int recorder_send(struct recorder *recorder,
		  void (*on_record)(void *context, enum event_kind kind, json_t *fields),
		  void *context, struct fault *fault);

/* Record what is waiting, hand over everything, and end. NULL is allowed. */
void recorder_close(struct recorder *recorder);

/* What the caller itself does. text may be NULL. */
void recorder_mark(struct recorder *recorder, const char *what, const char *text);

/* Compare /dev with /sys for that disk, and the links by label with those of the
 * first time: how many nodes and links are missing. */
unsigned recorder_list(struct recorder *recorder, const char *disk, const char *moment);

/* Look at the journals of all file systems, to compare with after a mount. */
void recorder_look(struct recorder *recorder);

/* Hold up the mdev of an event ("remove:sda2") for so long, once, to see what comes
 * of it. Fault: internal. */
int recorder_hold_up(const char *event, unsigned ms, struct fault *fault);

/* From now on the kernel starts an mdev for each of its events, or for none. */
void recorder_expect_helpers(struct recorder *recorder, bool expected);

/* No device event, and no mdev at work, for so long? Where mdevs are expected, each event
 * that was read must have had its own: on a busy machine one starts late. */
bool recorder_is_quiet(struct recorder *recorder, int64_t quiet_us);

#endif
