/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content.h"

#include <stddef.h>
#include <string.h>

static const struct content contents[] = {
	{ "ext2", "ext2", "resize2fs" },
	{ "ext3", "ext3", "resize2fs" },
	{ "ext4", "ext4", "resize2fs" },
	{ "xfs", "xfs", "xfs_growfs" },
	{ "btrfs", "btrfs", "btrfs filesystem resize max" },
	{ "f2fs", "f2fs", "resize.f2fs" },
	{ "bcachefs", "bcachefs", "bcachefs device resize" },
	{ "vfat", "FAT", "fatresize" },
	{ "exfat", "exFAT", NULL },
	{ "ntfs", "NTFS", "the Disk Management of Windows, or ntfsresize" },
	{ "ReFS", "ReFS", "the Disk Management of Windows" },
	{ "BitLocker", "BitLocker", "the Disk Management of Windows" },
	{ "crypto_LUKS", "LUKS", "cryptsetup resize, then what grows its content" },
	{ "LVM2_member", "LVM", "pvresize, then lvextend" },
	{ "linux_raid_member", "Linux RAID", "mdadm --grow --size=max" },
	{ "zfs_member", "ZFS", "zpool online -e" },
	{ "ufs", "UFS", "growfs" },
	{ "apfs", "APFS", "diskutil apfs resizeContainer" },
	{ "swap", "swap", "mkswap, which makes it anew" },
	{ "squashfs", "squashfs", NULL },
	{ "erofs", "EROFS", NULL },
	{ "iso9660", "ISO 9660", NULL },
};

const struct content *content_find(const char *word)
{
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		if (strcmp(contents[i].word, word) == 0)
			return &contents[i];
	return NULL;
}

const char *content_name(const char *word)
{
	const struct content *content = content_find(word);

	return content ? content->name : word;
}
