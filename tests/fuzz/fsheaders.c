/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agent reads by itself of file systems and of LUKS. The input: which of them, flags, and
 * then the fields of its header; checksums and marks that no mutation would hit are set here. */
#include "fuzz.h"

#include "agent/filesystem/btrfs_facts.h"
#include "agent/filesystem/f2fs_facts.h"
#include "agent/filesystem/squashfs_overlay.h"
#include "agent/filesystem/superblock.h"
#include "agent/filesystem/swap_header.h"
#include "agent/filesystem/xfs_facts.h"
#include "agent/filesystem/xfs_log.h"
#include "agent/layers/luks_header.h"
#include "base/bytes.h"

#include <string.h>

#define ASKED_BYTES	 2
#define FLAG_SUMS	 0x80 /* make the checksums right */
#define XFS_SECTOR_BYTES 512u
#define XFS_CRC_AT	 224
#define XFS_VERSION_AT	 100
#define XFS_SECTOR_AT	 102
#define BTRFS_TYPE_AT	 196
#define F2FS_HEAD_BYTES	 512
#define F2FS_TAIL_AT	 2048 /* the label is between */
#define F2FS_SUM_PLACE	 32
#define F2FS_SUM	 3068
#define LUKS_BYTES	 (16u << 10)
#define LUKS_BINARY	 512u /* of the input, for the binary part */
#define LUKS_JSON_AT	 4096

static uint8_t bytes[2 * LUKS_BYTES]; /* the header, with zeros behind it */
static struct fault fault;

static void fill(size_t at, const uint8_t *data, size_t size_bytes, size_t max_bytes)
{
	memcpy(bytes + at, data, size_bytes < max_bytes ? size_bytes : max_bytes);
}

/* Whoever tells it makes it safe to show. */
static void refused(void)
{
	MUST(fault.reason != REASON_NONE && fault.message[0] != '\0');
}

static void judge_facts(const struct fs_facts *facts, uint32_t block_min, uint32_t block_max)
{
	MUST(facts->type && facts->state);
	MUST(facts->block_bytes >= block_min && facts->block_bytes <= block_max);
	MUST((facts->block_bytes & (facts->block_bytes - 1)) == 0);
	MUST(fuzz_text_is_safe(facts->label, strlen(facts->label)));
	MUST(strlen(facts->uuid) == 36 && strspn(facts->uuid, "0123456789abcdef-") == 36);
	fuzz_accepted++;
}

static void try_xfs(const uint8_t *data, size_t size_bytes, unsigned flags)
{
	struct xfs_facts facts = { 0 };

	fill(0, data, size_bytes, 4096);
	if (flags & FLAG_SUMS) {
		bytes[XFS_SECTOR_AT] = XFS_SECTOR_BYTES >> 8;
		bytes[XFS_SECTOR_AT + 1] = 0;
		set_le32(bytes + XFS_CRC_AT,
			 superblock_crc32c(bytes, XFS_SECTOR_BYTES, XFS_CRC_AT));
	}
	if (xfs_facts_parse(bytes, 4096, &facts, &fault) < 0) {
		refused();
		return;
	}
	judge_facts(&facts.common, 512, 4096);
	MUST(facts.version == 4 || facts.version == 5);
	MUST(facts.groups > 0 && facts.common.blocks > 0);
	MUST(facts.common.blocks <= (uint64_t)facts.groups * facts.group_blocks);
	MUST(facts.common.blocks > (uint64_t)(facts.groups - 1) * facts.group_blocks);
}

static void try_xfs_log(const uint8_t *data, size_t size_bytes)
{
	bool is_clean = true;

	fuzz_disk(data, size_bytes);
	/* More blocks than there are, too. */
	if (xfs_log_look(FUZZ_FD, 0, size_bytes + 100, &is_clean, &fault) < 0)
		MUST(fault.reason == REASON_DISK_IO);
	else
		fuzz_accepted += is_clean;
}

static void try_btrfs(const uint8_t *data, size_t size_bytes, unsigned flags)
{
	struct btrfs_facts facts = { 0 };

	fill(0, data, size_bytes, BTRFS_SUPERBLOCK_BYTES);
	if (flags & FLAG_SUMS) /* an algorithm that the kernel checks, and not we */
		bytes[BTRFS_TYPE_AT] = 1;
	if (btrfs_facts_parse(bytes, &facts, &fault) < 0)
		refused();
	else
		judge_facts(&facts.common, 4096, 4096);
}

static void try_f2fs(const uint8_t *data, size_t size_bytes, unsigned flags)
{
	struct f2fs_facts facts = { 0 };

	fill(0, data, size_bytes, F2FS_HEAD_BYTES);
	if (size_bytes > F2FS_HEAD_BYTES)
		fill(F2FS_TAIL_AT, data + F2FS_HEAD_BYTES, size_bytes - F2FS_HEAD_BYTES,
		     F2FS_SUPERBLOCK_BYTES - F2FS_TAIL_AT);
	if (flags & FLAG_SUMS) {
		set_le32(bytes + F2FS_SUM_PLACE, F2FS_SUM);
		set_le32(bytes + F2FS_SUM, f2fs_checksum(F2FS_MAGIC, bytes, F2FS_SUM));
	}
	if (f2fs_facts_parse(bytes, &facts, &fault) < 0) {
		refused();
		return;
	}
	judge_facts(&facts.common, F2FS_BLOCK_BYTES, F2FS_BLOCK_BYTES);
	MUST(facts.checkpoint_block + 1024ull <= facts.common.blocks);
}

