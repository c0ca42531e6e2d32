/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every way a run can end without a grown disk: a stable word, and the exit
 * status it maps to. docs/reason-codes.md explains each one to users; a test
 * keeps that table, this one and hostscripts/lib/reasons equal.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

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
	X(REASON_USAGE, "usage", STATUS_USAGE)                                                     \
	X(REASON_TABLE_NOT_MBR, "table-not-mbr", STATUS_REFUSED)                                   \
	X(REASON_TABLE_AMBIGUOUS, "table-ambiguous", STATUS_REFUSED)                               \
	X(REASON_TABLE_INVALID, "table-invalid", STATUS_REFUSED)                                   \
	X(REASON_TABLE_EMPTY, "table-empty", STATUS_REFUSED)                                       \
	X(REASON_EXTENDED_PRESENT, "extended-present", STATUS_REFUSED)                             \
	X(REASON_NO_SUCH_PARTITION, "no-such-partition", STATUS_REFUSED)                           \
	X(REASON_NO_ROOM_BEHIND, "no-room-behind", STATUS_REFUSED)                                 \
	X(REASON_MBR_2TIB, "mbr-2tib", STATUS_REFUSED)                                             \
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

#endif
