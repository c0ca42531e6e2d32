/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "f2fs_facts.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "superblock.h"

#include <stdbool.h>
#include <string.h>

/* Offsets in the superblock. */
enum {
	AT_BLOCK_LOG = 16,
	AT_SEGMENT_LOG = 20,
	AT_SECTION_SEGMENTS = 24,
	AT_ZONE_SECTIONS = 28,
	AT_CHECKSUM_AT = 32,
	AT_BLOCKS = 36,
	AT_SEGMENTS = 48,
	AT_SEGMENT_0 = 72,
	AT_CHECKPOINT = 76,
	AT_UUID = 108,
	AT_LABEL = 124,
	AT_FEATURES = 2180,
	AT_DEVICES = 2201,
	AT_CHECKSUM = 3068
};

/* Offsets in a checkpoint. */
enum { AT_VERSION = 0, AT_FLAGS = 132, AT_PACK_BLOCKS = 136, AT_INODES = 148, AT_CP_SUM_AT = 164 };

#define CRC32_REVERSED	   0xedb88320u
#define BLOCK_LOG	   12
#define SEGMENT_LOG	   9 /* of blocks */
#define SEGMENT_BLOCKS	   (1u << SEGMENT_LOG)
#define LABEL_UNITS	   512 /* of UTF-16 */
#define CHECKPOINT_SUM	   4092
#define CHECKPOINT_SUM_MIN 192

#define FEATURE_ZONED	 (1u << 1)
#define FEATURE_CHECKSUM (1u << 11)
#define FEATURE_RO	 (1u << 14)
#define KNOWN_FEATURES	 0x3ffdu /* up to compression, without zones */

#define CP_UNMOUNTED 0x0001u
#define CP_ERROR     0x0008u
#define CP_FSCK	     0x0010u
#define CP_LARGE_NAT 0x0400u
#define CP_QUOTA     0x0800u
#define CP_DISABLED  0x1000u

static const struct bit_name feature_names[] = {
	{ 15, "device_alias" },
	{ 16, "packed_ssa" },
};

uint32_t f2fs_checksum(uint32_t crc, const uint8_t *bytes, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32_REVERSED : 0);
	}
	return crc;
}

static int damaged(const char *what, struct fault *fault)
{
	fault_set(fault, REASON_FS_UNCLEAN, "the f2fs is damaged: %s", what);
	return fault_hint(
		fault,
		"on a copy of the disk, fsck.f2fs repairs one of its two copies from the other");
}

static int refuse(const char *what, struct fault *fault)
{
	return fault_set(fault, REASON_FS_FEATURE, "the f2fs %s, and cannot be grown here", what);
}

static const char *find_nonsense(const uint8_t *super)
{
	uint32_t checkpoint = le32_at(super + AT_CHECKPOINT);

	if (le32_at(super) != F2FS_MAGIC)
		return "its superblock has no mark";
	if ((le32_at(super + AT_FEATURES) & FEATURE_CHECKSUM) &&
	    (le32_at(super + AT_CHECKSUM_AT) != AT_CHECKSUM ||
	     f2fs_checksum(F2FS_MAGIC, super, AT_CHECKSUM) != le32_at(super + AT_CHECKSUM)))
		return "the checksum of its superblock is wrong";
	if (le64_at(super + AT_BLOCKS) >> SEGMENT_LOG < le32_at(super + AT_SEGMENTS) ||
	    le64_at(super + AT_BLOCKS) > UINT32_MAX)
		return "the size in its superblock is none";
	if (checkpoint == 0 || checkpoint + 2ull * SEGMENT_BLOCKS > le64_at(super + AT_BLOCKS))
		return "the place of its checkpoints is none";
	return NULL;
}

static int check_features(const uint8_t *super, struct fault *fault)
{
	uint32_t features = le32_at(super + AT_FEATURES);
	char unknown[160] = "";

	if (super[AT_DEVICES] != 0)
		return refuse("spans several devices", fault);
	if (features & FEATURE_ZONED)
		return refuse("is zoned", fault);
	if (features & FEATURE_RO)
		return refuse("is read-only", fault);
	if (le32_at(super + AT_BLOCK_LOG) != BLOCK_LOG)
		return refuse("has blocks that are not of 4096 bytes", fault);
	if (le32_at(super + AT_SEGMENT_LOG) != SEGMENT_LOG)
		return refuse("has segments that are not of 2 MiB", fault);
	/* resize.f2fs would compute another layout than mkfs.f2fs did. */
	if (le32_at(super + AT_SECTION_SEGMENTS) != 1 || le32_at(super + AT_ZONE_SECTIONS) != 1 ||
	    le32_at(super + AT_SEGMENT_0) != SEGMENT_BLOCKS)
		return refuse("has sections or zones of several segments", fault);
	superblock_name_bits(unknown, sizeof(unknown), features & ~KNOWN_FEATURES, feature_names,
			     sizeof(feature_names) / sizeof(feature_names[0]));
	if (unknown[0] == '\0')
		return 0;
	fault_set(fault, REASON_FS_FEATURE,
		  "the f2fs has features that this version does not know: %s", unknown);
	return fault_hint(fault, "newer f2fs-tools in the machine are needed for it");
}

