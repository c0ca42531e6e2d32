/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfs_facts.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "superblock.h"
#include "xfs_log.h"

#include <string.h>

#define SECTOR_MAX_BYTES 32768
#define BLOCK_MAX_BYTES	 4096 /* a page of the guest: its kernel mounts no larger ones */
#define GROUP_MIN_BLOCKS 64
#define CRC_AT		 224

/* Offsets in the superblock. */
enum {
	AT_BLOCK_BYTES = 4,
	AT_BLOCKS = 8,
	AT_REALTIME_BLOCKS = 16,
	AT_UUID = 32,
	AT_LOG_START = 48,
	AT_GROUP_BLOCKS = 84,
	AT_GROUPS = 88,
	AT_LOG_BLOCKS = 96,
	AT_VERSION = 100,
	AT_SECTOR_BYTES = 102,
	AT_INODE_BYTES = 104,
	AT_NAME = 108,
	AT_GROUP_LOG = 124,
	AT_IN_PROGRESS = 126,
	AT_INODE_PERCENT = 127,
	AT_INODES = 128,
	AT_FREE_INODES = 136,
	AT_QUOTA = 176,
	AT_RO_COMPAT = 212,
	AT_INCOMPAT = 216,
	AT_LOG_INCOMPAT = 220
};

#define NAME_BYTES	12
#define VERSION_MASK	0x000f
#define VERSION_QUOTA	0x0040
#define NEEDS_REPAIR	(1u << 4)
#define KNOWN_RO_COMPAT 0x0fu /* finobt, rmapbt, reflink, inobtcount */
#define KNOWN_INCOMPAT	0x3fu /* ftype, sparse inodes, meta_uuid, bigtime, needsrepair, nrext64 */
#define KNOWN_LOG	0x01u /* logged attributes */

static const struct bit_name incompat_names[] = {
	{ 6, "exchange" }, { 7, "parent" }, { 8, "metadir" }, { 9, "zoned" }, { 10, "zone-gaps" },
};

static int damaged(const char *what, struct fault *fault)
{
	fault_set(fault, REASON_FS_UNCLEAN, "the superblock of the xfs is damaged: %s", what);
	return fault_hint(fault, "on a copy of the disk, xfs_repair restores it from a valid copy "
				 "and repairs the rest (it can remove files)");
}

