/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large the disk can become as far as the host knows, and whether there is room. The
 * guest tells of its own limits (partition table, file system) in its events. */
#ifndef IMAGE_ROOM_H
#define IMAGE_ROOM_H

#include "image.h"

#define ROOM_LIMITS_MAX 3

struct room_limit {
	enum reason reason;
	uint64_t largest_disk_bytes;
};

/* All of them, whether or not one refuses what was asked. */
struct room {
	struct room_limit limits[ROOM_LIMITS_MAX];
	size_t count;
	uint64_t image_limit_bytes; /* UINT64_MAX: none */
};

/* Free bytes for this user on the file system of a folder; false: it does not tell. */
bool room_free(const char *folder, uint64_t *ret_bytes);

/* Fault no-space unless a folder has that much; name: for the sentence; remedy: what else than to
 * free some space helps. */
int room_need(const char *folder, const char *name, uint64_t bytes, const char *remedy,
	      struct fault *fault);

/* Bytes that a file takes of its disk; 0 if it cannot be told. */
uint64_t room_taken(const char *path);

/* Before a commit: all that the log holds comes into the image while the log is still there.
 * Fault: no-space. */
int room_for_commit(const struct image *image, const char *log_path, struct fault *fault);

/* Find the limits. A raw image becomes one long file: how long it can be is tried on
 * probe_path, a new file, which is removed again. log_folder: another folder that holds
 * the log, or NULL. Faults: folder-not-writable. */
int room_find(const struct image *image, uint64_t size_after_bytes, const char *probe_path,
	      const char *log_folder, struct room *ret_room, struct fault *fault);

/* Refuse what is beyond them: image-limit, no-space. */
int room_check(const struct room *room, const struct image *image, uint64_t size_after_bytes,
	       const char *log_folder, struct fault *fault);

#endif
