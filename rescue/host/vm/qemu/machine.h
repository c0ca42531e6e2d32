/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual machine as a process: QEMU's arguments, its birth and its end. Or, in its place,
 * two processes: the agent, sealed, and the storage daemon that gives it the disk. */
#ifndef VM_QEMU_MACHINE_H
#define VM_QEMU_MACHINE_H

#include "accel.h"
#include "base/fault.h"
#include "disk_node.h"
#include "hardware.h"
#include "host/private_socket.h"
#include "host/vm/confine/confine.h"

#include <sys/types.h>

/* What joins us with QEMU: a socket pair each. Those of a command are there only
 * where it has one. */
enum channel {
	CHANNEL_WIRE,
	CHANNEL_QMP,
	CHANNEL_CONSOLE,
	CHANNEL_COMPLAINT,
	CHANNEL_INPUT,
	CHANNEL_OUTPUT,
	CHANNEL_ERROR,
	CHANNELS
};

#define MACHINE_STREAMS (CHANNELS - CHANNEL_INPUT)

/* What a sealed process takes instead of a machine. All texts are borrowed. */
struct native_plan {
	const char *program;	   /* rescue-native */
	const char *storage;	   /* qemu-storage-daemon */
	const char *socket_folder; /* ours alone */
	bool runs_tools;	   /* not so for a plan */
	const struct disk_plan *disk;
};

/* All texts are borrowed. */
struct machine_plan {
	const char *qemu; /* path of the program */
	const char *kernel;
	const char *initramfs;
	enum accel accel;
	unsigned memory_mib;
	const struct hardware *hardware;
	const struct disk_plan *disk; /* that is there at power on; NULL: none */
	bool sandbox;		      /* QEMU's own system call filter */
	int saved_fd;		      /* a machine that was saved, to go on with; -1: boot */
	const struct confine *confine;
	const struct native_plan *native; /* NULL: QEMU */
};

/* Our ends of what the child has; all non-blocking, -1 when closed. */
struct machine {
	pid_t pid; /* 0: none, or reaped */
	int wire_fd;
	int qmp_fd;
	int console_fd;
	int complaint_fd;		 /* QEMU's standard output and error */
	int stream_fds[MACHINE_STREAMS]; /* of a command */
	bool adopts;			 /* every child of ours is QEMU, or one of its own */
	bool exited;
	int wait_status; /* of waitpid(2), once exited; of two, that of the first that failed */

	/* Of a sealed process; see native.h. */
	pid_t storage_pid;	       /* 0: none, or reaped */
	struct private_socket storage; /* where the storage daemon listens */
	int disk_fd;		       /* brings the agent the disk */
	bool disk_given;
};

/* One that was never started. */
#define MACHINE_NONE                                                                               \
	((struct machine){ .wire_fd = -1,                                                          \
			   .qmp_fd = -1,                                                           \
			   .console_fd = -1,                                                       \
			   .complaint_fd = -1,                                                     \
			   .stream_fds = { -1, -1, -1 },                                           \
			   .storage = { .folder_fd = -1 },                                         \
			   .disk_fd = -1 })

/* Start it. The child dies with us (Linux) and is a session of its own, so that
 * the terminal's signals reach only us. machine_stop must follow, also after a
 * failure. */
int machine_start(const struct machine_plan *plan, struct machine *ret_machine,
		  struct fault *fault);

/* Note that it has exited, if so (after SIGCHLD). */
void machine_reap(struct machine *machine);

/* Kill it and its children, reap it, close everything. -1 if it is not gone within 1 s:
 * the kernel holds it (a dead disk), and may still write its data. */
int machine_stop(struct machine *machine);

#endif
