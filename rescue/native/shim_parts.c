/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim_parts.h"

#include <errno.h>

static int find(const struct shared *shared, int number)
{
	for (int i = 0; i < SHARED_PARTS; i++)
		if (shared->parts[i].number == number)
			return i;
	return -1;
}

const struct shared_part *shim_part(const struct shared *shared, int number)
{
	int at = find(shared, number);

	return at < 0 ? NULL : &shared->parts[at];
}

int shim_tell_parts(struct shared *shared, uint64_t disk_bytes,
		    const struct blkpg_ioctl_arg *argument)
{
	const struct blkpg_partition *told = argument->data;
	const bool adds = argument->op == BLKPG_ADD_PARTITION;
	int known = find(shared, told->pno), at = adds ? find(shared, 0) : known;

	errno = EINVAL;
	if ((!adds && argument->op != BLKPG_RESIZE_PARTITION) || told->pno <= 0 ||
	    told->start < 0 || told->length < 0 || (uint64_t)told->start > disk_bytes ||
	    (uint64_t)told->length > disk_bytes - (uint64_t)told->start)
		return -1;
	errno = known >= 0 ? EBUSY : ENXIO;
	if (at < 0 || (adds && known >= 0))
		return -1;
	shared->parts[at] =
		(struct shared_part){ told->pno, (uint64_t)told->start, (uint64_t)told->length };
	return 0;
}
