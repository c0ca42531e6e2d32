/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/filesystem/xfs_*.c: how large an xfs becomes, what its superblock and its
 * log say, and what xfs_repair says. */
#include "agent/filesystem/superblock.h"
#include "agent/filesystem/xfs_check.h"
#include "agent/filesystem/xfs_facts.h"
#include "agent/filesystem/xfs_log.h"
#include "agent/filesystem/xfs_size.h"
#include "unit.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512

static void put(uint8_t *sector, size_t at, uint64_t value, size_t bytes)
{
	value = htobe64(value);
	memcpy(sector + at, (const char *)&value + sizeof(value) - bytes, bytes);
}

/* Of version 4, with 4 groups of 4096 blocks of 4 KiB. */
static void make_superblock(uint8_t sector[static SECTOR])
{
	memset(sector, 0, SECTOR);
	memcpy(sector, "XFSB", 4);
	put(sector, 4, 4096, 4);
	put(sector, 8, 16384, 8);
	put(sector, 48, 2 << 12 | 5, 8); /* the log: block 5 of group 2 */
	put(sector, 84, 4096, 4);
	put(sector, 88, 4, 4);
	put(sector, 96, 1000, 4);
	put(sector, 100, 0xb4f4, 2);
	put(sector, 102, SECTOR, 2);
	put(sector, 104, 512, 2);
	memcpy(sector + 108, "a label", 7);
	sector[124] = 12;
	sector[127] = 25;
	put(sector, 176, XFS_QUOTA_USER | XFS_QUOTA_GROUP | XFS_QUOTA_GROUP_LIMITS, 2);
}

static enum reason reason_of(const uint8_t *sector)
{
	struct xfs_facts facts;
	struct fault fault = { 0 };

	return xfs_facts_parse(sector, SECTOR, &facts, &fault) == 0 ? REASON_NONE : fault.reason;
}

static void a_superblock_tells(void **state)
{
	char options[XFS_OPTIONS_BYTES];
	uint8_t sector[SECTOR];
	struct xfs_facts facts;
	struct fault fault;

	(void)state;
	make_superblock(sector);
	assert_int_equal(xfs_facts_parse(sector, SECTOR, &facts, &fault), 0);
	assert_int_equal(facts.version, 4);
	assert_string_equal(facts.common.label, "a label");
	assert_int_equal(facts.common.blocks, 16384);
	assert_int_equal(facts.log_at, (2 * 4096 + 5) * 4096);
	assert_int_equal(facts.inode_percent, 25);
	assert_int_equal(facts.inode_bytes, 512);
	assert_string_equal(xfs_mount_options(&facts, options), "nouuid,uqnoenforce,gquota");
	put(sector, 100, 0xb4b4, 2); /* without quota, the bits mean nothing */
	assert_int_equal(xfs_facts_parse(sector, SECTOR, &facts, &fault), 0);
	assert_string_equal(xfs_mount_options(&facts, options), "nouuid");
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		size_t at, bytes;
		uint64_t value;
		enum reason reason;
	} changes[] = {
		{ 0, 4, 0, REASON_FS_UNCLEAN },	       { 4, 4, 4097, REASON_FS_UNCLEAN },
		{ 4, 4, 65536, REASON_FS_FEATURE },    { 8, 8, 16385, REASON_FS_UNCLEAN },
		{ 8, 8, 12288, REASON_FS_UNCLEAN },    { 16, 8, 1, REASON_FS_FEATURE },
		{ 48, 8, 0, REASON_FS_FEATURE },       { 84, 4, 63, REASON_FS_UNCLEAN },
		{ 84, 4, 4097, REASON_FS_UNCLEAN },    { 88, 4, 0, REASON_FS_UNCLEAN },
		{ 100, 2, 0xb4f6, REASON_FS_FEATURE }, { 102, 2, 513, REASON_FS_UNCLEAN },
		{ 124, 1, 40, REASON_FS_UNCLEAN },     { 126, 1, 1, REASON_FS_UNCLEAN },
	};
	uint8_t sector[SECTOR];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_superblock(sector);
		assert_int_equal(reason_of(sector), REASON_NONE);
		put(sector, changes[i].at, changes[i].value, changes[i].bytes);
		assert_int_equal(reason_of(sector), changes[i].reason);
	}
}

static void version_5_has_a_checksum_and_features(void **state)
{
	uint8_t sector[SECTOR];
	uint32_t crc;

	(void)state;
	make_superblock(sector);
	put(sector, 100, 0xb4f5, 2);
	assert_int_equal(reason_of(sector), REASON_FS_UNCLEAN);
	put(sector, 216, 0x1f, 4);
	crc = htole32(superblock_crc32c(sector, SECTOR, 224));
	memcpy(sector + 224, &crc, sizeof(crc));
	assert_int_equal(reason_of(sector), REASON_NONE);
	put(sector, 216, 0x80, 4);
	crc = htole32(superblock_crc32c(sector, SECTOR, 224));
	memcpy(sector + 224, &crc, sizeof(crc));
	assert_int_equal(reason_of(sector), REASON_FS_FEATURE);
}

