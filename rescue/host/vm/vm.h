/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One virtual machine, run by a process of its own: the keeper.
 *
 * vm_start forks the keeper, which starts QEMU, talks with the guest and ends when
 * the machine has. It gets the struct vm_spec by the fork, and sends back events, one
 * JSON object a line, over a socket pair. Of our descriptors it keeps only the standard
 * ones and those of the spec. When we die, the keeper ends QEMU and itself; when the
 * keeper dies, vm_read tells.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "base/fault.h"
#include "base/io.h"
#include "host/vm/progress.h"
#include "host/vm/qemu/accel.h"
#include "host/vm/qemu/hardware.h"
#include "wire/request.h"

#include <jansson.h>
#include <sys/types.h>

#define VM_READ_MAX 64

/* The disk of the machine. QEMU gets descriptors, not names: it opens
 * /dev/fdset/N, so no path has to be told in JSON or allowed by Landlock. All
 * descriptors are borrowed and must be open at vm_start. QEMU takes no locks on
 * them (locking=off): the caller holds the locks. */
struct vm_disk {
	int fd;		    /* open for reading and writing, or for reading alone if the
			     * request only reads; -1: no disk (prepare) */
	const char *format; /* "qcow2" or "raw" */
	/* The backing file of a qcow2 overlay. format NULL: QEMU follows the header, which
	 * must then have an absolute name. */
	struct {
		const char *format; /* "qcow2" or "raw" */
		int fd;		    /* for reading; -1: open path */
		const char *path;   /* absolute and UTF-8; for images that name further files */
	} backing;
	const char *read_paths[VM_READ_MAX]; /* what else QEMU may read; "/": everything */
	size_t read_count;
	uint64_t max_bytes;    /* the file may not become larger; 0: no limit */
	bool awaited;	       /* attach it only after vm_disk_ready */
	uint32_t sector_bytes; /* of its logical sectors, unless vm_disk_ready tells them; 0: 512 */
	bool keep;	       /* of use after a fault too: let the guest unmount and flush */
};

struct vm_limits {
	unsigned stall_seconds, hello_seconds, deadline_seconds; /* 0: the default */
};

/* A machine, and its task. All texts are borrowed. */
struct vm_spec {
	const char *guest_folder; /* kernel, initramfs.cpio, build-id, for hardware.arch */
	const char *qemu;	  /* a name for PATH, or a path */
	struct vm_disk disk;
	struct request request; /* time_unix_s 0: now */
	/* Where the request has key_bytes: the key, in a file of whole sectors, open for reading
	 * alone. Borrowed. */
	int key_fd;
	enum accel accel;
	bool may_be_native; /* the work may be done by a sealed process of the host, for which: */
	const char *socket_folder; /* a folder that is ours alone */
	/* Saved machines may be used and made. It has no effect on a machine that is special:
	 * with a disk at power on, a trace, or a shared folder. The clock of a saved
	 * machine cannot be set (hardware.rtc); its guest is told the time. */
	bool warm;
	unsigned memory_mib;
	struct hardware hardware; /* its streams follow from command, and are ignored here */
	struct vm_limits limits;
	const char *console_path; /* a file for the text of the console; NULL: none */
	enum progress_style progress;
	bool terminal;	     /* the user's, for a shell */
	const char *command; /* for sh -c, of REQUEST_SHELL; its streams are ours; NULL: none */
};

/* A machine that runs or has ended. */
struct vm {
	pid_t pid; /* of the keeper; 0: none, or reaped */
	struct line_reader reader;
	int fd;		 /* our end of the socket pair: for poll(2), readable */
	json_t *events;	 /* an array, in order; owned. Of beats in a row only the last one */
	bool ended;	 /* the keeper is gone and wait_status is set */
	int wait_status; /* of waitpid(2) */
	bool prepares;	 /* there is no disk: a saved machine is all that is asked */
	unsigned memory_mib;
};

/* Start the keeper. vm_close must follow, also after a failure. Faults: no-memory;
 * internal (a descriptor has the wrong access mode). The keeper reports what the host
 * lacks (no-qemu, no-guest, ...). */
int vm_start(const struct vm_spec *spec, struct vm *ret_vm, struct fault *fault);

/* Let the keeper attach the disk it waits for, with logical sectors of 512 or 4096 bytes. If it
 * has ended already, only vm_read tells. */
int vm_disk_ready(struct vm *vm, uint32_t sector_bytes, struct fault *fault);

/* Take the events that have come (call it when fd is readable). When the keeper has
 * ended, reap it and set ended. -1: it sent something else (REASON_INTERNAL). */
int vm_read(struct vm *vm, struct fault *fault);

/* Ask the keeper to end (SIGTERM): it reports the fault "interrupted", or a verdict
 * that came first. vm_kill: at once, by SIGKILL; QEMU dies with it. */
void vm_stop(struct vm *vm);
void vm_kill(struct vm *vm);

/* End it if it still runs (SIGTERM, after 3 s SIGKILL), reap it, free the events. */
void vm_close(struct vm *vm);

/* The last event of that name, or NULL; borrowed. */
json_t *vm_event(const struct vm *vm, const char *name);

/* 0 if its last event is "done" and the keeper ended with 0 (without a disk: if the
 * keeper ended with 0); else the fault that it reported, or, when it ended without a
 * word, guest-died or no-memory. */
int vm_verdict(const struct vm *vm, struct fault *fault);

#endif
