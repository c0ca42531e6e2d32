/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A complete log becomes the image. From the ticket on this is only finished, never undone,
 * by this run or a later one; a signal does not stop it before INTERRUPT_GRACE_MS are over. */
#ifndef LOG_COMMIT_H
#define LOG_COMMIT_H

#include "log.h"

/* What a commit works with. All borrowed. */
struct commit {
	struct image *image;
	struct log *log;
	struct ticket_facts facts;
	const struct programs *programs;
	const char *work_folder; /* ours alone: for a socket, if the image is a device */
	/* Called with 0 to 100 as it goes on; may be NULL. */
	void (*on_percent)(void *context, int percent);
	void *context;
};

/* Write the ticket of a log that passed the fence. facts: format, sizes, sums and
 * superblock_at, of a device closing, are the caller's; the rest is filled in. When this returns 0
 * the log is verified. Faults: image-locked (the image was changed), no-space, disk-io,
 * interrupted; commit-unfinished (the folder cannot be flushed). */
int commit_verify(struct commit *commit, struct fault *fault);

/* Bring it into the image, and tidy up. Fault: commit-unfinished. */
int commit_run(struct commit *commit, struct fault *fault);

/* Of a log that is committed: only tidy up. */
int commit_tidy(struct commit *commit, struct fault *fault);

/* The fault of a commit that cannot go on; notes the image's time in the ticket. Always -1. */
int commit_unfinished(struct commit *commit, struct fault *fault, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The image and the log as options for a program of QEMU that inherits their descriptors. */
void commit_log_option(const struct commit *commit, char *option, size_t option_bytes);

/* The two kinds of it, into a file by qemu-img (commit_file.c; again: it was begun before), and
 * into a block device (commit_device.c), up to the last flush. Fault: commit-unfinished. */
int commit_file(struct commit *commit, bool again, struct fault *fault);
int commit_close_device(struct commit *commit, struct fault *fault);
int commit_device(struct commit *commit, struct fault *fault);

/* A qcow2 image whose commit was broken off, or that has bitmaps in use: make it one that
 * QEMU commits to (commit_repair.c). Fault: commit-unfinished. */
int commit_repair(struct commit *commit, struct fault *fault);
int commit_remove_bitmaps(struct commit *commit, struct fault *fault);

/* Copy the image's first-level table behind the log (commit_repair.c). Faults: no-space,
 * disk-io. */
int commit_keep_table(struct commit *commit, struct fault *fault);

#endif