static void read_label(const uint8_t *units, char out[static FS_LABEL_BYTES])
{
	char text[3 * LABEL_UNITS + 1];

	text_of_utf16le(text, units, LABEL_UNITS);
	text_make_safe(out, FS_LABEL_BYTES, text, sizeof(text));
}

int f2fs_facts_parse(const uint8_t super[static F2FS_SUPERBLOCK_BYTES],
		     struct f2fs_facts *ret_facts, struct fault *fault)
{
	const char *nonsense = find_nonsense(super);

	if (nonsense)
		return damaged(nonsense, fault);
	if (check_features(super, fault) < 0)
		return -1;
	*ret_facts = (struct f2fs_facts){
		.common = { .type = "f2fs",
			    .state = FS_CLEAN,
			    .block_bytes = F2FS_BLOCK_BYTES,
			    .blocks = le64_at(super + AT_BLOCKS) },
		.checkpoint_block = le32_at(super + AT_CHECKPOINT),
	};
	read_label(super + AT_LABEL, ret_facts->common.label);
	superblock_uuid(super + AT_UUID, ret_facts->common.uuid);
	return 0;
}

/* The checksum is at the end, or, with a large node bitmap, before that. */
static bool is_whole(const uint8_t *checkpoint)
{
	uint32_t sum_at = le32_at(checkpoint + AT_CP_SUM_AT), crc;

	if (sum_at < CHECKPOINT_SUM_MIN || sum_at > CHECKPOINT_SUM)
		return false;
	crc = f2fs_checksum(F2FS_MAGIC, checkpoint, sum_at);
	if (sum_at < CHECKPOINT_SUM)
		crc = f2fs_checksum(crc, checkpoint + sum_at + 4, F2FS_BLOCK_BYTES - 4 - sum_at);
	return crc == le32_at(checkpoint + sum_at);
}

/* One of the two packs: it begins and ends with the same block. *ret_version is 0 where it
 * is not whole. */
static int read_checkpoint(int fd, uint64_t at_bytes, uint8_t checkpoint[F2FS_BLOCK_BYTES],
			   uint64_t *ret_version, struct fault *fault)
{
	uint8_t last[F2FS_BLOCK_BYTES];
	uint32_t blocks;

	*ret_version = 0;
	if (superblock_read(fd, at_bytes, checkpoint, F2FS_BLOCK_BYTES, fault) < 0)
		return -1;
	blocks = le32_at(checkpoint + AT_PACK_BLOCKS);
	if (!is_whole(checkpoint) || blocks < 2 || blocks > SEGMENT_BLOCKS)
		return 0;
	if (superblock_read(fd, at_bytes + (blocks - 1) * (uint64_t)F2FS_BLOCK_BYTES, last,
			    sizeof(last), fault) < 0)
		return -1;
	if (is_whole(last) && le64_at(last + AT_VERSION) == le64_at(checkpoint + AT_VERSION))
		*ret_version = le64_at(last + AT_VERSION);
	return 0;
}

static int describe(const uint8_t *checkpoint, struct f2fs_facts *facts, struct fault *fault)
{
	uint32_t flags = le32_at(checkpoint + AT_FLAGS);

	if (flags & CP_LARGE_NAT)
		return refuse("has a large node bitmap", fault);
	if (flags & (CP_ERROR | CP_FSCK | CP_QUOTA))
		facts->common.state = "errors";
	if (!(flags & CP_UNMOUNTED) || (flags & CP_DISABLED))
		facts->common.state = "needs-recovery";
	facts->inodes = le32_at(checkpoint + AT_INODES);
	return 0;
}

int f2fs_facts_read(const struct fs_target *target, struct f2fs_facts *ret_facts,
		    struct fault *fault)
{
	cleanup_fd int fd = superblock_open(target, fault);
	uint8_t super[F2FS_SUPERBLOCK_BYTES], checkpoints[2][F2FS_BLOCK_BYTES];
	uint64_t versions[2];

	if (fd < 0 ||
	    superblock_read(fd, target->offset_bytes + F2FS_SUPERBLOCK_AT, super, sizeof(super),
			    fault) < 0 ||
	    f2fs_facts_parse(super, ret_facts, fault) < 0)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t block = ret_facts->checkpoint_block + i * (uint64_t)SEGMENT_BLOCKS;

		if (read_checkpoint(fd, target->offset_bytes + block * F2FS_BLOCK_BYTES,
				    checkpoints[i], &versions[i], fault) < 0)
			return -1;
	}
	if (versions[0] == 0 && versions[1] == 0)
		return damaged("neither of its checkpoints is whole", fault);
	return describe(checkpoints[versions[1] > versions[0]], ret_facts, fault);
}
