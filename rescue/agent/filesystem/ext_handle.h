/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A handle of libext2fs, closed at the end of its scope. */
#ifndef FILESYSTEM_EXT_HANDLE_H
#define FILESYSTEM_EXT_HANDLE_H

#include <ext2fs/ext2fs.h>

static inline void ext_close(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_close_free(fs);
}
#define cleanup_ext __attribute__((cleanup(ext_close)))

#endif
