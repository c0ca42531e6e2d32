/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that started the machine. It says when the disk is ready; when it is gone,
 * nobody needs the work any more. */
#ifndef VM_TALK_CALLER_H
#define VM_TALK_CALLER_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct caller {
	int fd;		       /* a socket to it, borrowed; -1: not there, or not to be watched */
	bool awaits_disk;      /* it has not said yet that the disk is ready */
	uint32_t sector_bytes; /* of the disk; 0: 512 */
};

/* The byte that says that the disk is ready; the other one, that it has sectors of 4096 bytes. */
#define CALLER_READY	   '\n'
#define CALLER_READY_LARGE 'L'

/* Read once; call it when poll(2) says readable. Any byte says that the disk is ready. -1
 * with REASON_INTERRUPTED: the caller is gone. */
int caller_read(struct caller *caller, struct fault *fault);

#endif
