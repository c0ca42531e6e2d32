/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/filesystem/ext_bitmaps.h"
#include "agent/filesystem/ext_check.h"
#include "agent/filesystem/ext_grow.h"
#include "agent/filesystem/ext_size.h"
#include "unit.h"

#include <string.h>

#define MIB UINT64_C(1048576)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

/* OpenWrt's root: 1 KiB blocks, groups of 8192, 32-byte descriptors. */
static struct ext_facts small_blocks(void)
{
	return (struct ext_facts){ .common.type = "ext4",
				   .common.state = "clean",
				   .common.block_bytes = 1024,
				   .common.blocks = 106496,
				   .first_data_block = 1,
				   .blocks_per_group = 8192,
				   .inodes_per_group = 2048,
				   .inode_table_blocks = 512,
				   .descriptors_per_block = 32,
				   .reserved_gdt_blocks = 256,
				   .flex_groups = 1,
				   .cluster_blocks = 1,
				   .has_sparse_super = true };
}

static void blocks_fill_the_partition(void **state)
{
	struct ext_facts facts = small_blocks();

	(void)state;
	assert_int_equal(ext_size_blocks(&facts, 104 * MIB), 106496);
	assert_int_equal(ext_size_blocks(&facts, 104 * MIB + 512), 106496);
	assert_int_equal(ext_size_blocks(&facts, 104 * MIB + 1023), 106496);
}

static void a_last_group_without_room_for_data_is_left_out(void **state)
{
	struct ext_facts facts = small_blocks();
	const uint64_t whole = 1 + 20 * 8192; /* group 20 comes next: no backup in it */
	const uint64_t needed = 2 + 512 + 50;

	(void)state;
	assert_int_equal(ext_size_blocks(&facts, (whole + needed - 1) * 1024), whole);
	assert_int_equal(ext_size_blocks(&facts, (whole + needed) * 1024), whole + needed);
}

static void a_backup_in_the_last_group_takes_room_too(void **state)
{
	struct ext_facts facts = small_blocks();
	const uint64_t whole = 1 + 27 * 8192; /* group 27 holds a backup */
	const uint64_t needed = 2 + 512 + 1 + 1 + 256 + 50;

	(void)state;
	assert_int_equal(ext_size_blocks(&facts, (whole + needed - 1) * 1024), whole);
	assert_int_equal(ext_size_blocks(&facts, (whole + needed) * 1024), whole + needed);
}

static void clusters_are_kept_whole(void **state)
{
	struct ext_facts facts = small_blocks();

	(void)state;
	facts.cluster_blocks = 16;
	assert_int_equal(ext_size_blocks(&facts, 104 * MIB + 15 * 1024), 106496);
}

static void two_steps_where_room_is_needed_to_move(void **state)
{
	struct ext_facts facts = small_blocks();
	/* 104 MiB have 13 groups: one descriptor block, and 256 in reserve */
	const uint64_t reserved = UINT64_C(257) * 32 * 8192 + 1;
	/* 6 of 13 groups have a superblock (0, 1, 3, 5, 7, 9): in each one block gives way to
	 * descriptors, with what lies there, and two inode tables */
	const uint64_t needed = 6 * (3 + 2 * 512);

	(void)state;
	assert_int_equal(ext_size_first_step(&facts, reserved), reserved);
	assert_int_equal(ext_size_first_step(&facts, reserved + 1), 26 * 8192 + 1);
	facts.free_blocks = needed;
	assert_int_equal(ext_size_first_step(&facts, reserved + 1), reserved + 1);
	facts.free_blocks = needed - 1;
	assert_int_equal(ext_size_first_step(&facts, reserved + 1), 26 * 8192 + 1);
	facts.reserved_gdt_blocks = 0;
	assert_int_equal(ext_size_first_step(&facts, reserved + 1), reserved + 1);
}

static void the_first_step_uses_no_more_than_what_is_reserved(void **state)
{
	struct ext_facts facts = small_blocks();

	(void)state;
	facts.reserved_gdt_blocks = 1;
	/* so many descriptors that no doubling makes room */
	assert_int_equal(ext_size_first_step(&facts, UINT64_C(1) << 40), 2 * 32 * 8192 + 1);
}

