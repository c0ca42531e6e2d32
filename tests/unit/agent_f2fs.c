/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/filesystem/f2fs_*.c: what superblock and checkpoints say, and what fsck.f2fs
 * says. */
#include "agent/filesystem/f2fs_check.h"
#include "agent/filesystem/f2fs_facts.h"
#include "base/bytes.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS	   51200 /* 200 MiB */
#define CHECKPOINT 512
#define PACK_BYTES (2 * 512 * F2FS_BLOCK_BYTES)

static void make_superblock(uint8_t super[static F2FS_SUPERBLOCK_BYTES])
{
	memset(super, 0, F2FS_SUPERBLOCK_BYTES);
	set_le32(super, F2FS_MAGIC);
	set_le32(super + 16, 12);
	set_le32(super + 20, 9);
	set_le32(super + 24, 1);
	set_le32(super + 28, 1);
	set_le32(super + 32, 3068);
	set_le64(super + 36, BLOCKS);
	set_le32(super + 48, BLOCKS / 512 - 1);
	set_le32(super + 72, 512);
	set_le32(super + 76, CHECKPOINT);
	memcpy(super + 124, "r\0\xfc\0\xac\x20", 6); /* r, u with dots, the euro */
}

static enum reason reason_of(const uint8_t *super)
{
	struct f2fs_facts facts;
	struct fault fault = { 0 };

	return f2fs_facts_parse(super, &facts, &fault) == 0 ? REASON_NONE : fault.reason;
}

static void a_superblock_tells(void **state)
{
	uint8_t super[F2FS_SUPERBLOCK_BYTES];
	struct f2fs_facts facts;
	struct fault fault;

	(void)state;
	make_superblock(super);
	assert_int_equal(f2fs_facts_parse(super, &facts, &fault), 0);
	assert_int_equal(facts.common.blocks, BLOCKS);
	assert_string_equal(facts.common.label, "r\xc3\xbc\xe2\x82\xac");
	assert_int_equal(facts.checkpoint_block, CHECKPOINT);
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		enum reason reason;
	} changes[] = {
		{ 0, 0, REASON_FS_UNCLEAN },	       { 16, 14, REASON_FS_FEATURE },
		{ 20, 8, REASON_FS_FEATURE },	       { 24, 2, REASON_FS_FEATURE },
		{ 28, 2, REASON_FS_FEATURE },	       { 40, 1, REASON_FS_UNCLEAN },
		{ 48, BLOCKS, REASON_FS_UNCLEAN },     { 72, 1024, REASON_FS_FEATURE },
		{ 76, 0, REASON_FS_UNCLEAN },	       { 76, BLOCKS - 1023, REASON_FS_UNCLEAN },
		{ 76, UINT32_MAX, REASON_FS_UNCLEAN }, { 2180, 1, REASON_NONE },
		{ 2180, 2, REASON_FS_FEATURE },	       { 2180, 0x400, REASON_NONE },
		{ 2180, 0x800, REASON_FS_UNCLEAN },    { 2180, 0x4000, REASON_FS_FEATURE },
		{ 2180, 0x8000, REASON_FS_FEATURE },   { 2201, '/', REASON_FS_FEATURE },
	};
	uint8_t super[F2FS_SUPERBLOCK_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_superblock(super);
		assert_int_equal(reason_of(super), REASON_NONE);
		set_le32(super + changes[i].at, changes[i].value);
		assert_int_equal(reason_of(super), changes[i].reason);
	}
}

static void a_superblock_may_have_a_checksum(void **state)
{
	uint8_t super[F2FS_SUPERBLOCK_BYTES];

	(void)state;
	make_superblock(super);
	set_le32(super + 2180, 0x800);
	set_le32(super + 3068, f2fs_checksum(F2FS_MAGIC, super, 3068));
	assert_int_equal(reason_of(super), REASON_NONE);
	super[200] ^= 1;
	assert_int_equal(reason_of(super), REASON_FS_UNCLEAN);
}

struct pack {
	uint64_t version, version_at_end; /* 0: there is none */
	uint32_t flags;
};

