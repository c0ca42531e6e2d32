/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every way a run can end without a grown disk: a stable word, and the exit
 * status it maps to. docs/reason-codes.md explains each one to users; a test
 * keeps the two equal. The first part is what the host finds, the second what the
 * virtual machine tells.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

#include <stdbool.h>

enum status {
	STATUS_OK = 0,
	STATUS_USAGE = 2,    /* the command line */
	STATUS_REFUSED = 10, /* this image cannot be grown as asked */
	STATUS_DAMAGED = 20, /* damage that needs a decision */
	STATUS_RETRY = 30,   /* may work later */
	STATUS_HOST = 40,    /* the host lacks something */
	STATUS_INTERNAL = 70 /* a fault of ours */
};

/* X(identifier, word, status) */
#define REASON_TABLE(X)                                                                            \
	X(REASON_SIZE_INVALID, "size-invalid", STATUS_USAGE)                                       \
	X(REASON_IMAGE_NOT_FOUND, "image-not-found", STATUS_REFUSED)                               \
	X(REASON_IMAGE_NOT_A_FILE, "image-not-a-file", STATUS_REFUSED)                             \
	X(REASON_IMAGE_UNREADABLE, "image-unreadable", STATUS_REFUSED)                             \
	X(REASON_IMAGE_NOT_WRITABLE, "image-not-writable", STATUS_REFUSED)                         \
	X(REASON_IMAGE_FORMAT, "image-format", STATUS_REFUSED)                                     \
	X(REASON_IMAGE_ENCRYPTED, "image-encrypted", STATUS_REFUSED)                               \
	X(REASON_IMAGE_BACKING_FILE, "image-backing-file", STATUS_REFUSED)                         \
	X(REASON_BACKING_FILE_MISSING, "backing-file-missing", STATUS_REFUSED)                     \
	X(REASON_IMAGE_DATA_FILE, "image-data-file", STATUS_REFUSED)                               \
	X(REASON_IMAGE_SNAPSHOTS_V2, "image-snapshots-v2", STATUS_REFUSED)                         \
	X(REASON_IMAGE_LIMIT, "image-limit", STATUS_REFUSED)                                       \
	X(REASON_IMAGE_HAS_DEPENDENTS, "image-has-dependents", STATUS_REFUSED)                     \
	X(REASON_SIZE_SMALLER, "size-smaller", STATUS_REFUSED)                                     \
	X(REASON_NO_BOOT_LOADER, "no-boot-loader", STATUS_REFUSED)                                 \
	X(REASON_TRACE_UNREADABLE, "trace-unreadable", STATUS_REFUSED)                             \
	X(REASON_TRACE_INVALID, "trace-invalid", STATUS_REFUSED)                                   \
	X(REASON_MANIFEST_UNREADABLE, "manifest-unreadable", STATUS_REFUSED)                       \
	X(REASON_MANIFEST_INVALID, "manifest-invalid", STATUS_REFUSED)                             \
	X(REASON_FLEET_NOT_FOUND, "fleet-not-found", STATUS_REFUSED)                               \
	X(REASON_IMAGE_CORRUPT, "image-corrupt", STATUS_DAMAGED)                                   \
	X(REASON_IMAGE_DIRTY, "image-dirty", STATUS_DAMAGED)                                       \
	X(REASON_IMAGE_TRUNCATED, "image-truncated", STATUS_DAMAGED)                               \
	X(REASON_LOG_FOREIGN, "log-foreign", STATUS_DAMAGED)                                       \
	X(REASON_LOG_STALE, "log-stale", STATUS_DAMAGED)                                           \
	X(REASON_COMMIT_BEGUN, "commit-begun", STATUS_DAMAGED)                                     \
	X(REASON_BOOT_NOT_PROVEN, "boot-not-proven", STATUS_DAMAGED)                               \
	X(REASON_IMAGE_LOCKED, "image-locked", STATUS_RETRY)                                       \
	X(REASON_COMMIT_UNFINISHED, "commit-unfinished", STATUS_RETRY)                             \
	X(REASON_FLEET_BUSY, "fleet-busy", STATUS_RETRY)                                           \
	X(REASON_MISSING_PROGRAM, "missing-program", STATUS_HOST)                                  \
	X(REASON_FOLDER_NOT_WRITABLE, "folder-not-writable", STATUS_HOST)                          \
	X(REASON_SCHEDULER_FAILED, "scheduler-failed", STATUS_HOST)                                \
	X(REASON_FENCE_BREACH, "fence-breach", STATUS_INTERNAL)                                    \
	X(REASON_USAGE, "usage", STATUS_USAGE)                                                     \
	X(REASON_TABLE_NOT_MBR, "table-not-mbr", STATUS_REFUSED)                                   \
	X(REASON_TABLE_AMBIGUOUS, "table-ambiguous", STATUS_REFUSED)                               \
	X(REASON_TABLE_INVALID, "table-invalid", STATUS_REFUSED)                                   \
	X(REASON_TABLE_DAMAGED, "table-damaged", STATUS_DAMAGED)                                   \
	X(REASON_TABLE_EMPTY, "table-empty", STATUS_REFUSED)                                       \
	X(REASON_NO_SUCH_PARTITION, "no-such-partition", STATUS_REFUSED)                           \
	X(REASON_PARTITION_AMBIGUOUS, "partition-ambiguous", STATUS_REFUSED)                       \
	X(REASON_ROOT_NOT_LAST, "root-not-last", STATUS_REFUSED)                                   \
	X(REASON_NO_ROOM_BEHIND, "no-room-behind", STATUS_REFUSED)                                 \
	X(REASON_MBR_2TIB, "mbr-2tib", STATUS_REFUSED)                                             \
	X(REASON_LAYER_FEATURE, "layer-feature", STATUS_REFUSED)                                   \
	X(REASON_LAYER_FAILED, "layer-failed", STATUS_REFUSED)                                     \
	X(REASON_LAYER_DAMAGED, "layer-damaged", STATUS_DAMAGED)                                   \
	X(REASON_KEY_MISSING, "key-missing", STATUS_REFUSED)                                       \
	X(REASON_KEY_WRONG, "key-wrong", STATUS_REFUSED)                                           \
	X(REASON_VOLUME_AMBIGUOUS, "volume-ambiguous", STATUS_REFUSED)                             \
	X(REASON_NO_SUCH_VOLUME, "no-such-volume", STATUS_REFUSED)                                 \
	X(REASON_FS_UNKNOWN, "fs-unknown", STATUS_REFUSED)                                         \
	X(REASON_FS_AMBIGUOUS, "fs-ambiguous", STATUS_REFUSED)                                     \
	X(REASON_FS_FEATURE, "fs-feature", STATUS_REFUSED)                                         \
	X(REASON_FS_LIMIT, "fs-limit", STATUS_REFUSED)                                             \
	X(REASON_FS_TOO_LARGE, "fs-larger-than-partition", STATUS_REFUSED)                         \
	X(REASON_FS_RESIZE_FAILED, "fs-resize-failed", STATUS_REFUSED)                             \
	X(REASON_FS_NEEDS_MEMORY, "fs-needs-memory", STATUS_REFUSED)                               \
	X(REASON_FS_UNCLEAN, "fs-unclean", STATUS_DAMAGED)                                         \
	X(REASON_FS_UNREPAIRABLE, "fs-unrepairable", STATUS_DAMAGED)                               \
	X(REASON_INTERRUPTED, "interrupted", STATUS_RETRY)                                         \
	X(REASON_STALLED, "stalled", STATUS_RETRY)                                                 \
	X(REASON_DISK_IO, "disk-io", STATUS_RETRY)                                                 \
	X(REASON_NO_SPACE, "no-space", STATUS_RETRY)                                               \
	X(REASON_NO_MEMORY, "no-memory", STATUS_RETRY)                                             \
	X(REASON_NO_QEMU, "no-qemu", STATUS_HOST)                                                  \
	X(REASON_NO_ACCELERATOR, "no-accelerator", STATUS_HOST)                                    \
	X(REASON_NEEDS_MACHINE, "needs-machine", STATUS_HOST)                                      \
	X(REASON_FS_TOOLS_MISSING, "fs-tools-missing", STATUS_HOST)                                \
	X(REASON_NO_GUEST, "no-guest", STATUS_HOST)                                                \
	X(REASON_GUEST_PROTOCOL, "guest-protocol", STATUS_INTERNAL)                                \
	X(REASON_GUEST_DIED, "guest-died", STATUS_INTERNAL)                                        \
	X(REASON_NOT_VERIFIED, "not-verified", STATUS_INTERNAL)                                    \
	X(REASON_INTERNAL, "internal", STATUS_INTERNAL)

enum reason {
	REASON_NONE = 0,
#define X(id, word, status) id,
	REASON_TABLE(X)
#undef X
};

/* The word of a reason; "none" for REASON_NONE. Static storage. */
const char *reason_word(enum reason reason);

/* The exit status a reason maps to. */
enum status reason_status(enum reason reason);

/* The reason of a word, or REASON_NONE if no such word exists. */
enum reason reason_of_word(const char *word);

/* Whether the virtual machine may give this reason: a guest must not be able to say
 * what only the host can find out. */
bool reason_is_of_guest(enum reason reason);

#endif