/* That many blocks, all of which resize2fs would make. */
static void limit_is(struct ext_facts *facts, uint64_t largest_blocks)
{
	const uint64_t start_bytes = 33792 * 512;
	struct limit limit = ext_size_limit(facts, start_bytes, 512);

	assert_int_equal(ext_size_largest_blocks(facts), largest_blocks);
	assert_int_equal(limit.reason, REASON_FS_LIMIT);
	assert_int_equal(limit.largest_disk_bytes,
			 start_bytes + largest_blocks * facts->common.block_bytes);
	assert_int_equal(ext_size_blocks(facts, limit.largest_disk_bytes - start_bytes),
			 largest_blocks);
}

static void descriptors_limit_small_blocks(void **state)
{
	struct ext_facts facts = small_blocks();

	(void)state;
	/* 8191 blocks of 32 descriptors of groups of 8 MiB */
	facts.has_flex_bg = true;
	limit_is(&facts, UINT64_C(8191) * 32 * 8192 + 1);
	facts.is_64bit = true;
	facts.descriptors_per_block = 16;
	limit_is(&facts, UINT64_C(8191) * 16 * 8192 + 1);
	/* the superblock needs its place also where the first group begins at 0 */
	facts.first_data_block = 0;
	limit_is(&facts, UINT64_C(8191) * 16 * 8192);
}

static void without_flex_bg_a_group_holds_its_own_tables(void **state)
{
	struct ext_facts facts = small_blocks();

	(void)state;
	/* superblock, two bitmaps and 512 blocks of inodes are not for descriptors */
	limit_is(&facts, UINT64_C(7677) * 32 * 8192 + 1);
	facts.has_meta_bg = true;
	limit_is(&facts, UINT64_C(8191) * 32 * 8192 + 1);
}

static void what_is_there_is_never_beyond_the_limit(void **state)
{
	struct ext_facts facts = small_blocks();

	(void)state;
	facts.inode_table_blocks = 8189; /* hostile: no block is left for descriptors */
	assert_int_equal(ext_size_largest_blocks(&facts), facts.common.blocks);
	facts.blocks_per_group = 1;
	facts.first_data_block = 2;
	assert_int_equal(ext_size_largest_blocks(&facts), facts.common.blocks);
}

static void the_limit_is_whole_sectors(void **state)
{
	struct ext_facts facts = small_blocks();
	struct limit limit = ext_size_limit(&facts, 4096, 4096);

	(void)state;
	/* one block of 1 KiB is over */
	assert_int_equal(limit.largest_disk_bytes, 4096 + UINT64_C(7677) * 32 * 8192 * 1024);
}

static void the_refusal_names_the_limit(void **state)
{
	struct ext_facts facts = small_blocks();
	struct fault fault;

	(void)state;
	assert_int_equal(ext_size_refuse(&facts, 4 * TIB, &fault), -1);
	assert_int_equal(fault.reason, REASON_FS_LIMIT);
	assert_string_equal(fault.message,
			    "ext4 with blocks of 1024 bytes and without the 64bit feature cannot "
			    "be larger than 1.8 TiB, and the partition would have 4 TiB "
			    "(4398046511104 bytes)");
}

static void block_and_inode_numbers_have_32_bits(void **state)
{
	struct ext_facts facts = { .common.type = "ext4",
				   .common.block_bytes = 4096,
				   .blocks_per_group = 32768,
				   .inodes_per_group = 8192,
				   .inode_table_blocks = 512,
				   .descriptors_per_block = 128,
				   .cluster_blocks = 1,
				   .has_flex_bg = true,
				   .has_sparse_super = true };

	(void)state;
	limit_is(&facts, UINT32_MAX);
	facts.cluster_blocks = 16;
	limit_is(&facts, UINT32_MAX - 15);
	facts.cluster_blocks = 1;
	facts.is_64bit = true;
	facts.descriptors_per_block = 64;
	/* now inode numbers are what runs out */
	limit_is(&facts, (uint64_t)(UINT32_MAX / 8192) * 32768);
}

