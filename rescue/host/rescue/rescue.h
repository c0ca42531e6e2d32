/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shell, or one command, in the virtual machine with a disk image attached. */
#ifndef RESCUE_RESCUE_H
#define RESCUE_RESCUE_H

#include "host/console.h"
#include "host/log/keep.h"
#include "host/program.h"
#include "host/vm/vm.h"
#include "host/work.h"
#include "options.h"

#include <sys/wait.h>
#include <termios.h>

/* One run: what moves through its stages. */
struct rescue {
	const struct rescue_options *options;
	struct console console;
	struct interrupt interrupt;
	struct programs programs;
	struct work work;
	char share[PATH_MAX]; /* real path; "": none */
	struct image image;
	char base[PATH_MAX]; /* of the log of a failed grow: its image; "": none */
	struct log log;
	int disk_fd, backing_fd; /* the machine's; owned; -1: none */
	struct vm vm;
	bool vm_started;
	struct termios terminal; /* as it was */
	bool has_terminal;
	struct keep keep; /* for --write */
	int exit_status;  /* of the command */
};

/* The verb: argv[0] is "rescue". Returns the exit status. */
int verb_rescue(int argc, char *argv[]);

/* Stages, in their order. */
int rescue_take_image(struct rescue *rescue, struct fault *fault);
int rescue_look(struct rescue *rescue, struct fault *fault);
int rescue_run(struct rescue *rescue, struct fault *fault);
int rescue_keep(struct rescue *rescue, struct fault *fault);

/* The size of the sectors that the image's disk was made for; 512 where that cannot be read. */
uint32_t rescue_sector_bytes(struct rescue *rescue);

/* Put the terminal back as it was. */
void rescue_restore_terminal(struct rescue *rescue);

#endif
