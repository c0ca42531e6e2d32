/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter of system calls, for what Landlock does not cover. QEMU has one of its
 * own (-sandbox), which closes other things. */
#ifndef CONFINE_SYSCALLS_H
#define CONFINE_SYSCALLS_H

#include <stdbool.h>

/* From here on, and for every child and exec: sockets cannot be made, io_uring is
 * not there, no file can be cut by its path, and no mode, owner, time or extended
 * attribute of a file changed; all these fail with EACCES. With may_change, for a
 * folder that the guest may write to, files can be cut, and have their mode, owner
 * and times changed. Needs no_new_privs. 0,
 * or -1 with errno. Async-signal-safe. Does nothing but on Linux. */
int syscalls_restrict(bool may_change);

#endif