static void a_limit_within_a_group_is_without_its_rest(void **state)
{
	struct ext_facts facts = small_blocks();

	(void)state;
	/* 2^32 - 1 blocks end 31 blocks into a group, too few for its tables */
	facts.first_data_block = 0;
	facts.has_flex_bg = true;
	facts.blocks_per_group = 8176;
	facts.descriptors_per_block = 1024;
	limit_is(&facts, UINT32_MAX - UINT32_MAX % 8176);
}

/* As large as a superblock can make it: nothing overflows. */
static void a_hostile_superblock_cannot_overflow(void **state)
{
	struct ext_facts facts = small_blocks();
	struct limit limit;

	(void)state;
	facts.is_64bit = facts.has_flex_bg = true;
	facts.common.block_bytes = 65536;
	facts.blocks_per_group = UINT32_MAX;
	facts.descriptors_per_block = 2048;
	facts.inodes_per_group = 1;
	facts.inode_table_blocks = UINT32_MAX;
	facts.reserved_gdt_blocks = UINT16_MAX;
	limit = ext_size_limit(&facts, UINT64_C(1) << 44, 512);
	assert_true(limit.largest_disk_bytes <= INT64_MAX);
	assert_true(limit.largest_disk_bytes > UINT64_C(1) << 61);
}

static void small_file_systems_get_plain_bits(void **state)
{
	struct ext_facts facts = small_blocks();
	char config[EXT_BITMAPS_CONFIG_BYTES];

	(void)state;
	ext_bitmaps_config(&facts, 256 * MIB, config);
	assert_string_equal(config, "[bitmaps]\n"
				    "\tblock_found_map = 1\n\tinode_used_map = 1\n"
				    "\tblock_metadata_map = 1\n\tinode_dir_map = 1\n"
				    "\tfs_bitmaps = 1\n\tinode_reg_map = 1\n");
}

static void bitmaps_take_an_eighth_of_the_memory(void **state)
{
	struct ext_facts facts = small_blocks();
	char config[EXT_BITMAPS_CONFIG_BYTES];

	(void)state;
	facts.common.blocks = 256 * MIB / 3;
	ext_bitmaps_config(&facts, 256 * MIB, config);
	assert_non_null(strstr(config, "block_found_map"));
	assert_non_null(strstr(config, "inode_used_map"));
	facts.common.blocks += 8;
	ext_bitmaps_config(&facts, 256 * MIB, config);
	assert_null(strstr(config, "block"));
	assert_null(strstr(config, "fs_bitmaps"));
	assert_non_null(strstr(config, "inode_used_map"));
	facts.inodes_per_group = facts.blocks_per_group;
	ext_bitmaps_config(&facts, 256 * MIB, config);
	assert_string_equal(config, "[bitmaps]\n");
}

static void problems_are_read_from_the_log(void **state)
{
	struct fs_problem problem;

	(void)state;
	assert_true(ext_check_parse_problem(
		"<problem code=\"0x010008\" answer=\"1\" fixed=\"1\" ino=\"12\"/>\n", &problem));
	assert_string_equal(problem.code, "0x010008");
	assert_int_equal(problem.inode, 12);
	assert_true(problem.is_fixed);
	assert_true(
		ext_check_parse_problem("<problem code=\"0x050000\" answer=\"0\"/>\n", &problem));
	assert_false(problem.is_fixed);
	assert_false(ext_check_parse_problem("<header code=\"0x010000\"/>\n", &problem));
	assert_false(ext_check_parse_problem("", &problem));
}

static void progress_of_a_check_runs_from_0_to_100(void **state)
{
	(void)state;
	assert_int_equal(ext_check_parse_progress("1 0 26 /dev/sda2"), 0);
	assert_int_equal(ext_check_parse_progress("1 13 26 /dev/sda2"), 35);
	assert_int_equal(ext_check_parse_progress("2 0 5 /dev/sda2"), 70);
	assert_int_equal(ext_check_parse_progress("5 26 26 /dev/sda2"), 100);
	assert_int_equal(ext_check_parse_progress("6 1 2 x"), -1);
	assert_int_equal(ext_check_parse_progress("1 3 2 x"), -1);
	assert_int_equal(ext_check_parse_progress("1 0 0 x"), -1);
	assert_int_equal(ext_check_parse_progress("pass"), -1);
}

static int feed(struct grow_progress *progress, const char *text)
{
	return ext_grow_progress(progress, text, strlen(text));
}

