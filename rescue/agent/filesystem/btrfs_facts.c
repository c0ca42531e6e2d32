/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "btrfs_facts.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "superblock.h"

#include <string.h>

/* Offsets in the superblock. */
enum {
	AT_CHECKSUMMED = 32, /* from here to the end */
	AT_UUID = 32,
	AT_PLACE = 48,
	AT_FLAGS = 56,
	AT_MARK = 64,
	AT_LOG_ROOT = 96,
	AT_TOTAL_BYTES = 112,
	AT_USED_BYTES = 120,
	AT_DEVICES = 136,
	AT_SECTOR_BYTES = 144,
	AT_RO_COMPAT = 180,
	AT_INCOMPAT = 188,
	AT_CHECKSUM_TYPE = 196,
	AT_DEVICE_ID = 201,
	AT_DEVICE_BYTES = 209,
	AT_LABEL = 299
};

#define LABEL_BYTES	256
#define CHECKSUM_CRC32C 0
#define PAGE_BYTES	4096 /* of the guest's processor */

#define FLAG_SEEDING  (UINT64_C(1) << 32)
#define FLAG_METADUMP (UINT64_C(3) << 33) /* both versions */
#define FLAG_CHANGING (UINT64_C(3) << 35) /* its UUID, both ways */

#define INCOMPAT_ZONED	(UINT64_C(1) << 12)
#define KNOWN_INCOMPAT	UINT64_C(0xfff) /* up to raid1c34 */
#define KNOWN_RO_COMPAT UINT64_C(0xf)	/* up to the block group tree */

static const struct bit_name incompat_names[] = {
	{ 13, "extent-tree-v2" },
	{ 14, "raid-stripe-tree" },
	{ 16, "simple-quota" },
};

static int damaged(const char *what, struct fault *fault)
{
	fault_set(fault, REASON_FS_UNCLEAN, "the superblock of the btrfs is damaged: %s", what);
	return fault_hint(fault, "restore it from one of its copies, on a copy of the disk: btrfs "
				 "rescue super-recover");
}

static int refuse(const char *what, struct fault *fault)
{
	return fault_set(fault, REASON_FS_FEATURE, "the btrfs %s, and cannot be grown here", what);
}

static const char *find_nonsense(const uint8_t *super)
{
	uint32_t sector_bytes = le32_at(super + AT_SECTOR_BYTES);

	if (memcmp(super + AT_MARK, "_BHRfS_M", 8) != 0)
		return "it has no mark";
	if (le16_at(super + AT_CHECKSUM_TYPE) == CHECKSUM_CRC32C &&
	    superblock_crc32c(super + AT_CHECKSUMMED, BTRFS_SUPERBLOCK_BYTES - AT_CHECKSUMMED,
			      BTRFS_SUPERBLOCK_BYTES) != le32_at(super))
		return "its checksum is wrong";
	if (le64_at(super + AT_PLACE) != BTRFS_SUPERBLOCK_AT)
		return "it belongs to another place";
	if (sector_bytes < 4096 || sector_bytes > 65536 || (sector_bytes & (sector_bytes - 1)) != 0)
		return "the size of sectors is none";
	return NULL;
}

static int check_features(const uint8_t *super, struct fault *fault)
{
	uint64_t flags = le64_at(super + AT_FLAGS), incompat = le64_at(super + AT_INCOMPAT);
	char unknown[160] = "";

	if (le64_at(super + AT_DEVICES) != 1)
		return refuse("spans several devices", fault);
	if (flags & FLAG_SEEDING)
		return refuse("is a seed for others", fault);
	if (flags & FLAG_METADUMP)
		return refuse("is a dump of metadata only", fault);
	if (flags & FLAG_CHANGING)
		return refuse("is in the middle of a change of its UUID", fault);
	if (incompat & INCOMPAT_ZONED)
		return refuse("is zoned", fault);
	if (le32_at(super + AT_SECTOR_BYTES) != PAGE_BYTES)
		return refuse("has sectors that are not of 4096 bytes", fault);
	superblock_name_bits(unknown, sizeof(unknown), incompat & ~KNOWN_INCOMPAT, incompat_names,
			     sizeof(incompat_names) / sizeof(incompat_names[0]));
	superblock_name_bits(unknown, sizeof(unknown),
			     le64_at(super + AT_RO_COMPAT) & ~KNOWN_RO_COMPAT, NULL, 0);
	if (unknown[0] == '\0')
		return 0;
	fault_set(fault, REASON_FS_FEATURE,
		  "the btrfs has features that this version does not know: %s", unknown);
	return fault_hint(fault, "a newer kernel in the machine is needed for it");
}

int btrfs_facts_parse(const uint8_t super[static BTRFS_SUPERBLOCK_BYTES],
		      struct btrfs_facts *ret_facts, struct fault *fault)
{
	const char *nonsense = find_nonsense(super);
	uint32_t sector_bytes = le32_at(super + AT_SECTOR_BYTES);

	if (nonsense)
		return damaged(nonsense, fault);
	if (check_features(super, fault) < 0)
		return -1;
	*ret_facts = (struct btrfs_facts){
		.common = { .type = "btrfs",
			    .state =
				    le64_at(super + AT_LOG_ROOT) == 0 ? FS_CLEAN : "needs-recovery",
			    .block_bytes = sector_bytes,
			    .blocks = le64_at(super + AT_DEVICE_BYTES) / sector_bytes },
		.device_id = le64_at(super + AT_DEVICE_ID),
		.used_bytes = le64_at(super + AT_USED_BYTES),
	};
	superblock_label(super + AT_LABEL, LABEL_BYTES, ret_facts->common.label);
	superblock_uuid(super + AT_UUID, ret_facts->common.uuid);
	return 0;
}

int btrfs_facts_read(const struct fs_target *target, struct btrfs_facts *ret_facts,
		     struct fault *fault)
{
	cleanup_fd int fd = superblock_open(target, fault);
	uint8_t super[BTRFS_SUPERBLOCK_BYTES];

	if (fd < 0 || superblock_read(fd, target->offset_bytes + BTRFS_SUPERBLOCK_AT, super,
				      sizeof(super), fault) < 0)
		return -1;
	return btrfs_facts_parse(super, ret_facts, fault);
}
