/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that only the kernel does, on a file system that is mounted for it.
 *
 * A child process mounts, works and unmounts. So the job can show itself however long that
 * takes, and a kernel that stumbles over what is on the disk takes down the child alone. */
#ifndef FILESYSTEM_MOUNTED_H
#define FILESYSTEM_MOUNTED_H

#include "base/fault.h"
#include "fs.h"

struct mounted_work {
	const char *type;    /* the kernel's word */
	const char *options; /* of that type */
	/* Work on the open root folder. 0, or an errno. It runs in the child, so it can only
	 * give back that. NULL: mounting and unmounting is the work. */
	int (*run)(int root_fd, const void *argument);
	const void *argument;
};

enum mounted_stage { MOUNTED_MOUNT, MOUNTED_WORK, MOUNTED_UNMOUNT, MOUNTED_DONE };

struct mounted_end {
	enum mounted_stage stage; /* MOUNTED_DONE, or where it failed */
	int error;		  /* the errno */
};

/* What the kernel was about to do: "mount", "grow", "unmount". Not for MOUNTED_DONE. */
const char *mounted_stage_word(enum mounted_stage stage);

/* -1 only if nothing is known of its end (faults: internal, no-memory). Always without
 * access times, devices and programs of the file system. */
int mounted_run(const struct fs_target *target, const struct mounted_work *work,
		const struct fs_tools *tools, struct mounted_end *ret_end, struct fault *fault);

/* What a sealed process says instead, which cannot mount: -1, needs-machine. */
int mounted_refuse_sealed(const char *type, struct fault *fault);

#endif
