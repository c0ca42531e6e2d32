/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's command line: the machine as a table. */
#ifndef VM_QEMU_ARGUMENTS_H
#define VM_QEMU_ARGUMENTS_H

#include "argument_table.h"
#include "machine.h"

#define ARGUMENTS_MAX 96

/* The table points into the plan and into the texts: neither may move. */
struct arguments {
	const char *argv[ARGUMENTS_MAX];
	char machine[96];
	char memory[16];
	char wire[64], qmp[64], console[64];
	char streams[MACHINE_STREAMS][64];
	char saved[16];
	char kernel_line[1024];
	char cpus[16], rtc[64];
	char fdsets[DISK_FDS_MAX][ARGUMENT_FDSET_BYTES]; /* of the disk; empty: none */
	char *node, *device, *share;			 /* owned: arguments_free */
};

/* -1: out of memory, or a name that no JSON can carry. */
int arguments_write(struct arguments *arguments, const struct machine_plan *plan,
		    const int fds[CHANNELS]);
void arguments_free(struct arguments *arguments);

#endif
