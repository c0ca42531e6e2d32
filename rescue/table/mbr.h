/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of a master boot record. Source: the kernel's block/partitions/msdos.c. */
#ifndef TABLE_MBR_H
#define TABLE_MBR_H

#define MBR_ENTRIES_AT	      446
#define MBR_ENTRY_BYTES	      16
#define MBR_ENTRIES	      4
#define MBR_START_CHS_AT      1 /* in an entry: 3 bytes */
#define MBR_TYPE_AT	      4
#define MBR_END_CHS_AT	      5 /* 3 bytes */
#define MBR_START_LBA_AT      8
#define MBR_SECTORS_AT	      12
#define MBR_SIGNATURE_AT      510
#define MBR_BOOT_CODE_BYTES   440
#define MBR_TYPE_PROTECTS_GPT 0xee

#endif