static bool is_power_of_two(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* Numbers with which later arithmetic would make no sense. */
static const char *find_nonsense(const uint8_t *sector)
{
	uint32_t block_bytes = be32_at(sector + AT_BLOCK_BYTES);
	uint32_t group_blocks = be32_at(sector + AT_GROUP_BLOCKS);
	uint32_t groups = be32_at(sector + AT_GROUPS);
	uint64_t blocks = be64_at(sector + AT_BLOCKS);
	unsigned group_log = sector[AT_GROUP_LOG];

	if (memcmp(sector, "XFSB", 4) != 0)
		return "it has no mark";
	if (!is_power_of_two(block_bytes) || block_bytes < 512 || block_bytes > 65536)
		return "the size of blocks is none";
	if (group_blocks < GROUP_MIN_BLOCKS || group_log > 31 || group_blocks > 1u << group_log)
		return "the size of allocation groups is none";
	if (groups == 0 || blocks > (uint64_t)groups * group_blocks ||
	    blocks <= (uint64_t)(groups - 1) * group_blocks)
		return "the number of allocation groups does not fit its size";
	if (sector[AT_IN_PROGRESS] != 0)
		return "it was never finished";
	return NULL;
}

static int check_features(const uint8_t *sector, unsigned version, struct fault *fault)
{
	char unknown[160] = "";

	if (version == 5) {
		superblock_name_bits(
			unknown, sizeof(unknown), be32_at(sector + AT_INCOMPAT) & ~KNOWN_INCOMPAT,
			incompat_names, sizeof(incompat_names) / sizeof(incompat_names[0]));
		superblock_name_bits(unknown, sizeof(unknown),
				     (be32_at(sector + AT_RO_COMPAT) & ~KNOWN_RO_COMPAT) |
					     (be32_at(sector + AT_LOG_INCOMPAT) & ~KNOWN_LOG),
				     NULL, 0);
	}
	if (unknown[0] != '\0') {
		fault_set(fault, REASON_FS_FEATURE,
			  "the xfs has features that this version does not know: %s", unknown);
		return fault_hint(fault, "a newer kernel in the machine is needed for it");
	}
	if (be64_at(sector + AT_LOG_START) == 0)
		return fault_set(fault, REASON_FS_FEATURE,
				 "the log of the xfs is on another device");
	if (be64_at(sector + AT_REALTIME_BLOCKS) != 0)
		return fault_set(fault, REASON_FS_FEATURE, "the xfs has a realtime device");
	if (be32_at(sector + AT_BLOCK_BYTES) > BLOCK_MAX_BYTES)
		return fault_set(fault, REASON_FS_FEATURE,
				 "the xfs has blocks of %u bytes, which need a kernel with pages "
				 "of that size",
				 be32_at(sector + AT_BLOCK_BYTES));
	return 0;
}

/* Where a block of the file system is: its group stands in the high bits. */
static uint64_t place_of(const uint8_t *sector, uint64_t block)
{
	unsigned group_log = sector[AT_GROUP_LOG];
	uint64_t group = block >> group_log, in_group = block & ((UINT64_C(1) << group_log) - 1);

	return (group * be32_at(sector + AT_GROUP_BLOCKS) + in_group) *
	       be32_at(sector + AT_BLOCK_BYTES);
}

static void describe(const uint8_t *sector, unsigned version, struct xfs_facts *facts)
{
	bool needs_repair = version == 5 && (be32_at(sector + AT_INCOMPAT) & NEEDS_REPAIR) != 0;
	bool has_quota = (be16_at(sector + AT_VERSION) & VERSION_QUOTA) != 0;
	uint64_t inodes = be64_at(sector + AT_INODES), free = be64_at(sector + AT_FREE_INODES);
	uint32_t block_bytes = be32_at(sector + AT_BLOCK_BYTES);

	*facts = (struct xfs_facts){
		.common = { .type = "xfs",
			    .state = needs_repair ? "errors" : FS_CLEAN,
			    .block_bytes = block_bytes,
			    .blocks = be64_at(sector + AT_BLOCKS) },
		.version = version,
		.sector_bytes = be16_at(sector + AT_SECTOR_BYTES),
		.inode_bytes = be16_at(sector + AT_INODE_BYTES),
		.group_blocks = be32_at(sector + AT_GROUP_BLOCKS),
		.groups = be32_at(sector + AT_GROUPS),
		.log_at = place_of(sector, be64_at(sector + AT_LOG_START)),
		.log_bytes = (uint64_t)be32_at(sector + AT_LOG_BLOCKS) * block_bytes,
		.used_inodes = inodes > free ? inodes - free : 0,
		.quota = has_quota ? be16_at(sector + AT_QUOTA) : 0,
		.inode_percent = sector[AT_INODE_PERCENT],
	};
	superblock_label(sector + AT_NAME, NAME_BYTES, facts->common.label);
	superblock_uuid(sector + AT_UUID, facts->common.uuid);
}

int xfs_facts_parse(const uint8_t *sector, size_t size_bytes, struct xfs_facts *ret_facts,
		    struct fault *fault)
{
	unsigned version = be16_at(sector + AT_VERSION) & VERSION_MASK;
	uint32_t sector_bytes = be16_at(sector + AT_SECTOR_BYTES);
	const char *nonsense = find_nonsense(sector);

	if (nonsense)
		return damaged(nonsense, fault);
	if (version != 4 && version != 5)
		return fault_set(fault, REASON_FS_FEATURE, "xfs of version %u is not known",
				 version);
	if (!is_power_of_two(sector_bytes) || sector_bytes < 512 ||
	    sector_bytes > SECTOR_MAX_BYTES || sector_bytes > size_bytes)
		return damaged("the size of sectors is none", fault);
	if (version == 5 &&
	    superblock_crc32c(sector, sector_bytes, CRC_AT) != le32_at(sector + CRC_AT))
		return damaged("its checksum is wrong", fault);
	if (check_features(sector, version, fault) < 0)
		return -1;
	describe(sector, version, ret_facts);
	return 0;
}

static int read_all(int fd, uint64_t begin_bytes, struct xfs_facts *facts, struct fault *fault)
{
	uint8_t sector[SECTOR_MAX_BYTES];
	bool is_clean;

	/* No xfs is smaller than the largest sector. */
	if (superblock_read(fd, begin_bytes, sector, sizeof(sector), fault) < 0 ||
	    xfs_facts_parse(sector, sizeof(sector), facts, fault) < 0 ||
	    xfs_log_look(fd, begin_bytes + facts->log_at, facts->log_bytes, &is_clean, fault) < 0)
		return -1;
	if (!is_clean && strcmp(facts->common.state, FS_CLEAN) == 0)
		facts->common.state = "needs-recovery";
	return 0;
}

int xfs_facts_read(const struct fs_target *target, struct xfs_facts *ret_facts, struct fault *fault)
{
	int fd = superblock_open(target, fault), result;

	if (fd < 0)
		return -1;
	result = read_all(fd, target->offset_bytes, ret_facts, fault);
	close_fdp(&fd);
	return result;
}