static void write_pack(int fd, off_t at, const struct pack *pack)
{
	uint8_t block[F2FS_BLOCK_BYTES] = { 0 };
	uint32_t sum_at = pack->flags & 0x400 ? 192 : 4092, crc;

	for (int end = 0; end < 2; end++) {
		set_le64(block, end ? pack->version_at_end : pack->version);
		set_le32(block + 132, pack->flags);
		set_le32(block + 136, 8);
		set_le32(block + 148, 77);
		set_le32(block + 164, sum_at);
		set_le32(block + sum_at, 0);
		crc = f2fs_checksum(F2FS_MAGIC, block, sum_at);
		if (sum_at < 4092)
			crc = f2fs_checksum(crc, block + sum_at + 4, 4092 - sum_at);
		set_le32(block + sum_at, crc);
		assert_int_equal(pwrite(fd, block, sizeof(block), at + end * 7 * 4096), 4096);
	}
}

/* The state, or the word of the reason why not. */
static const char *state_of(struct pack first, struct pack second)
{
	uint8_t super[F2FS_SUPERBLOCK_BYTES];
	struct fs_target target = { .path = "/tmp/f2fs.XXXXXX", .offset_bytes = 8192 };
	int fd = mkstemp(target.path), result;
	struct f2fs_facts facts;
	struct fault fault;

	assert_true(fd >= 0);
	make_superblock(super);
	assert_int_equal(pwrite(fd, super, sizeof(super), 8192 + F2FS_SUPERBLOCK_AT),
			 sizeof(super));
	assert_int_equal(ftruncate(fd, 8192 + CHECKPOINT * 4096 + PACK_BYTES), 0);
	if (first.version)
		write_pack(fd, 8192 + CHECKPOINT * 4096, &first);
	if (second.version)
		write_pack(fd, 8192 + (CHECKPOINT + 512) * 4096, &second);
	result = f2fs_facts_read(&target, &facts, &fault);
	close(fd);
	unlink(target.path);
	if (result < 0)
		return reason_word(fault.reason);
	assert_int_equal(facts.inodes, 77);
	return facts.common.state;
}

static void the_newer_checkpoint_that_is_whole_counts(void **state)
{
	const struct pack clean = { 5, 5, 0x181 }, used = { 6, 6, 0x180 }, torn = { 7, 6, 0x181 },
			  none = { 0, 0, 0 };

	(void)state;
	assert_string_equal(state_of(clean, none), FS_CLEAN);
	assert_string_equal(state_of(clean, used), "needs-recovery");
	assert_string_equal(state_of(used, clean), "needs-recovery");
	assert_string_equal(state_of(torn, clean), FS_CLEAN);
	assert_string_equal(state_of(torn, torn), "fs-unclean");
	assert_string_equal(state_of(none, none), "fs-unclean");
}

static void flags_are_understood(void **state)
{
	const struct pack none = { 0, 0, 0 };

	(void)state;
	assert_string_equal(state_of((struct pack){ 1, 1, 0x11 }, none), "errors");
	assert_string_equal(state_of((struct pack){ 1, 1, 0x09 }, none), "errors");
	assert_string_equal(state_of((struct pack){ 1, 1, 0x801 }, none), "errors");
	assert_string_equal(state_of((struct pack){ 1, 1, 0x10 }, none), "needs-recovery");
	assert_string_equal(state_of((struct pack){ 1, 1, 0x1001 }, none), "needs-recovery");
	assert_string_equal(state_of((struct pack){ 1, 1, 0x401 }, none), "fs-feature");
}

static void fsck_is_understood(void **state)
{
	static const char said[] =
		"Info: Checked valid nat_bits in checkpoint\n\n"
		"[FSCK] Unreachable nat entries                        [Ok..] [0x0]\n"
		"[ASSERT] (sanity_check_nid: 492)  --> SIT bitmap is 0x0. blk_addr[0x1c00]\n"
		"[FSCK] SIT valid block bitmap checking                [Fail]\n";
	struct f2fs_output output = { .line_bytes = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(said) - 1; i++)
		assert_int_equal(f2fs_output_read(&output, said + i, 1), -1);
	assert_string_equal(output.first, "SIT bitmap is 0x0. blk_addr[0x1c00]");
	output = (struct f2fs_output){ .line_bytes = 0 };
	f2fs_output_read(&output, "[FSCK] other corrupted bugs  [Fail]\n", 36);
	assert_string_equal(output.first, "[FSCK] other corrupted bugs  [Fail]");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_superblock_tells),
	cmocka_unit_test(what_cannot_be_is_refused),
	cmocka_unit_test(a_superblock_may_have_a_checksum),
	cmocka_unit_test(the_newer_checkpoint_that_is_whole_counts),
	cmocka_unit_test(flags_are_understood),
	cmocka_unit_test(fsck_is_understood),
};
UNIT_MAIN(tests)
