/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fdisk.h"

#include <errno.h>
#include <libfdisk/libfdisk.h>
#include <stdlib.h>
#include <string.h>

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

static struct fdisk_context *open_context(const struct disk *disk, struct fault *fault)
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
	fdisk_enable_listonly(context, 1);
	if (disk->is_file) /* a device tells it */
		fdisk_save_user_sector_size(context, disk->sector_bytes, disk->sector_bytes);
	result = fdisk_assign_device(context, disk->path, 1);
	if (result == 0)
		return context;
	fdisk_unref_context(context);
	fault_set_errno(fault, REASON_DISK_IO, -result, "%s cannot be read", disk->name);
	return NULL;
}

static int refuse_label(const struct fdisk_label *label, const char *expected, struct fault *fault)
{
	if (strcmp(expected, "gpt") == 0)
		return fault_set(fault, REASON_TABLE_INVALID,
				 "libfdisk does not recognise the GPT of this disk");
	if (!label)
		fault_set(fault, REASON_TABLE_NOT_MBR, "the disk has no partition table");
	else
		fault_set(fault, REASON_TABLE_NOT_MBR,
			  "the disk has a partition table of type %s, neither MBR nor GPT",
			  fdisk_label_get_name(label));
	return fault_hint(fault,
			  "use a disk with an MBR, a GPT, or one file system on the whole disk");
}

static struct table_entry describe(struct fdisk_partition *partition)
{
	struct fdisk_parttype *type = fdisk_partition_get_type(partition);

	return (struct table_entry){
		.part.number = (unsigned)fdisk_partition_get_partno(partition) + 1,
		.part.start_lba = fdisk_partition_get_start(partition),
		.part.size_sectors = fdisk_partition_get_size(partition),
		.part.type = type ? fdisk_parttype_get_code(type) : 0,
		.bootable = fdisk_partition_is_bootable(partition) == 1,
	};
}

static int read_entries(struct fdisk_context *context, struct partition_table *table,
			struct fault *fault)
{
	size_t slots = fdisk_get_npartitions(context);

	table->entries = calloc(slots + 1, sizeof(*table->entries));
	if (!table->entries)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the partition table");
	for (size_t slot = 0; slot < slots; slot++) {
		cleanup_partition struct fdisk_partition *partition = NULL;

		if (!fdisk_is_partition_used(context, slot))
			continue;
		if (fdisk_get_partition(context, slot, &partition) != 0)
			return fault_set(fault, REASON_TABLE_INVALID,
					 "entry %zu of the partition table cannot be read",
					 slot + 1);
		table->entries[table->count++] = describe(partition);
	}
	return 0;
}

int fdisk_table_read(const struct disk *disk, const char *label, struct partition_table *ret_table,
		     struct fault *fault)
{
	cleanup_context struct fdisk_context *context = open_context(disk, fault);
	cleanup_partition_table struct partition_table table = { 0 };
	const struct fdisk_label *found;
	char *disk_id = NULL;

	if (!context)
		return -1;
	found = fdisk_get_label(context, NULL);
	if (!found || strcmp(fdisk_label_get_name(found), label) != 0)
		return refuse_label(found, label, fault);
	strncpy(table.label, label, sizeof(table.label) - 1);
	if (fdisk_get_disklabel_id(context, &disk_id) == 0 && disk_id)
		strncpy(table.disk_id, disk_id, sizeof(table.disk_id) - 1);
	free(disk_id);
	if (read_entries(context, &table, fault) < 0)
		return -1;
	*ret_table = table;
	table.entries = NULL;
	return 0;
}

int fdisk_table_verify(const struct disk *disk, struct fault *fault)
{
	cleanup_context struct fdisk_context *context = open_context(disk, fault);

	if (!context)
		return -1;
	if (!fdisk_has_label(context) || fdisk_verify_disklabel(context) != 0)
		return fault_set(fault, REASON_INTERNAL,
				 "libfdisk finds an error in the partition table that was written");
	return 0;
}

const char *fdisk_library_version(void)
{
	const char *version = NULL;

	fdisk_get_library_version(&version);
	return version ? version : "";
}
