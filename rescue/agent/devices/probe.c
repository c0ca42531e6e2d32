/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <blkid/blkid.h>
#include <stdio.h>
#include <string.h>

#define FOUND	  0
#define NOTHING	  1
#define AMBIGUOUS -2

static void free_probe(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

static void take_value(blkid_probe probe, const char *name, char *out, size_t out_bytes)
{
	const char *value = NULL;

	if (blkid_probe_lookup_value(probe, name, &value, NULL) == 0)
		snprintf(out, out_bytes, "%s", value);
}

/* libblkid's own answer: FOUND, NOTHING, AMBIGUOUS, or another negative. */
static int probe_range(const struct disk *disk, uint64_t start_bytes, uint64_t size_bytes,
		       struct probe_names *ret_names)
{
	__attribute__((cleanup(free_probe))) blkid_probe probe = blkid_new_probe();
	int answer;

	*ret_names = (struct probe_names){ 0 };
	if (!probe || blkid_probe_set_device(probe, disk->fd, (blkid_loff_t)start_bytes,
					     (blkid_loff_t)size_bytes) < 0)
		return -1;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_UUID);
	answer = blkid_do_safeprobe(probe);
	if (answer != FOUND)
		return answer;
	take_value(probe, "TYPE", ret_names->type, sizeof(ret_names->type));
	take_value(probe, "LABEL", ret_names->label, sizeof(ret_names->label));
	take_value(probe, "UUID", ret_names->uuid, sizeof(ret_names->uuid));
	return answer;
}

static int refuse_disk(const char *what, struct fault *fault)
{
	fault_set(fault, REASON_TABLE_AMBIGUOUS,
		  "the disk has a partition table, but as a whole it also looks like %s", what);
	return fault_hint(fault, "find out which of the two is in use, and clear the other one on "
				 "a copy of the disk");
}

int probe_disk(const struct disk *disk, struct fault *fault)
{
	struct probe_names names;

	switch (probe_range(disk, 0, disk->size_bytes, &names)) {
	case NOTHING:
		return 0;
	case FOUND:
		return refuse_disk(names.type, fault);
	case AMBIGUOUS:
		return refuse_disk("several other things", fault);
	default:
		return fault_set(fault, REASON_DISK_IO, "%s cannot be read", disk->name);
	}
}

int probe_partition(const struct disk *disk, uint64_t start_bytes, uint64_t size_bytes,
		    char ret_type[PROBE_TYPE_BYTES], struct fault *fault)
{
	struct probe_names names;
	int answer = probe_range(disk, start_bytes, size_bytes, &names);

	strcpy(ret_type, names.type);
	switch (answer) {
	case FOUND:
	case NOTHING:
		return 0;
	case AMBIGUOUS:
		fault_set(fault, REASON_FS_AMBIGUOUS,
			  "the partition has signatures of more than one kind of contents");
		return fault_hint(fault,
				  "list them with wipefs -n, which changes nothing; remove the "
				  "unused one on a copy of the disk");
	default:
		return fault_set(fault, REASON_DISK_IO, "%s cannot be read", disk->name);
	}
}

int probe_names(const struct disk *disk, uint64_t start_bytes, uint64_t size_bytes,
		struct probe_names *ret_names, struct fault *fault)
{
	int answer = probe_range(disk, start_bytes, size_bytes, ret_names);

	if (answer == FOUND || answer == NOTHING || answer == AMBIGUOUS)
		return 0;
	return fault_set(fault, REASON_DISK_IO, "%s cannot be read", disk->name);
}
