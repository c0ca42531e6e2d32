/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/filesystem/fs.h"
#include "unit.h"

#include <string.h>

static void known_types_are_accepted(void **state)
{
	struct fault fault = { 0 };

	(void)state;
	assert_int_equal(fs_check_type("ext2", 1, &fault), 0);
	assert_int_equal(fs_check_type("ext3", 1, &fault), 0);
	assert_int_equal(fs_check_type("ext4", 1, &fault), 0);
	assert_int_equal(fs_check_type("xfs", 1, &fault), 0);
	assert_int_equal(fs_check_type("btrfs", 1, &fault), 0);
	assert_int_equal(fs_check_type("swap", 1, &fault), 0);
	assert_int_equal(fs_check_type("swsuspend", 1, &fault), 0); /* open refuses it */
	assert_int_equal(fault.reason, REASON_NONE);
}

#define KINDS "ext2, ext3, ext4, xfs, btrfs, f2fs, swap or squashfs"

static void others_are_refused_by_name(void **state)
{
	struct fault fault;

	(void)state;
	assert_int_equal(fs_check_type("ntfs", 2, &fault), -1);
	assert_int_equal(fault.reason, REASON_FS_UNKNOWN);
	assert_string_equal(fault.message, "partition 2 holds NTFS (ntfs), not " KINDS);
	assert_string_equal(fault.hint,
			    "--partition-only grows the partition; then, in its "
			    "own system: the Disk Management of Windows, or ntfsresize");
	assert_int_equal(fs_check_type("crypto_LUKS", 4, &fault), -1);
	assert_string_equal(fault.message, "partition 4 holds LUKS (crypto_LUKS), not " KINDS);
	assert_int_equal(fs_check_type("exfat", 4, &fault), -1);
	assert_string_equal(fault.hint, "exFAT cannot grow; --partition-only grows the partition "
					"without it, --partition chooses another one");
	assert_int_equal(fs_check_type("", 3, &fault), -1);
	assert_string_equal(fault.message, "partition 3 has no known contents");
	assert_string_equal(fault.hint, "--partition-only grows the partition without its "
					"contents; --partition chooses another one");
	assert_int_equal(fs_check_type("ntfs", 0, &fault), -1);
	assert_string_equal(fault.message, "the disk holds NTFS (ntfs), not " KINDS);
	assert_string_equal(fault.hint,
			    "grow-disk grows only ext2, ext3, ext4, xfs, btrfs, f2fs, swap "
			    "and squashfs");
	assert_int_equal(fs_check_type("ext", 1, &fault), -1);
	assert_int_equal(fs_check_type("ext44", 1, &fault), -1);
}

static const char *device_of(const struct disk *disk, struct fs_target *target)
{
	fs_target_set(disk, 2, 1048576, target);
	return target->device;
}

static void a_partition_is_named_as_the_kernel_does(void **state)
{
	struct disk disk = { .path = "/dev/sda" };
	struct fs_target target;

	(void)state;
	assert_string_equal(device_of(&disk, &target), "/dev/sda2");
	strcpy(disk.path, "/dev/nvme0n1");
	assert_string_equal(device_of(&disk, &target), "/dev/nvme0n1p2");
	strcpy(disk.path, "disk.img");
	disk.is_file = true;
	assert_string_equal(device_of(&disk, &target), "disk.img?offset=1048576");
	assert_string_equal(target.path, "disk.img");
	fs_target_move(&target, 512);
	assert_string_equal(target.device, "disk.img?offset=1049088");
	assert_int_equal(target.offset_bytes, 1049088);
}

static void what_cannot_be_opened_leaves_nothing(void **state)
{
	const struct fs_target target = { .device = "/nonexistent" };
	struct fs *fs = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(fs_open("ext4", &target, &fs, &fault), -1);
	assert_int_equal(fault.reason, REASON_DISK_IO);
	assert_null(fs);
	assert_int_equal(fs_open("ntfs", &target, &fs, &fault), -1);
	assert_int_equal(fault.reason, REASON_INTERNAL);
	fs_close(&fs);
	assert_null(fs);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(known_types_are_accepted),
	cmocka_unit_test(others_are_refused_by_name),
	cmocka_unit_test(a_partition_is_named_as_the_kernel_does),
	cmocka_unit_test(what_cannot_be_opened_leaves_nothing),
};
UNIT_MAIN(tests)
