/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "share.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define TAG	"share" /* of the host's device */
#define OPTIONS "trans=virtio,version=9p2000.L,msize=131072"

int share_mount(enum share share, struct fault *fault)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | (share == SHARE_READ ? MS_RDONLY : 0);

	if (share == SHARE_NO)
		return 0;
	mkdir(SHARE_FOLDER, 0755);
	if (mount(TAG, SHARE_FOLDER, "9p", flags, OPTIONS) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "the directory of the host cannot be mounted");
	return 0;
}
