/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read a partition table, on either side. The room does no I/O of its own: whoever has the
 * disk lends a function that reads. Whoever changes a table, or judges a change, does that
 * elsewhere. */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_SECTOR_BYTES 512	/* of a disk whose table does not say anything else */
#define TABLE_PARTS_MAX	   1024 /* the most entries that a GPT may have here */
#define TABLE_GUID_BYTES   16
#define TABLE_NAME_BYTES   72

/* Room for their texts, with NUL: capital letters and dashes; 36 UTF-16 units in UTF-8. */
#define TABLE_GUID_CHARS 37
#define TABLE_NAME_CHARS (TABLE_NAME_BYTES / 2 * 3 + 1)

/* A used entry. Sectors are logical sectors of the table's size. */
struct table_part {
	unsigned number; /* from 1; 0: the whole disk, which has no table */
	uint64_t start_lba;
	uint64_t size_sectors;
	uint64_t entry_at_bytes; /* where its entry lies on the disk */
	unsigned type;		 /* of an MBR */
	bool is_container;	 /* of an MBR: an extended partition */
	unsigned container;	 /* the number of the one that it lies in, or 0 */
	uint64_t ebr_lba;	 /* then: its extended boot record */
	uint64_t next_ebr_lba;	 /* where that leads to, be it empty; 0: nowhere */
	/* Of a whole disk: so many of its first bytes belong to a boot loader, not to the
	 * file system. */
	uint64_t boot_bytes;
	/* Of a GPT, as on the disk; name is UTF-16. */
	uint8_t type_guid[TABLE_GUID_BYTES], guid[TABLE_GUID_BYTES];
	uint8_t name[TABLE_NAME_BYTES];
};

struct table_parts {
	size_t count;
	bool is_gpt;
	uint32_t signature;			  /* of the disk, in an MBR */
	struct table_part parts[TABLE_PARTS_MAX]; /* by number */
};

/* Where a table is read from. */
struct table_source {
	/* Read all of these bytes, which lie on the disk. 0, or -1: they cannot be read. */
	int (*read)(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes);
	void *context;
	uint64_t size_bytes; /* of the disk */
};

enum table_answer {
	TABLE_GOOD,
	TABLE_NONE,	 /* not of this kind */
	TABLE_DAMAGED,	 /* of this kind, but its checksums or its header are wrong, or a chain of
			  * boot records breaks off: then the parts before that are set */
	TABLE_INVALID,	 /* whole, but it makes no sense: overlaps, entries outside */
	TABLE_UNREADABLE /* the source could not read */
};

struct table {
	const struct table_ops *ops;
	uint32_t sector_bytes;
	struct table_parts parts;
};

/* A kind of partition table. */
struct table_ops {
	const char *name; /* libfdisk's word */
	/* Read it as if the disk had sectors of that size; set parts only for TABLE_GOOD. */
	enum table_answer (*read)(const struct table_source *source, uint32_t sector_bytes,
				  struct table_parts *ret_parts);
};

extern const struct table_ops table_mbr, table_gpt, table_whole;

/* Read whichever table the disk has; a GPT tells the size of its sectors by where it
 * lies. The answer is the one of the kind that the first sector announces. */
enum table_answer table_read(const struct table_source *source, struct table *ret_table);

/* The size of the sectors that the disk was made for: the one that its table, or the backup of a
 * damaged GPT, lies by. TABLE_SECTOR_BYTES where nothing tells it. */
uint32_t table_sector_bytes(const struct table_source *source);

/* A source of bytes in memory, which must outlive it. */
struct table_memory {
	const uint8_t *bytes;
	size_t size_bytes;
};
struct table_source table_source_memory(struct table_memory *memory);

/* The first sector that belongs to a part, which for a logical one is its boot record; and the
 * first one behind it. */
uint64_t table_begin_lba(const struct table_part *part);
uint64_t table_end_lba(const struct table_part *part);

/* Where a part begins behind that sector: of a logical one its boot record, or, where that lies
 * elsewhere, what it holds. UINT64_MAX: it does not. */
uint64_t table_begin_behind_lba(const struct table_part *part, uint64_t lba);

/* The part with that number, or the last by start LBA for number 0, which is never a container;
 * NULL: there is none. */
const struct table_part *table_choose(const struct table_parts *parts, unsigned number);

/* Do two parts share sectors? A container and what lies in it do not count. */
bool table_overlaps(const struct table_part *a, const struct table_part *b);

/* Where the room of a part ends: the start of the next one, or that end of all room. A logical one
 * ends before the boot record of the next, and its container, which grows with it, before the next
 * primary one. */
uint64_t table_room_end_lba(const struct table_parts *parts, const struct table_part *part,
			    uint64_t end_lba);

/* The end of all parts: sectors that the disk must have had. */
uint64_t table_needs_sectors(const struct table_parts *parts);

#endif
