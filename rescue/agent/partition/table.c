/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include "base/io.h"
#include "chs.h"

#include <errno.h>
#include <libfdisk/libfdisk.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECTOR0_BYTES  512
#define ENTRIES_OFFSET 446
#define ENTRY_BYTES    16

#define OVERLOOKED_SECTORS 8

static void unref_context(struct fdisk_context **context)
{
	fdisk_unref_context(*context);
}

static void unref_partition(struct fdisk_partition **partition)
{
	fdisk_unref_partition(*partition);
}

#define cleanup_context	  __attribute__((cleanup(unref_context)))
#define cleanup_partition __attribute__((cleanup(unref_partition)))

/* libfdisk would print its warnings itself; we tell what matters by faults. */
static int stay_silent(struct fdisk_context *context, struct fdisk_ask *ask, void *data)
{
	(void)context, (void)ask, (void)data;
	return 0;
}

static struct fdisk_context *open_context(const struct disk *disk, bool read_only,
					  struct fault *fault)
{
	struct fdisk_context *context = fdisk_new_context();
	int result;

	if (!context) {
		fault_set(fault, REASON_NO_MEMORY, "no memory for libfdisk");
		return NULL;
	}
	fdisk_set_ask(context, stay_silent, NULL);
	fdisk_disable_dialogs(context, 1);
	/* Else libfdisk probes the whole disk for signatures (fdisk_is_ptcollision),
	 * each time: probe_disk does, once. */
	fdisk_enable_listonly(context, read_only);
	result = fdisk_assign_device(context, disk->path, read_only);
	if (result == 0)
		return context;
	fdisk_unref_context(context);
	fault_set_errno(fault, REASON_DISK_IO, -result, "%s cannot be read", disk->name);
	return NULL;
}

static int refuse_label(struct fdisk_context *context, struct fault *fault)
{
	const struct fdisk_label *label = fdisk_get_label(context, NULL);

	if (!label) {
		fault_set(fault, REASON_TABLE_NOT_MBR, "the disk has no partition table");
		return fault_hint(fault, "only disks with an MBR partition table can be grown yet");
	}
	fault_set(fault, REASON_TABLE_NOT_MBR, "the disk has a partition table of type %s, not MBR",
		  fdisk_label_get_name(label));
	return fault_hint(fault, "only disks with an MBR partition table can be grown yet");
}

static int read_sector0(const struct disk *disk, unsigned char *bytes, struct fault *fault)
{
	errno = EIO; /* for a short read */
	if (pread(disk->fd, bytes, SECTOR0_BYTES, 0) != SECTOR0_BYTES)
		return fault_set_errno(fault, REASON_DISK_IO, errno,
				       "the first sector of %s cannot be read", disk->name);
	return 0;
}

/* Linux takes no table with other flags for one (block/partitions/msdos.c), so
 * the guest would wait for partitions in vain. */
static int check_boot_flags(const struct disk *disk, struct fault *fault)
{
	unsigned char bytes[SECTOR0_BYTES];

	if (read_sector0(disk, bytes, fault) < 0)
		return -1;
	for (unsigned i = 0; i < TABLE_ENTRIES_MAX; i++) {
		unsigned flag = bytes[ENTRIES_OFFSET + ENTRY_BYTES * i];

		if (flag != 0x00 && flag != 0x80)
			return fault_set(
				fault, REASON_TABLE_INVALID,
				"the boot flag of partition %u is 0x%02x, neither 0 nor 0x80",
				i + 1, flag);
	}
	return 0;
}

static struct table_entry describe(const struct fdisk_partition *partition)
{
	struct fdisk_partition *p = (struct fdisk_partition *)partition;

	return (struct table_entry){
		.number = (unsigned)fdisk_partition_get_partno(p) + 1,
		.start_lba = fdisk_partition_get_start(p),
		.size_sectors = fdisk_partition_get_size(p),
		.type = fdisk_parttype_get_code(fdisk_partition_get_type(p)),
		.bootable = fdisk_partition_is_bootable(p) == 1,
	};
}

int table_read(const struct disk *disk, struct table *ret_table, struct fault *fault)
{
	cleanup_context struct fdisk_context *context = open_context(disk, true, fault);
	struct table table = { .label = "dos" };
	char *disk_id = NULL;

	if (!context)
		return -1;
	if (!fdisk_has_label(context) || !fdisk_is_labeltype(context, FDISK_DISKLABEL_DOS))
		return refuse_label(context, fault);
	if (check_boot_flags(disk, fault) < 0)
		return -1;
	if (fdisk_get_disklabel_id(context, &disk_id) == 0 && disk_id)
		strncpy(table.disk_id, disk_id, sizeof(table.disk_id) - 1);
	free(disk_id);
	for (size_t slot = 0; slot < TABLE_ENTRIES_MAX; slot++) {
		cleanup_partition struct fdisk_partition *partition = NULL;

		if (!fdisk_is_partition_used(context, slot))
			continue;
		if (fdisk_get_partition(context, slot, &partition) != 0)
			return fault_set(fault, REASON_TABLE_INVALID,
					 "entry %zu of the partition table cannot be read",
					 slot + 1);
		table.entries[table.count++] = describe(partition);
	}
	for (size_t slot = TABLE_ENTRIES_MAX; slot < fdisk_get_npartitions(context); slot++)
		table.logical_count += (size_t)fdisk_is_partition_used(context, slot);
	*ret_table = table;
	return 0;
}

