/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system that grows with its partition: one struct of operations for each kind.
 *
 * The caller finds the kind by libblkid's word (fs_open), and then knows only what is
 * declared here. A new kind is one file with its struct fs_ops, and one line in the table
 * of fs.c. */
#ifndef FILESYSTEM_FS_H
#define FILESYSTEM_FS_H

#include "agent/disk.h"
#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FS_LABEL_BYTES 64 /* 16 bytes on disk, each possibly 3 when made safe */
#define FS_UUID_BYTES  37

/* Where it is. */
struct fs_target {
	char path[DISK_PATH_BYTES + 8]; /* a device node, "/dev/sda2"; or an image file */
	uint64_t offset_bytes;		/* in there */
	/* Both in one, as e2fsprogs takes it for a device: "/dev/sda2", "FILE?offset=BYTES". */
	char device[DISK_PATH_BYTES + 40];
};

/* What every kind can tell of a file system. */
struct fs_facts {
	const char *type; /* libblkid's word; static text */
	char label[FS_LABEL_BYTES];
	char uuid[FS_UUID_BYTES];
	const char *state; /* FS_CLEAN, or a word of the kind; static text */
	uint32_t block_bytes;
	uint64_t blocks;
};

#define FS_CLEAN "clean"

enum check_mode {
	CHECK_REPAIR_SAFE, /* what is safe without asking */
	CHECK_REPAIR_ALL,  /* until a check finds nothing more */
	CHECK_READ_ONLY
};

/* A problem that a check has found. */
struct fs_problem {
	char code[16]; /* the checker's own; of e2fsck "0x010008" */
	unsigned long inode;
	bool is_fixed;
};

struct check_result {
	int exit_status;  /* of the last run; a bit set, fsck(8) */
	unsigned repairs; /* problems fixed, over all runs; at least, if not complete */
	bool repairs_complete;
};

/* How the programs that do the work are run. */
struct fs_tools {
	const char *sbin;    /* their folder */
	const char *run_dir; /* a folder for what they write beside */
	bool sealed;	     /* no kernel works for us: nothing is mounted, no loop device made */
	/* Called about twice a second while a program runs, and when its
	 * percentage has changed. percent is -1 where nothing is known. */
	void (*on_progress)(void *context, int percent);
	void (*on_problem)(void *context, const struct fs_problem *problem); /* was fixed */
	void *context;
};

/* An open file system: its facts as they were when it was opened. Each kind embeds it
 * as its first member. Nothing on the disk stays open. */
struct fs {
	const struct fs_ops *ops;
	const char *program; /* of the tools disk, that it needs: of the kind, or by read */
	struct fs_target target;
	const struct fs_facts *facts; /* owned */
};

struct fs_ops {
	const char *const *types;  /* libblkid's words; NULL-terminated */
	const char *const *others; /* words for what read refuses by name; the same, or NULL */
	const char *program;	   /* of the tools disk, that it needs; NULL: none */
	uint64_t size_min_bytes;   /* nothing can be grown to less */
	size_t struct_bytes;	   /* of its struct, which begins with a struct fs */

	/* Set the facts, from fs->target; nothing is written. All but ops, program and target is
	 * zero. Faults: fs-feature, fs-unclean, disk-io. */
	int (*read)(struct fs *fs, struct fault *fault);
	/* Give back what read took, also after its failure. NULL: nothing. */
	void (*release)(struct fs *fs);

	/* The largest size of the disk at which this file system fills its partition. */
	struct limit (*limit)(const struct fs *fs, uint64_t start_bytes, uint32_t sector_bytes);
	/* Fault fs-limit for a partition of that size, which is beyond the limit. */
	int (*refuse)(const struct fs *fs, uint64_t partition_bytes, struct fault *fault);
	/* The number of blocks that grow will make of a partition of that size. */
	uint64_t (*blocks_for)(const struct fs *fs, uint64_t partition_bytes);

	/* The kernel grows it while it is mounted: not in a sealed process. */
	bool grows_mounted;
	/* Does a check take longer than it takes to start another machine for it? */
	bool (*is_check_long)(const struct fs *fs);
	/* Check the file system, which has that many blocks now. Success: it is clean.
	 * Faults: fs-unclean, fs-unrepairable, fs-needs-memory, internal. */
	int (*check)(const struct fs *fs, uint64_t blocks, enum check_mode mode,
		     const struct fs_tools *tools, struct check_result *ret_result,
		     struct fault *fault);
	/* Grow to that many blocks, just after a check. Faults: fs-resize-failed,
	 * fs-feature, fs-needs-memory, internal. */
	int (*grow)(const struct fs *fs, uint64_t blocks, const struct fs_tools *tools,
		    int *ret_exit_status, struct fault *fault);
	/* The fault for damage that a check found after grow. */
	int (*refuse_damage)(const struct fs *fs, int exit_status, struct fault *fault);
};

/* Begin so many bytes further in the same place. */
void fs_target_move(struct fs_target *target, uint64_t offset_bytes);

/* Name the partition of that disk; 0: the disk itself. */
void fs_target_set(const struct disk *disk, unsigned partition, uint64_t start_bytes,
		   struct fs_target *ret_target);

/* Name a whole device. */
void fs_target_set_device(const char *device, struct fs_target *ret_target);

/* Is this type (libblkid's word, "" for nothing known) of a kind that can be grown? If
 * not, fault fs-unknown, which names the partition. */
int fs_check_type(const char *type, unsigned partition, struct fault *fault);

/* Open a file system of that type, which has passed fs_check_type. Faults: of read, and
 * no-memory. */
int fs_open(const char *type, const struct fs_target *target, struct fs **ret_fs,
	    struct fault *fault);

/* NULL is allowed. Sets *fs to NULL. */
void fs_close(struct fs **fs);

#define cleanup_fs __attribute__((cleanup(fs_close)))

#endif
