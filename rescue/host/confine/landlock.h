/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock: the file system as a process may see it, decided by the process
 * itself, without root. Best effort: a kernel may have none, or an older one
 * that knows fewer rights. */
#ifndef CONFINE_LANDLOCK_H
#define CONFINE_LANDLOCK_H

enum may {
	MAY_READ = 1, /* files, and lists of folders */
	MAY_EXECUTE = 2,
	MAY_WRITE = 4,	/* what exists; nothing can be made, removed or renamed */
	MAY_IOCTL = 8,	/* of devices */
	MAY_CHANGE = 16 /* make, remove and rename files, folders and links below a folder */
};

/* A new set of rules that denies everything: every file, TCP, and signals and
 * abstract sockets to processes outside. A descriptor that is closed on exec,
 * or -1 if this kernel has no Landlock. */
int landlock_open(void);

/* Permit this path, and what is below it if it is a folder. A link stands for
 * what it points to. 0, or -1 with errno. Async-signal-safe. */
int landlock_allow(int rules_fd, const char *path, unsigned rights);

/* Permit to listen on this TCP port. 0, or -1 with errno: a kernel before Landlock's fourth
 * version denies no port. */
int landlock_allow_port(int rules_fd, unsigned port);

/* From here on, and for every child and exec. Needs no_new_privs. 0, or -1 with
 * errno. Async-signal-safe. */
int landlock_enter(int rules_fd);

#endif
