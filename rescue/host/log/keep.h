/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log that somebody filled as they liked (a shell, a system that booted) becomes the image in the
 * way that grow-disk has, but without a fence: everything on the disk may have been changed. */
#ifndef LOG_KEEP_H
#define LOG_KEEP_H

#include "commit.h"

/* What one run works with. The pointers are borrowed. */
struct keep {
	struct image *image;
	struct log *log; /* named by log_name, beside the image */
	const char *work_folder;
	const struct programs *programs;
	struct ticket_facts facts; /* set by keep_look */
	bool published;		   /* by keep_publish: the image has what the log had */
};

/* Finish or tidy the commit of an earlier run, whose ticket the log has; the log gets its name
 * back. Faults: those of recover_open, commit-unfinished. */
int keep_finish_earlier(struct keep *keep, bool allow_backing, struct fault *fault);

/* May this image, which was detected, be written to at all? Faults: image-format (it is too small
 * for a disk), and those of dependents_check. */
int keep_check_image(const struct keep *keep, struct fault *fault);

/* After the machine has ended: is the log sound, and is anything in it? Take the facts for its
 * ticket. Faults: fence-breach (the log itself is damaged), disk-io, interrupted. */
int keep_look(struct keep *keep, bool *ret_written, struct fault *fault);

/* Write the ticket, and commit. Faults: image-locked (the image was changed), no-space, disk-io,
 * interrupted: the image is what it was; commit-unfinished. */
int keep_publish(struct keep *keep, struct fault *fault);

#endif
