/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's command line for a machine that boots the user's own system, as a table. */
#ifndef BOOT_ARGUMENTS_H
#define BOOT_ARGUMENTS_H

#include "host/vm/qemu/argument_table.h"
#include "machine.h"

#define BOOT_ARGUMENTS_MAX 96

/* The table points into the plan and into the texts: neither may move. */
struct boot_arguments {
	const char *argv[BOOT_ARGUMENTS_MAX];
	char machine[128];
	char memory[16], cpus[16], rtc[64];
	char qmp[64], console[64], screen[64];
	char fdsets[DISK_FDS_MAX + 4][ARGUMENT_FDSET_BYTES]; /* empty: none */
	char seed[64]; /* a channel of its own, to the server of the seed */
	char network[128 + 48 * BOOT_PORTS_MAX];
	char *node, *device;	       /* the disk; owned */
	char *code, *variables;	       /* the firmware; owned */
	char *seed_node, *seed_device; /* owned */
	char *share;		       /* owned */
};

/* -1: out of memory, or a name that no JSON can carry. boot_arguments_free must follow. */
int boot_arguments_write(struct boot_arguments *arguments, const struct boot_plan *plan,
			 const int fds[BOOT_CHANNELS]);
void boot_arguments_free(struct boot_arguments *arguments);

#endif
