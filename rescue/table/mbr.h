/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of a master boot record. Source: the kernel's block/partitions/msdos.c. */
#ifndef TABLE_MBR_H
#define TABLE_MBR_H

#include "table.h"

#define MBR_ENTRIES_AT	      446
#define MBR_ENTRY_BYTES	      16
#define MBR_ENTRIES	      4
#define MBR_START_CHS_AT      1 /* in an entry: 3 bytes */
#define MBR_TYPE_AT	      4
#define MBR_END_CHS_AT	      5 /* 3 bytes */
#define MBR_START_LBA_AT      8
#define MBR_SECTORS_AT	      12
#define MBR_DISK_ID_AT	      440 /* 4 bytes */
#define MBR_SIGNATURE_AT      510
#define MBR_BOOT_CODE_BYTES   440
#define MBR_TYPE_PROTECTS_GPT 0xee

/* An extended partition has boot records of this form, each with one logical partition, whose start
 * counts from the record, and a link to the next, which counts from the container. This many are
 * followed, as in the kernel. */
#define MBR_LOGICAL_MAX 100

/* Does the type say that logical partitions are within: CHS, LBA, Linux? */
bool mbr_is_container(unsigned type);

/* For this room: add the logical partitions of that container. TABLE_GOOD; TABLE_DAMAGED where the
 * chain breaks off; TABLE_INVALID where it makes no sense; TABLE_UNREADABLE. */
enum table_answer mbr_read_logical(const struct table_source *source,
				   const struct table_part *container, struct table_parts *parts);

#endif