static void progress_of_a_resize_counts_marks(void **state)
{
	struct grow_progress progress = { 0 };

	(void)state;
	assert_int_equal(feed(&progress, "Resizing the filesystem on /dev/X to 5 blocks.\n"), 0);
	assert_int_equal(feed(&progress, "Begin pa"), 0);
	assert_int_equal(feed(&progress, "ss 1 (max = 7)\nExtending the inode table     "), 0);
	assert_int_equal(feed(&progress, "XXXXXXXXXXXXXXXXXXXX"), 10);
	assert_int_equal(feed(&progress, "\nBegin pass 5 (max = 9)\n"), 80);
	assert_int_equal(feed(&progress, "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"), 100);
}

static void the_telling_line_of_a_tool_is_found(void **state)
{
	struct tool_output output = { .used_bytes = 0 };
	static const char said[] = "e2fsck 1.47.0\nroot: Inode 12 is wrong\x1b\n\n\n"
				   "root: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.\n\t(i.e.)\n";
	static const char more[] = "Scanning ---\b\b\bresize2fs: New size too large\n\n";

	(void)state;
	assert_string_equal(tool_output_last_line(&output, "e2fsck", NULL), "");
	tool_output_add(&output, said, strlen(said));
	assert_string_equal(tool_output_last_line(&output, "e2fsck", "UNEXPECTED"),
			    "root: Inode 12 is wrong\xef\xbf\xbd");
	for (int i = 0; i < 200; i++)
		tool_output_add(&output, more, strlen(more));
	assert_string_equal(tool_output_last_line(&output, "resize2fs", NULL),
			    "New size too large");
}

static int signal_in(const char *said)
{
	struct tool_output output = { .used_bytes = 0 };

	tool_output_add(&output, said, strlen(said));
	return tool_output_signal(&output);
}

static void a_caught_signal_is_read_from_the_output(void **state)
{
	(void)state;
	assert_int_equal(signal_in("Signal (11) SIGSEGV si_code=SEGV_MAPERR\n[0x41]\n"), 11);
	assert_int_equal(signal_in("e2fsck 1.47.0\nSignal (8) SIGFPE\n"), 8);
	assert_int_equal(signal_in("root: Signal (11) SIGSEGV\n"), 0);
	assert_int_equal(signal_in("Signal (11"), 0);
	assert_int_equal(signal_in("Signal ("), 0);
	assert_int_equal(signal_in("Signal ()"), 0);
	assert_int_equal(signal_in("Signal (99999) x\n"), 0);
	assert_int_equal(signal_in("Signal (x)\nSignal (7) SIGBUS\n"), 7);
	assert_int_equal(signal_in(""), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(blocks_fill_the_partition),
	cmocka_unit_test(a_last_group_without_room_for_data_is_left_out),
	cmocka_unit_test(a_backup_in_the_last_group_takes_room_too),
	cmocka_unit_test(clusters_are_kept_whole),
	cmocka_unit_test(two_steps_where_room_is_needed_to_move),
	cmocka_unit_test(the_first_step_uses_no_more_than_what_is_reserved),
	cmocka_unit_test(descriptors_limit_small_blocks),
	cmocka_unit_test(without_flex_bg_a_group_holds_its_own_tables),
	cmocka_unit_test(what_is_there_is_never_beyond_the_limit),
	cmocka_unit_test(the_limit_is_whole_sectors),
	cmocka_unit_test(the_refusal_names_the_limit),
	cmocka_unit_test(block_and_inode_numbers_have_32_bits),
	cmocka_unit_test(a_limit_within_a_group_is_without_its_rest),
	cmocka_unit_test(a_hostile_superblock_cannot_overflow),
	cmocka_unit_test(small_file_systems_get_plain_bits),
	cmocka_unit_test(bitmaps_take_an_eighth_of_the_memory),
	cmocka_unit_test(problems_are_read_from_the_log),
	cmocka_unit_test(progress_of_a_check_runs_from_0_to_100),
	cmocka_unit_test(progress_of_a_resize_counts_marks),
	cmocka_unit_test(the_telling_line_of_a_tool_is_found),
	cmocka_unit_test(a_caught_signal_is_read_from_the_output),
};
UNIT_MAIN(tests)
