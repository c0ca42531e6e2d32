/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter of system calls, for what Landlock does not cover. QEMU has one of its
 * own (-sandbox), which closes other things. */
#ifndef CONFINE_SYSCALLS_H
#define CONFINE_SYSCALLS_H

/* What is allowed all the same. */
enum {
	SYSCALLS_MAY_CHANGE = 1, /* a folder that the guest may write to: files can be cut, and have
				  * their mode, owner and times changed */
	SYSCALLS_MAY_LISTEN = 2	 /* sockets for TCP over IPv4 */
};

/* From here on, and for every child and exec: sockets cannot be made, io_uring is
 * not there, no file can be cut by its path, and no mode, owner, time or extended
 * attribute of a file changed; all these fail with EACCES. Needs no_new_privs. 0,
 * or -1 with errno. Async-signal-safe. Does nothing but on Linux. */
int syscalls_restrict(unsigned may);

#endif
