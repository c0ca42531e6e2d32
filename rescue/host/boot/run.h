/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot a disk, follow its console, and tell how far it came. */
#ifndef BOOT_RUN_H
#define BOOT_RUN_H

#include "disk.h"
#include "host/interrupt.h"
#include "host/vm/user/terminal.h"
#include "machine.h"
#include "milestones.h"
#include "screen.h"
#include "seed_server.h"

/* All is borrowed. */
struct boot_spec {
	const char *qemu; /* a path, or a name for PATH */
	enum accel accel;
	struct boot_hardware hardware;
	enum firmware firmware;
	const struct boot_disk *disk;
	uint32_t sector_bytes;
	const char *seed_path; /* NULL: none */
	struct seed_server
		*seed_server;	 /* open; what the guest asked for stays in it; NULL: none */
	const char *work_folder; /* ours alone */
	struct interrupt *interrupt;

	/* What ends it, besides the end of the machine and a signal. */
	const regex_t *expect; /* seen on the console; NULL: nothing */
	enum milestone until;  /* this one, or a stronger one; MILESTONE_NONE: does not end it */
	bool best;	       /* the strongest that the system can be expected to reach */
	bool fails_on_bad;     /* a sign that something is wrong */
	bool once;	       /* a reboot */
	bool then_off; /* what is reached: it ends only when the system has powered off, for which
			* the power button is pressed, for three minutes or timeout_ms more */
	int64_t timeout_ms;    /* 0: no limit */
	int64_t quiet_ms;      /* so long without a word, once a kernel has spoken; 0: no limit */
	struct screen *screen; /* open: looked at until a kernel speaks; NULL: it is not */

	/* Where the console goes. */
	struct terminal *terminal;			  /* both ways; NULL: none */
	int output_fd;					  /* -1: nowhere */
	void (*on_line)(void *context, const char *line); /* not made safe; NULL: nobody */
	void *context;

	int picture_fd; /* of the screen at the end: a file for writing, as PNG; -1: none */
};

enum boot_end {
	BOOT_REACHED,
	BOOT_BAD,
	BOOT_OFF,
	BOOT_TIMEOUT,
	BOOT_QUIET,
	BOOT_LEFT,
	BOOT_STAYS_ON /* though the power button was pressed */
};

struct boot_result {
	enum boot_end end;
	enum accel accel;
	struct milestones milestones;
};

/* 0, with the result, however the boot ended. Faults: no-qemu, missing-program (OVMF), guest-died,
 * no-accelerator, no-memory, no-space, disk-io, interrupted, usage (a port is taken). */
int boot_run(const struct boot_spec *spec, struct boot_result *ret_result, struct fault *fault);

#endif
