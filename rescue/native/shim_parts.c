/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim_parts.h"

#include "shim.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define DISK_PATH "/dev/" SHIM_DISK_NAME

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

int shim_parse_name(const struct shared *shared, const char *path, uint64_t *ret_skip_bytes)
{
	const char *at = path + strlen(DISK_PATH);
	long number = 0;
	char *end;

	*ret_skip_bytes = 0;
	if (strncmp(path, DISK_PATH, strlen(DISK_PATH)) != 0)
		return -1;
	if (isdigit((unsigned char)*at)) {
		number = strtol(at, &end, 10);
		at = end;
		if (number <= 0 || number > INT_MAX || !shim_part(shared, (int)number))
			return -1;
	}
	if (*at == '@' && isdigit((unsigned char)at[1])) {
		*ret_skip_bytes = strtoull(at + 1, &end, 10);
		at = end;
	}
	return *at == '\0' ? (int)number : -1;
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
