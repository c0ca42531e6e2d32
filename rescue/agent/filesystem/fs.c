/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"

#include "base/content.h"
#include "btrfs.h"
#include "ext.h"
#include "f2fs.h"
#include "squashfs.h"
#include "swap.h"
#include "xfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fs_ops *const kinds[] = { &ext_ops,	 &xfs_ops,  &btrfs_ops,
					      &f2fs_ops, &swap_ops, &squashfs_ops };

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

#define TYPES_BYTES 128

void fs_target_move(struct fs_target *target, uint64_t offset_bytes)
{
	target->offset_bytes += offset_bytes;
	if (target->offset_bytes == 0)
		snprintf(target->device, sizeof(target->device), "%s", target->path);
	else
		snprintf(target->device, sizeof(target->device), "%s?offset=%" PRIu64, target->path,
			 target->offset_bytes);
}

void fs_target_set(const struct disk *disk, unsigned partition, uint64_t start_bytes,
		   struct fs_target *ret_target)
{
	size_t length = strlen(disk->path);
	bool ends_in_digit =
		length > 0 && disk->path[length - 1] >= '0' && disk->path[length - 1] <= '9';

	ret_target->offset_bytes = 0;
	if (disk->is_file || partition == 0) /* 0: the disk has no table */
		snprintf(ret_target->path, sizeof(ret_target->path), "%s", disk->path);
	else /* the kernel's rule: nvme0n1 -> nvme0n1p2, sda -> sda2 */
		snprintf(ret_target->path, sizeof(ret_target->path), "%s%s%u", disk->path,
			 ends_in_digit ? "p" : "", partition);
	fs_target_move(ret_target, disk->is_file ? start_bytes : 0);
}

void fs_target_set_device(const char *device, struct fs_target *ret_target)
{
	*ret_target = (struct fs_target){ .offset_bytes = 0 };
	snprintf(ret_target->path, sizeof(ret_target->path), "%s", device);
	fs_target_move(ret_target, 0);
}

static bool is_in(const char *type, const char *const *types)
{
	for (; types && *types; types++)
		if (strcmp(*types, type) == 0)
			return true;
	return false;
}

static const struct fs_ops *find(const char *type)
{
	for (size_t i = 0; i < KINDS; i++)
		if (is_in(type, kinds[i]->types) || is_in(type, kinds[i]->others))
			return kinds[i];
	return NULL;
}

/* "ext2, ext3 or ext4", with that word before the last one. */
static const char *list_types(const char *word, char out[static TYPES_BYTES])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < KINDS; i++)
		for (const char *const *type = kinds[i]->types; *type && used < TYPES_BYTES;
		     type++) {
			bool is_last = i + 1 == KINDS && !type[1];
			const char *between = used == 0 ? "" : is_last ? word : ", ";

			used += (size_t)snprintf(out + used, TYPES_BYTES - used, "%s%s", between,
						 *type);
		}
	return out;
}

/* "LUKS (crypto_LUKS)", or one word where both are the same. */
static const char *describe(const char *type, char out[static TYPES_BYTES])
{
	const char *name = content_name(type);

	if (strcmp(name, type) == 0)
		snprintf(out, TYPES_BYTES, "%s", type);
	else
		snprintf(out, TYPES_BYTES, "%s (%s)", name, type);
	return out;
}

/* Of a partition, not of a disk without a table: what is left to do. */
static int hint_partition_only(const struct content *content, struct fault *fault)
{
	if (!content)
		return fault_hint(fault, "--partition-only grows the partition without its "
					 "contents; --partition chooses another one");
	if (!content->grower)
		return fault_hint(fault,
				  "%s cannot grow; --partition-only grows the partition without "
				  "it, --partition chooses another one",
				  content->name);
	return fault_hint(fault,
			  "--partition-only grows the partition; then, in its own system: %s",
			  content->grower);
}

int fs_check_type(const char *type, unsigned partition, struct fault *fault)
{
	char types[TYPES_BYTES], name[DISK_PART_NAME_BYTES], what[TYPES_BYTES];

	if (find(type))
		return 0;
	if (type[0] == '\0')
		fault_set(fault, REASON_FS_UNKNOWN, "%s has no known contents",
			  disk_part_name(partition, name));
	else
		fault_set(fault, REASON_FS_UNKNOWN, "%s holds %s, not %s",
			  disk_part_name(partition, name), describe(type, what),
			  list_types(" or ", types));
	if (partition != 0)
		return hint_partition_only(content_find(type), fault);
	return fault_hint(fault, "grow-disk grows only %s", list_types(" and ", types));
}

int fs_open(const char *type, const struct fs_target *target, struct fs **ret_fs,
	    struct fault *fault)
{
	const struct fs_ops *ops = find(type);

	struct fs *fs;

	if (!ops)
		return fault_set(fault, REASON_INTERNAL, "%s has no operations", type);
	fs = calloc(1, ops->struct_bytes);
	if (!fs)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the facts");
	fs->ops = ops;
	fs->program = ops->program;
	fs->target = *target;
	if (ops->read(fs, fault) < 0) {
		fs_close(&fs);
		return -1;
	}
	*ret_fs = fs;
	return 0;
}

void fs_close(struct fs **fs)
{
	if (*fs && (*fs)->ops->release)
		(*fs)->ops->release(*fs);
	free(*fs);
	*fs = NULL;
}
