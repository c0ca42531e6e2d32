/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fstab.h"

#include "base/cleanup.h"
#include "ext_handle.h"

/* Up to that many bytes of a regular file; 0 where it cannot be read. */
static unsigned read_file(ext2_filsys fs, const char *path, char *out, unsigned max_bytes)
{
	struct ext2_inode inode;
	ext2_file_t file;
	ext2_ino_t number;
	unsigned got = 0;

	if (ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &number) != 0 ||
	    ext2fs_read_inode(fs, number, &inode) != 0 || !LINUX_S_ISREG(inode.i_mode) ||
	    ext2fs_file_open(fs, number, 0, &file) != 0)
		return 0;
	if (ext2fs_file_read(file, out, max_bytes, &got) != 0)
		got = 0;
	(void)ext2fs_file_close(file);
	return got;
}

bool fstab_read_root(const struct fs_target *target, struct fstab_root *ret_root)
{
	cleanup_ext ext2_filsys fs = NULL;
	cleanup_free char *text = malloc(FSTAB_MAX_BYTES);
	const int flags =
		EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES | EXT2_FLAG_IGNORE_CSUM_ERRORS;

	if (!text || ext2fs_open2(target->device, NULL, flags, 0, 0, unix_io_manager, &fs) != 0)
		return false;
	return fstab_find_root(text, read_file(fs, "/etc/fstab", text, FSTAB_MAX_BYTES), ret_root);
}
