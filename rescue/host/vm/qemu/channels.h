/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket pairs that join us with a child. */
#ifndef VM_QEMU_CHANNELS_H
#define VM_QEMU_CHANNELS_H

/* Make so many pairs. Our ends do not block and are closed on exec; theirs are inherited. One
 * kind for all: a socket pair also does for output that only goes one way. -1 with errno: then
 * all of them are closed. */
int channels_open(int *ours, int *theirs, int count);

/* Close what is open of both, and set it to -1. */
void channels_close(int *ours, int *theirs, int count);

#endif
