/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key of an encrypted partition. */
#ifndef GROW_KEY_H
#define GROW_KEY_H

#include "base/fault.h"
#include "host/interrupt.h"

#include <stdint.h>

struct key {
	int fd;		/* open for reading; owned; -1: none */
	uint32_t bytes; /* that are the key; the file behind fd has whole sectors */
};

/* Read the file, or standard input for "-", into memory that has no name and is no file of a
 * disk. Faults: key-missing, interrupted. */
int key_read(const char *path, struct interrupt *interrupt, struct key *ret_key,
	     struct fault *fault);

#endif