/* The check value of the algorithm. */
static void the_checksum_is_that_of_the_standard(void **state)
{
	(void)state;
	assert_int_equal(superblock_crc32c((const uint8_t *)"123456789", 9, 9), 0xe3069283);
}

static void a_last_group_that_is_too_small_is_none(void **state)
{
	const struct xfs_facts facts = { .common = { .block_bytes = 4096 },
					 .group_blocks = 1000,
					 .groups = 4 };

	(void)state;
	assert_int_equal(xfs_size_blocks(&facts, 5000 * 4096), 5000);
	assert_int_equal(xfs_size_blocks(&facts, 5063 * 4096 + 4095), 5000);
	assert_int_equal(xfs_size_blocks(&facts, 5064 * 4096), 5064);
	assert_int_equal(xfs_size_largest_blocks(&facts), XFS_GROUPS_MAX * 1000);
}

/* A log of 64 blocks; at 10 a record of that many operations, whose first has these flags. */
static bool log_is_clean(uint32_t cycle_before, uint32_t operations, uint8_t flags)
{
	uint8_t log[64 * SECTOR] = { 0 };
	char path[] = "/tmp/xfs-log.XXXXXX";
	int fd = mkstemp(path);
	struct fault fault;
	bool clean;

	assert_true(fd >= 0);
	for (int block = 0; block < 64; block++)
		put(log + block * SECTOR, 0, block < 12 ? cycle_before + 1 : cycle_before, 4);
	put(log + 10 * SECTOR, 0, 0xfeedbabe, 4);
	put(log + 10 * SECTOR, 4, cycle_before + 1, 4);
	put(log + 10 * SECTOR, 8, 2, 4);
	put(log + 10 * SECTOR, 12, SECTOR, 4);
	put(log + 10 * SECTOR, 40, operations, 4);
	put(log + 10 * SECTOR, 320, 32768, 4);
	log[11 * SECTOR + 9] = flags;
	assert_int_equal(pwrite(fd, log, sizeof(log), 4096), sizeof(log));
	assert_int_equal(xfs_log_look(fd, 4096, sizeof(log), &clean, &fault), 0);
	close(fd);
	unlink(path);
	return clean;
}

static void a_log_is_clean_after_an_unmount(void **state)
{
	(void)state;
	assert_true(log_is_clean(0, 1, 0x20));
	assert_true(log_is_clean(7, 1, 0x20));
	assert_false(log_is_clean(7, 1, 0x02));
	assert_false(log_is_clean(7, 2, 0x20));
}

static void xfs_repair_is_understood(void **state)
{
	static const char said[] = "Phase 1 - find and verify superblock...\n"
				   "Phase 3 - for each AG...\n        - agno = 0\n"
				   "would have reset inode 133 nlinks from 77 to 1\n"
				   "bad thing\nPhase 7 - verify link counts...\n";
	struct xfs_repair_output output = { .percent = 0 };
	int percent = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(said) - 1; i++)
		percent = xfs_repair_read(&output, said + i, 1);
	assert_int_equal(percent, 97);
	assert_int_equal(output.complaints, 2);
	assert_string_equal(output.first, "would have reset inode 133 nlinks from 77 to 1");
}

/* A sealed process keeps 256 MiB of clusters at most, whatever their size. */
static void the_cache_fits_the_inodes(void **state)
{
	struct xfs_facts facts = { .inode_bytes = 512 };

	(void)state;
	assert_int_equal(xfs_check_count_cache(&facts, false), 101);
	assert_int_equal(xfs_check_count_cache(&facts, true), 2048);
	facts.inode_bytes = 2048;
	assert_int_equal(xfs_check_count_cache(&facts, true), 512);
	facts.inode_bytes = 65535;
	assert_int_equal(xfs_check_count_cache(&facts, true), 101);
	facts.inode_bytes = 0;
	assert_int_equal(xfs_check_count_cache(&facts, true), 101);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_superblock_tells),
	cmocka_unit_test(what_cannot_be_is_refused),
	cmocka_unit_test(version_5_has_a_checksum_and_features),
	cmocka_unit_test(the_checksum_is_that_of_the_standard),
	cmocka_unit_test(a_last_group_that_is_too_small_is_none),
	cmocka_unit_test(a_log_is_clean_after_an_unmount),
	cmocka_unit_test(xfs_repair_is_understood),
	cmocka_unit_test(the_cache_fits_the_inodes),
};
UNIT_MAIN(tests)
