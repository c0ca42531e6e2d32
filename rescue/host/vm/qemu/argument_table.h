/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command lines of all of QEMU's machines have in common: a table of options becomes argv.
 */
#ifndef VM_QEMU_ARGUMENT_TABLE_H
#define VM_QEMU_ARGUMENT_TABLE_H

#include "disk_node.h"

#include <stdbool.h>
#include <stddef.h>

/* option NULL: not on this command line; value NULL: it has none. */
struct argument {
	const char *option, *value;
};

/* An option with its value, where the condition holds. */
#define ARGUMENT_IF(condition, option, value)                                                      \
	{                                                                                          \
		(condition) ? (option) : NULL, value                                               \
	}

/* Of -sandbox. */
#define ARGUMENT_SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

/* ret_argv has room for the program, two words of each option, and the NULL behind the last. */
void argument_table_write(const struct argument *table, size_t count, const char *program,
			  const char **ret_argv);

/* The object as a text to be freed; takes the reference. NULL: out of memory, or object is NULL. */
char *argument_of_json(json_t *object);

/* The value of -fsdev for a directory of the host, to be freed; NULL: out of memory. */
char *argument_share(const char *path, bool writable);

/* Of -device, with it. The tag is the name by which the guest mounts it. */
#define ARGUMENT_SHARE_DEVICE "virtio-9p-pci,fsdev=share,mount_tag=share"

/* The values of -add-fd: of one descriptor, and of those of a disk (NULL: none). */
#define ARGUMENT_FDSET_BYTES 32
void argument_fdset(char out[static ARGUMENT_FDSET_BYTES], int fd, int set);
void argument_fdsets(char (*out)[ARGUMENT_FDSET_BYTES], const struct disk_plan *disk);

#endif
