/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one request the host sends, after hello. */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

#define REQUEST_SEED_BYTES    32
#define REQUEST_HOLD_UP_BYTES 64
#define REQUEST_COMMAND_BYTES 3072	/* its line has to fit as well */
#define REQUEST_WINDOW_MAX    4096	/* rows or columns */
#define REQUEST_VALUE_BYTES   256	/* the longest label, of btrfs, and NUL */
#define REQUEST_KEY_MAX_BYTES (8 << 20) /* as of cryptsetup */
#define REQUEST_VOLUME_BYTES  256	/* of LVM: a group's name, a slash, and a volume's */

enum request_kind {
	REQUEST_GROW,
	REQUEST_PLAN,  /* read and tell, change nothing */
	REQUEST_CHECK, /* check the file system, change nothing */
	REQUEST_TRACE, /* boot in Alpine's manner, and record the device events */
	REQUEST_SHELL  /* a shell, or a command, with the disk attached */
};

enum repair {
	REPAIR_SAFE, /* what e2fsck -p may do */
	REPAIR_ALL   /* what e2fsck -y does */
};

/* Which checks whoever asks for a grow does himself, by other machines at the same time
 * (REQUEST_CHECK), if the guest leaves them. */
enum leave_checks {
	LEAVE_NO,
	LEAVE_LONG, /* the one before, if it would take long */
	LEAVE_BOTH  /* of a file system that the kernel grows: there the guest needs no programs */
};

/* What a partition is chosen by. */
enum partition_by {
	PARTITION_BY_NUMBER,
	PARTITION_BY_ROOT, /* the root of the system, as well as the disk tells it */
	/* By these with a value. */
	PARTITION_BY_LABEL, /* of what it holds, as libblkid has it */
	PARTITION_BY_UUID,
	PARTITION_BY_PARTLABEL, /* of its entry in the table */
	PARTITION_BY_PARTUUID
};

/* A moment of the traced boot, in order of time. */
enum moment {
	MOMENT_NO, /* never */
	MOMENT_POWER_ON,
	MOMENT_SINGLE, /* in the initramfs, where Alpine's `single` gives a shell */
	MOMENT_INIT,   /* just before init */
	MOMENT_LOGIN   /* the boot is over */
};

/* What writes the new partition table, and so tells the kernel. */
enum table_method {
	METHOD_FDISK,  /* busybox fdisk, by its keys: a re-read of the table */
	METHOD_SFDISK, /* sfdisk of util-linux: the same */
	METHOD_AGENT   /* our own: BLKPG_RESIZE_PARTITION */
};

/* A folder of the host: whether it is mounted, and how. */
enum share { SHARE_NO, SHARE_READ, SHARE_WRITE };

struct trace_request {
	enum moment attach_at;
	enum moment seq;      /* from when on mdev orders the events */
	enum moment log;      /* from when on mdev writes its log */
	enum moment break_at; /* a shell there */
	enum table_method method;
	/* "remove:sda2": hold up the mdev of that event for so long; may be empty. */
	char hold_up[REQUEST_HOLD_UP_BYTES];
	unsigned hold_up_ms;
};

struct shell_request {
	char command[REQUEST_COMMAND_BYTES]; /* for sh -c; empty: a shell for people */
	bool input;			     /* the command gets a standard input from the host */
	bool tools;			     /* the host has the tools disk */
};

struct request {
	enum request_kind kind;
	enum partition_by partition_by;
	unsigned partition; /* PARTITION_BY_NUMBER: or 0, the last one by start LBA */
	char partition_value[REQUEST_VALUE_BYTES];
	enum repair repair;
	enum leave_checks leave_checks;	   /* of REQUEST_GROW */
	bool is_grown;			   /* of REQUEST_CHECK: it is the check after */
	uint32_t key_bytes;		   /* of the key that the host has; 0: none */
	char volume[REQUEST_VOLUME_BYTES]; /* the logical volume to grow; empty: the agent's choice
					    */
	/* Of REQUEST_GROW and REQUEST_PLAN: what is in the partition stays as it is. */
	bool partition_only;
	bool move_swap;		    /* of both: swap behind the partition makes room for it */
	uint64_t leave_bytes;	    /* of both: so much stays free at the end of the disk */
	uint64_t disk_before_bytes; /* the disk's size before it was grown; 0: not known */
	bool record;		    /* tell the device events, with the time */
	int64_t time_unix_s;	    /* the host's clock; 0: leave the guest's clock alone */
	/* Fresh random bytes: a machine that was saved and started twice would
	 * otherwise draw the same numbers twice. */
	bool has_seed;
	uint8_t seed[REQUEST_SEED_BYTES];
	enum share share;
	unsigned rows, columns;	    /* of the window of a shell; 0: not known */
	struct trace_request trace; /* of REQUEST_TRACE */
	struct shell_request shell; /* of REQUEST_SHELL */
};

/* Parse one line. -1 with REASON_GUEST_PROTOCOL when it is not a request of
 * this protocol version: unknown, missing or repeated keys, wrong types. */
int request_parse(const char *line, struct request *ret_request, struct fault *fault);

/* One line without its newline, to be freed; NULL when out of memory. */
char *request_format(const struct request *request);

/* Is the disk for reading alone? */
bool request_only_reads(enum request_kind kind);

/* The words of the enumerations above, each list ended by NULL: also the values
 * of command line options. */
extern const char *const request_kind_words[];
extern const char *const repair_words[];
extern const char *const partition_by_words[];
extern const char *const leave_checks_words[];
extern const char *const moment_words[];
extern const char *const table_method_words[];
extern const char *const share_words[];

#endif
