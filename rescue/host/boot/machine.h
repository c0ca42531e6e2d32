/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual machine that boots the user's own system: QEMU's arguments, its birth and its end.
 * Its guest speaks no protocol; there is its serial console, and QEMU's monitor. */
#ifndef BOOT_MACHINE_H
#define BOOT_MACHINE_H

#include "base/fault.h"
#include "firmware.h"
#include "host/vm/confine/confine.h"
#include "host/vm/qemu/accel.h"
#include "host/vm/qemu/disk_node.h"
#include "host/vm/qemu/hardware.h"

#include <sys/types.h>

#define BOOT_PORTS_MAX 8

/* What comes to the host's port on 127.0.0.1 goes to the guest's. */
struct boot_port {
	unsigned host, guest;
};

struct boot_ports {
	struct boot_port list[BOOT_PORTS_MAX];
	size_t count; /* 0: the machine has no network */
};

/* What can be chosen of the machine. All texts are borrowed. */
struct boot_hardware {
	enum attach attach;
	unsigned memory_mib, cpus;
	const char *rtc;		      /* the clock at power on, or NULL: now */
	const char *kernel, *initrd, *append; /* absolute paths; NULL: from the disk */
	struct boot_ports ports;
	const char *share; /* a directory of the host, absolute, or NULL */
	bool share_writable;
};

/* Descriptors are open, and borrowed; QEMU gets them, and no name. */
struct boot_plan {
	const char *qemu; /* path of the program */
	enum accel accel;
	const struct boot_hardware *hardware;
	enum firmware firmware;
	const char *ovmf_code; /* of FIRMWARE_UEFI: a path */
	int variables_fd;      /* likewise: a copy of its own */
	const struct disk_plan *disk;
	uint32_t sector_bytes;
	int seed_fd;	  /* a read-only disk for cloud-init; -1: none */
	bool serves_seed; /* over HTTP, by BOOT_SEED */
	int picture_fd;	  /* where the screen may be written to; -1: none */
	int screen_fd;	  /* likewise, again and again; -1: none */
	bool sandbox;	  /* QEMU's own system call filter */
	bool once;	  /* a reboot is the end */
	const struct confine *confine;
};

/* The screen is what a BIOS, and a boot loader that calls it, write there, as text: SeaBIOS sends
 * it to a serial port of its own, and takes keys from there. The seed is what the guest sends to
 * the server of its seed, if there is one, and gets from it. */
enum boot_channel { BOOT_CONSOLE, BOOT_SCREEN, BOOT_QMP, BOOT_SEED, BOOT_COMPLAINT, BOOT_CHANNELS };

struct boot_machine {
	pid_t pid;		/* 0: none, or reaped */
	int fds[BOOT_CHANNELS]; /* our ends, which do not block; -1: closed */
	bool exited;
	int wait_status;
};

#define BOOT_MACHINE_NONE ((struct boot_machine){ .fds = { -1, -1, -1, -1, -1 } })

/* Start it. The child dies with us (Linux). boot_machine_stop must follow, also after a failure. */
int boot_machine_start(const struct boot_plan *plan, struct boot_machine *ret_machine,
		       struct fault *fault);

/* Note that it has exited, if so (after SIGCHLD). */
void boot_machine_reap(struct boot_machine *machine);

/* Kill it, reap it, close everything. */
void boot_machine_stop(struct boot_machine *machine);

#endif