static void try_squashfs(const uint8_t *data, size_t size_bytes)
{
	struct squashfs_place place = { 0 };
	const char *type = "";

	fill(0, data, size_bytes, SQUASHFS_SUPERBLOCK_BYTES);
	if (squashfs_read(bytes, &place, &fault) == 0) {
		MUST(place.overlay_at % 65536 == 0 && place.overlay_at >= place.used_bytes);
		MUST(place.overlay_at - place.used_bytes < 65536);
		fuzz_accepted++;
	} else {
		refused();
	}
	if (squashfs_overlay_type(data, size_bytes, &type, &fault) == 0)
		MUST(!type || strcmp(type, "f2fs") == 0 || strcmp(type, "ext4") == 0);
	else
		refused();
}

/* All from byte 1024 on; the mark by the flags. */
static void try_swap(const uint8_t *data, size_t size_bytes, unsigned flags)
{
	static const char *const marks[] = { "SWAPSPACE2", "SWAP-SPACE", "S1SUSPEND\0",
					     "LINHIB0001" };
	const size_t page_bytes = (size_t)4096 << (flags & 3);
	struct swap_header header = { 0 };

	fill(1024, data, size_bytes, page_bytes - 1034);
	memcpy(bytes + page_bytes - 10, marks[flags >> 2 & 3], 10);
	if (swap_header_read(bytes, (flags & FLAG_SUMS) ? sizeof(bytes) : page_bytes, &header,
			     &fault) < 0) {
		refused();
		return;
	}
	MUST(header.page_bytes == page_bytes && header.last_page > 0);
	MUST(memcmp(header.uuid, bytes + 1036, SWAP_UUID_BYTES) == 0);
	MUST(strlen(header.label) <= SWAP_LABEL_BYTES);
	MUST(swap_header_pages(&header, UINT64_MAX) == UINT32_MAX);
	fuzz_accepted++;
}

static void judge_luks(const struct luks_header *header)
{
	MUST(header->version == 1 || header->version == 2);
	MUST(fuzz_text_is_safe(header->uuid, strlen(header->uuid)));
	MUST(fuzz_text_is_safe(header->cipher, strlen(header->cipher)));
	MUST(header->data_at_bytes > 0 && header->sector_bytes >= 512);
	MUST(header->sector_bytes <= 4096);
	MUST((header->sector_bytes & (header->sector_bytes - 1)) == 0);
	fuzz_accepted++;
}

/* Both copies of version 2, which differ by their mark. */
static void try_luks(const uint8_t *data, size_t size_bytes, unsigned flags)
{
	struct luks_header header = { 0 };

	if (flags & 1) {
		fill(LUKS_JSON_AT, data, size_bytes, LUKS_BYTES - LUKS_JSON_AT);
	} else {
		fill(0, data, size_bytes, LUKS_BINARY);
		if (size_bytes > LUKS_BINARY)
			fill(LUKS_JSON_AT, data + LUKS_BINARY, size_bytes - LUKS_BINARY,
			     LUKS_BYTES - LUKS_JSON_AT);
	}
	if (flags & FLAG_SUMS) {
		memcpy(bytes, "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", 16);
		memcpy(bytes + LUKS_BYTES, bytes, LUKS_BYTES);
		memcpy(bytes + LUKS_BYTES, "SKUL", 4);
	}
	fuzz_disk(bytes, sizeof(bytes));
	fuzz_arena_begin();
	if (luks_header_read(FUZZ_FD, &header, &fault) < 0)
		refused();
	else
		judge_luks(&header);
	fuzz_arena_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	unsigned flags;

	if (size_bytes < ASKED_BYTES)
		return 0;
	memset(bytes, 0, sizeof(bytes));
	fault = (struct fault){ 0 };
	flags = data[1];
	size_bytes -= ASKED_BYTES;
	switch (data[0] % 7) {
	case 0:
		try_xfs(data + ASKED_BYTES, size_bytes, flags);
		break;
	case 1:
		try_btrfs(data + ASKED_BYTES, size_bytes, flags);
		break;
	case 2:
		try_f2fs(data + ASKED_BYTES, size_bytes, flags);
		break;
	case 3:
		try_squashfs(data + ASKED_BYTES, size_bytes);
		break;
	case 4:
		try_swap(data + ASKED_BYTES, size_bytes, flags);
		break;
	case 5:
		try_luks(data + ASKED_BYTES, size_bytes, flags);
		break;
	case 6:
		try_xfs_log(data + ASKED_BYTES, size_bytes);
		break;
	}
	return 0;
}
