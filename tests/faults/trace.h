/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace: every change of a folder, in order, written by `lossy` and read by `powercut`. A
 * record is a struct record, then its names, then its data; numbers are those of this machine. */
#ifndef FAULTS_TRACE_H
#define FAULTS_TRACE_H

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

/* KIND	object is		and
 * c d	a new file, folder	name
 * s	a new symbolic link	name, to: what it says
 * l	what has a name more	name: the old one, to: the new one
 * n	what is renamed		name, to
 * u	none			name: that is gone
 * w	a file			written: offset, length, data
 * z	a file			made zeroes: offset, length
 * t	a file			has the length now
 * m	any			mode, owner or times were set
 * f F	a file			fsync, fdatasync
 * y	a folder		fsync
 */
struct record {
	char kind;
	char unused[3];
	uint32_t mode;
	uint64_t object; /* inode number */
	int64_t offset_bytes, length_bytes;
	int64_t mtime_ns; /* of the object, after the change */
	uint16_t name_bytes, to_bytes;
	uint32_t data_bytes;
};

#define RECORD(letter, ...) ((struct record){ .kind = letter, __VA_ARGS__ })

/* 0, or -1 with errno. Without an open trace the notes go nowhere. */
int trace_open(const char *path);
int trace_close(void);

/* `status` is the object after the change, NULL if there is none; names may be NULL. A record that
 * cannot be written ends the process: a trace with holes proves nothing. */
void trace_note(struct record record, const struct stat *status, const char *name, const char *to,
		const void *data);

#endif
