/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limit what QEMU can do to the host if its guest takes it over: the files it sees, the
 * room and memory it takes (docs/decisions/6-confinement.md). */
#ifndef VM_CONFINE_CONFINE_H
#define VM_CONFINE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Address space above the guest's memory. QEMU was seen to reserve 1.5 GiB, 1 GiB of it
 * for translated code. The rest is for up to 64 threads that do its reading and
 * writing: their stacks and heaps. */
#define CONFINE_MEMORY_MARGIN_MIB 4096

struct confine {
	int rules_fd;		 /* Landlock; owned; -1: none, or not to be confined */
	bool strict;		 /* all of it, and not only the limits of files */
	bool may_change;	 /* a folder of the host, and what is in it */
	bool may_listen;	 /* on TCP ports */
	uint64_t memory_bytes;	 /* address space, where strict */
	uint64_t disk_max_bytes; /* largest file it may write; 0: no limit */
};

/* The things QEMU works with. All texts are borrowed. QEMU gets the disk by descriptor,
 * so it needs no rule; the storage daemon opens it anew, and needs one. */
struct confine_needs {
	const char *qemu, *kernel, *initramfs; /* absolute paths; of the latter two NULL: none */
	bool kvm;
	const char *share; /* a folder of the host, or NULL */
	bool share_writable;
	const char *const *read_paths; /* files and folders that may be read */
	size_t read_count;
	const char *backing_path; /* likewise, or NULL */
	const char *native;	  /* the program of a sealed process, or NULL */
	const unsigned *ports;	  /* to listen on */
	size_t port_count;
	int write_fd, read_fd;	 /* inherited, and opened anew by /proc/self/fd; -1: none */
	unsigned memory_mib;	 /* of the guest */
	uint64_t disk_max_bytes; /* 0: no limit */
};

/* Prepare the rules for a QEMU that needs this. Cannot fail: without Landlock in the
 * kernel the rest still holds. confine_close must follow. */
void confine_open(struct confine *confine, const struct confine_needs *needs, bool strict);
void confine_close(struct confine *confine);

/* In the child, right before exec: nothing can be taken back. 0, or -1 with
 * errno. */
int confine_enter(const struct confine *confine);

#endif
