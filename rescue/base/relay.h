/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes from one descriptor to another, in one direction, none of them lost: it
 * reads only when all that it read before is written. For a loop around poll(2),
 * and no more at a time than a pipe that is writable takes without blocking. */
#ifndef BASE_RELAY_H
#define BASE_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_BYTES 4096

/* Zero-initialise, then set the descriptors (borrowed); -1: none. */
struct relay {
	int from, to;
	char data[RELAY_BYTES];
	size_t at, used;
	uint64_t bytes; /* that went through */
	bool ended;	/* nothing more comes */
	bool broken;	/* nobody takes it any more; it is read all the same */
	int error;	/* an errno: why it ended, or is broken; 0: it is the end */
};

/* What to wait for next; fd is -1 if there is nothing. */
struct pollfd relay_slot(const struct relay *relay);

/* After poll(2): read, or write. How many bytes were read, which then lie in
 * data, to be looked at or changed. */
size_t relay_step(struct relay *relay, const struct pollfd *slot);

/* All that was read is written. */
bool relay_is_empty(const struct relay *relay);

#endif
