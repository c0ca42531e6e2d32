/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processors that a guest can be built for, and the machine of QEMU that each runs on. The disk
 * does not care: a guest of any processor grows the disk of any other. */
#ifndef VM_QEMU_BOARD_H
#define VM_QEMU_BOARD_H

#include "accel.h"

#include <stdbool.h>
#include <stddef.h>

enum guest_arch { GUEST_ARCH_X86_64, GUEST_ARCH_AARCH64 };

/* "x86_64" and "aarch64", as uname(2) says it; ended by NULL. */
extern const char *const guest_arch_words[];

/* That of this program, which alone can be accelerated, and be native. */
enum guest_arch guest_arch_host(void);

/* Another than that: the guest can only be emulated. */
bool guest_arch_is_foreign(enum guest_arch arch);
enum accel guest_arch_accel(enum guest_arch arch, enum accel wish); /* what "auto" leaves to it */

struct board {
	const char *qemu;    /* the program */
	const char *package; /* in Debian */
	const char *target;  /* of make, which builds the guest */
	const char *console; /* the guest's name for its serial port */
	const char *tcg_one; /* and where one processor is emulated; "" or with a blank before */
	const char *no_ide;  /* and where no disk is on IDE; likewise */
	bool all_attach;     /* every kind of disk; else SCSI alone */
};

/* Static storage. */
const struct board *board_of(enum guest_arch arch);

/* The value of -machine. */
void board_machine(enum guest_arch arch, enum accel accel, char *out, size_t out_bytes);

#endif
