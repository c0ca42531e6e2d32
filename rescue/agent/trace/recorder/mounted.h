/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File systems as they are mounted and unmounted, and what that does to the
 * journal of ext2/3/4. Source: proc(5), mountinfo; ext4's disk layout. */
#ifndef RECORDER_MOUNTED_H
#define RECORDER_MOUNTED_H

#include "base/fault.h"
#include "queue.h"

#include <stdbool.h>

#define MOUNTED_MAX	   64
#define MOUNTED_TEXT_BYTES 128

struct mounted_entry {
	char id[16]; /* of the mount, by the kernel */
	char path[MOUNTED_TEXT_BYTES], device[MOUNTED_TEXT_BYTES], fstype[32];
	unsigned major, minor;
};

/* Whether a block device holds a journal that has to be replayed. */
struct mounted_journal {
	unsigned major, minor;
	bool needs_recovery;
};

struct mounted {
	int fd;
	size_t count, journal_count;
	struct mounted_entry entries[MOUNTED_MAX];
	struct mounted_journal journals[MOUNTED_MAX];
	pthread_mutex_t lock; /* of the journals */
};

/* What is mounted already is not recorded. Fault: internal. */
int mounted_open(struct mounted *mounted, struct fault *fault);

/* Record what has changed since. */
void mounted_read(struct mounted *mounted, struct queue *queue);

/* Look at the journals of all block devices, to have them to compare with. Not
 * while somebody wants a table re-read: a partition that is open forbids it. */
void mounted_look(struct mounted *mounted);

/* One line of mountinfo. False when it is none. Exposed for its tests. */
bool mounted_parse(const char *line, struct mounted_entry *ret_entry);

#endif
