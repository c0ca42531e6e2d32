/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <blkid/blkid.h>
#include <stdio.h>

#define FOUND	  0
#define NOTHING	  1
#define AMBIGUOUS -2

static void free_probe(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

/* libblkid's own answer: FOUND, NOTHING, AMBIGUOUS, or another negative. */
static int probe_range(const struct disk *disk, uint64_t start_bytes, uint64_t size_bytes,
		       char ret_type[PROBE_TYPE_BYTES])
{
	__attribute__((cleanup(free_probe))) blkid_probe probe = blkid_new_probe();
	const char *type = NULL;
	int answer;

	ret_type[0] = '\0';
	if (!probe || blkid_probe_set_device(probe, disk->fd, (blkid_loff_t)start_bytes,
					     (blkid_loff_t)size_bytes) < 0)
		return -1;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	answer = blkid_do_safeprobe(probe);
	if (answer == FOUND && blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0)
		snprintf(ret_type, PROBE_TYPE_BYTES, "%s", type);
	return answer;
}

static int refuse_disk(const char *what, struct fault *fault)
{
	fault_set(fault, REASON_TABLE_AMBIGUOUS,
		  "the disk has a partition table, but as a whole it also looks like %s", what);
	return fault_hint(fault, "find out which of the two holds the data: what is cleared is "
				 "lost, and clearing the wrong one destroys the disk's content");
}

int probe_disk(const struct disk *disk, struct fault *fault)
{
	char type[PROBE_TYPE_BYTES];

	switch (probe_range(disk, 0, disk->size_bytes, type)) {
	case NOTHING:
		return 0;
	case FOUND:
		return refuse_disk(type, fault);
	case AMBIGUOUS:
		return refuse_disk("several other things", fault);
	default:
		return fault_set(fault, REASON_DISK_IO, "%s cannot be read", disk->name);
	}
}

int probe_partition(const struct disk *disk, uint64_t start_bytes, uint64_t size_bytes,
		    char ret_type[PROBE_TYPE_BYTES], struct fault *fault)
{
	switch (probe_range(disk, start_bytes, size_bytes, ret_type)) {
	case FOUND:
	case NOTHING:
		return 0;
	case AMBIGUOUS:
		fault_set(fault, REASON_FS_AMBIGUOUS,
			  "the partition holds signatures of more than one kind of content");
		return fault_hint(fault,
				  "wipefs -n lists them and changes nothing; removing the one "
				  "that is in use would lose the data");
	default:
		return fault_set(fault, REASON_DISK_IO, "%s cannot be read", disk->name);
	}
}
