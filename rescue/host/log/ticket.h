/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ticket says that a log is complete. It is a small file beside the image, whose name is
 * its state; atomic renames lead from one to the next, with flushes of file and folder
 * between:
 *
 * (Of a block device: in --work-dir, under a name that stays the device's.)
 *
 *   IMAGE.grow-disk.verified    will be committed, by this run or the next; the image is what
 *                               it was
 *   IMAGE.grow-disk.committing  is being committed: the image must not be used
 *   IMAGE.grow-disk.committed   all is in the image; only tidying is left
 *
 * It says what the image was like, so that the next run can tell whether it was changed in
 * between. The ticket's own time of last change is the image's after a commit that failed;
 * while a commit runs, the image's is not known, and the ticket's is the epoch. */
#ifndef LOG_TICKET_H
#define LOG_TICKET_H

#include "checksum.h"
#include "closing.h"
#include "host/image/image.h"
#include "marks.h"

#define TICKET_TIME_CHARS 63
#define TICKET_KEY_CHARS  64
#define TICKET_MAX_BYTES  65536

enum ticket_state { TICKET_NONE, TICKET_VERIFIED, TICKET_COMMITTING, TICKET_COMMITTED };

/* What it says. Offsets and sizes in bytes. */
struct ticket_facts {
	enum image_format format;
	char log_sum[CHECKSUM_CHARS + 1];
	uint64_t size_before_bytes, size_after_bytes; /* of the disk */
	uint64_t image_bytes;			      /* of the file or device */
	char image_time[TICKET_TIME_CHARS + 1];	      /* its last change, see ticket_time */
	char sector_sum[2][CHECKSUM_CHARS + 1];	      /* before, after */
	uint64_t superblock_at;
	char superblock_sum[2][2][CHECKSUM_CHARS + 1]; /* before and after, two halves each */
	struct closing closing;			       /* of a block device; else empty */
	/* A copy of the image's first-level table (qcow2) behind the log. */
	uint64_t table_at, table_bytes;
	char work_dir[PATH_MAX]; /* "": the log is beside the image */
	char key[TICKET_KEY_CHARS + 1];
};

struct ticket {
	enum ticket_state state;
	char path[PATH_MAX + 32]; /* of the state; "" for TICKET_NONE */
};

/* "verified", ...: the word in the file's name and in results. Static storage. */
const char *ticket_state_word(enum ticket_state state);

/* Which one is there. */
void ticket_find(const struct image *image, struct ticket *ret_ticket);

/* IMAGE.grow-disk.new: while it is written. */
void ticket_fresh_path(const struct image *image, char *out, size_t out_bytes);

/* Its text, to be freed; NULL when out of memory or a name is not UTF-8. */
char *ticket_format(const struct ticket_facts *facts);

/* Take an untrusted text: every field is there, of its type and within its bounds. NULL, or
 * what is wrong with it. Understands tickets of version 0.1.0 on. */
const char *ticket_parse(const char *text, size_t size_bytes, struct ticket_facts *ret_facts);

/* Read and parse the file. Fault: log-foreign. */
int ticket_read(const struct ticket *ticket, const struct image *image,
		struct ticket_facts *ret_facts, struct fault *fault);

/* In a folder where many may make files but not replace those of others (sticky), who made
 * this one counts. NULL, or why not. */
const char *ticket_distrust(const char *path, const struct image *image);

/* log-foreign: the ticket or its log does not fit. Always -1. */
int ticket_foreign(const struct ticket *ticket, struct fault *fault, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The time of a file's last change as tickets have it, to the nanosecond and in UTC. -1 with
 * errno. */
int ticket_time(const char *path, char ret_time[TICKET_TIME_CHARS + 1]);

/* Give the ticket the time that means: the image's is not known. -1 with errno. */
int ticket_stamp(const char *path);
bool ticket_is_stamped(const struct ticket *ticket);

/* Rename it to a state: the one step between two. -1 with errno. */
int ticket_enter(struct ticket *ticket, const struct image *image, enum ticket_state state);

#endif
