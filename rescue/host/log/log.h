/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The redo log: an overlay over the image, in which everything happens. While there is no
 * ticket for it (ticket.h) it may be thrown away at any time, and the image is what it
 * was. */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "host/image/image.h"
#include "host/program.h"
#include "ticket.h"

#define LOG_KEY_CHARS 16

struct log {
	char path[PATH_MAX];
	/* The image's name as the log's header tells it: beside the image without its folder,
	 * so that the two can be moved together. */
	char backing[PATH_MAX];
	char work_dir[PATH_MAX];     /* --work-dir, absolute; "": beside the image */
	char key[LOG_KEY_CHARS + 1]; /* in the log's name, with work_dir */
	int fd;			     /* open for reading and writing; owned; -1: none */
	int read_fd;		     /* for programs that only read; owned; -1: none */
	bool ours;		     /* made by this run, and without a ticket: goes in the end */
	struct ticket ticket;	     /* what an earlier run has left, or this one */
};

/* The name of the log, with the key of an earlier one if key is not NULL. Faults:
 * folder-not-writable (the name is too long), no-memory. */
int log_name(struct log *log, const struct image *image, const char *work_dir, const char *key,
	     struct fault *fault);

/* Nobody else works with the log of that name: two block devices may have one identity, and two
 * hosts one directory. Fault: image-locked. */
int log_check_free(const struct log *log, struct fault *fault);

/* Take the log that is open: as long as it is, it is not free. Fault: image-locked. */
int log_take(const struct log *log, struct fault *fault);

/* A log for a plan: at that path, which nobody else sees. */
void log_name_throwaway(struct log *log, const struct image *image, const char *path);

/* Make its file, empty as yet: never one that somebody put there. Faults:
 * folder-not-writable, no-space. */
int log_reserve(struct log *log, struct fault *fault);

/* Make it an overlay of so many bytes, also again: what it held is gone. Faults: no-space,
 * disk-io, image-limit, interrupted. */
int log_create(struct log *log, const struct image *image, uint64_t size_bytes,
	       const struct programs *programs, struct fault *fault);

/* Is the log an overlay of this image, and nothing else? QEMU has had it in its hands.
 * ret_wrong: NULL, or why not. any_name: by then a checksum tells that it is the right one.
 * Faults: disk-io, where the log cannot be read. */
int log_check(const struct log *log, bool any_name, struct qcow2_header *ret_header,
	      const char **ret_wrong, struct fault *fault);

/* Remove what an unfinished run left; only the holder of the lock may. Returns whether there
 * was a log. */
bool log_sweep(const struct log *log, const struct image *image);

/* Remove it if it is ours, and close it. */
void log_close(struct log *log);

#endif