/* Everything in the first sector that must stay: all of it but the entry's
 * CHS addresses (bytes 1-3 and 5-7) and size (bytes 12-15). */
static bool only_size_differs(const unsigned char *before, const unsigned char *after,
			      unsigned number)
{
	const size_t entry = ENTRIES_OFFSET + ENTRY_BYTES * (number - 1);

	for (size_t i = 0; i < SECTOR0_BYTES; i++) {
		size_t field = i - entry;
		bool may_differ =
			i >= entry && field < ENTRY_BYTES &&
			((field >= 1 && field <= 3) || (field >= 5 && field <= 7) || field >= 12);

		if (before[i] != after[i] && !may_differ)
			return false;
	}
	return true;
}

static uint32_t number_at(const unsigned char *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* libfdisk writes both CHS addresses in a geometry that the kernel makes up for this
 * disk. Put back the start, which has not moved, and keep the manner of the end. */
static void set_chs(const unsigned char *before, unsigned char *after, const struct plan *plan)
{
	struct chs_entry entries[CHS_ENTRIES];
	unsigned char *target = after + ENTRIES_OFFSET + ENTRY_BYTES * (plan->number - 1);

	for (size_t i = 0; i < CHS_ENTRIES; i++) {
		const unsigned char *entry = before + ENTRIES_OFFSET + ENTRY_BYTES * i;

		memcpy(entries[i].start, entry + 1, CHS_BYTES);
		memcpy(entries[i].end, entry + 5, CHS_BYTES);
		entries[i].start_lba = number_at(entry + 8);
		entries[i].sectors = number_at(entry + 12);
	}
	memcpy(target + 1, entries[plan->number - 1].start, CHS_BYTES);
	chs_end(entries, plan->number - 1, plan->sectors_after, target + 5);
}

static int write_sector0(const struct disk *disk, const unsigned char *bytes, struct fault *fault)
{
	errno = EIO;
	if (pwrite(disk->fd, bytes, SECTOR0_BYTES, 0) != SECTOR0_BYTES || fsync(disk->fd) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno,
				       "the first sector of %s cannot be written", disk->name);
	return 0;
}

/* In memory; 0 or a negative errno of libfdisk. */
static int set_size(struct fdisk_context *context, unsigned number, uint64_t size_sectors)
{
	cleanup_partition struct fdisk_partition *change = fdisk_new_partition();

	if (!change)
		return -ENOMEM;
	fdisk_partition_set_size(change, size_sectors);
	fdisk_partition_size_explicit(change, 1);
	return fdisk_set_partition(context, number - 1, change);
}

static int change_size(const struct disk *disk, const struct plan *plan, struct fault *fault)
{
	cleanup_context struct fdisk_context *context = open_context(disk, false, fault);
	int result = 0;

	if (!context)
		return -1;
	/* libfdisk overlooks free space of up to three sectors, so make more. */
	if (plan->sectors_after - plan->sectors_before < OVERLOOKED_SECTORS &&
	    plan->sectors_before > OVERLOOKED_SECTORS)
		result = set_size(context, plan->number, plan->sectors_before - OVERLOOKED_SECTORS);
	if (result == 0)
		result = set_size(context, plan->number, plan->sectors_after);
	if (result == 0)
		result = fdisk_write_disklabel(context);
	if (result != 0)
		return fault_set_errno(fault, REASON_INTERNAL, -result,
				       "libfdisk did not resize partition %u", plan->number);
	return fdisk_deassign_device(context, 1) == 0
		       ? 0
		       : fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be written",
					 disk->name);
}

int table_write(const struct disk *disk, const struct plan *plan, struct fault *fault)
{
	unsigned char before[SECTOR0_BYTES], after[SECTOR0_BYTES];

	/* The disk and its partitions have caches of their own, in blocks larger
	 * than a sector: writing the table from a stale one would put back what
	 * e2fsck has changed in a partition that begins right after it. */
	if (!disk->is_file)
		(void)ioctl(disk->fd, BLKFLSBUF, 0);
	if (read_sector0(disk, before, fault) < 0 || change_size(disk, plan, fault) < 0 ||
	    read_sector0(disk, after, fault) < 0)
		return -1;
	if (!only_size_differs(before, after, plan->number)) {
		if (write_sector0(disk, before, fault) < 0)
			return -1;
		return fault_set(fault, REASON_INTERNAL,
				 "writing the table changed more than one size; it was put back");
	}
	set_chs(before, after, plan);
	return write_sector0(disk, after, fault);
}

int table_tell_kernel(const struct disk *disk, const struct plan *plan, struct fault *fault)
{
	struct blkpg_partition partition = {
		.start = (long long)(plan->start_lba * plan->sector_bytes),
		.length = (long long)(plan->sectors_after * plan->sector_bytes),
		.pno = (int)plan->number,
	};
	struct blkpg_ioctl_arg argument = { .op = BLKPG_RESIZE_PARTITION,
					    .datalen = sizeof(partition),
					    .data = &partition };

	if (disk->is_file)
		return 0;
	if (ioctl(disk->fd, BLKPG, &argument) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "the kernel did not take the new size of partition %u",
				       plan->number);
	return 0;
}

const char *table_library_version(void)
{
	const char *version = NULL;

	fdisk_get_library_version(&version);
	return version ? version : "";
}
