/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's word that the disk is ready: the machine may start before it is. */
#ifndef VM_WORD_H
#define VM_WORD_H

#include "base/fault.h"

struct word {
	int fd; /* where it comes, borrowed; -1: it has come, or is not waited for */
};

/* Read what is there; call it when poll(2) says readable. A line is the word. -1
 * with REASON_INTERRUPTED: the caller has gone without it. */
int word_read(struct word *word, struct fault *fault);

#endif
