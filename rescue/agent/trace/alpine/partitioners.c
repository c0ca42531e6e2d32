/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "partitioners.h"

#include "base/spawn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MBR_SLOTS    4
#define SCRIPT_BYTES 512

static bool has_container(const struct partition_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->entries[i].part.is_container)
			return true;
	return false;
}

int partitioners_check(const struct partition_table *table, struct fault *fault)
{
	if (partition_table_is_whole(table))
		return fault_set(fault, REASON_TABLE_NOT_MBR,
				 "the disk has no partition table that could be written again");
	if (has_container(table))
		return fault_set(fault, REASON_TABLE_NOT_MBR,
				 "the disk has an extended partition, which these partitioners are "
				 "not driven for");
	return 0;
}

static int run(const char *program, const char *script, struct fault *fault)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	const struct spawn spawn = { .argv = argv, .tick_ms = 1000 };
	int exit_status;

	if (spawn_run(&spawn, &exit_status, fault) < 0)
		return -1;
	return exit_status == 0 ? 0
				: fault_set(fault, REASON_DISK_IO, "%s ended with status %d",
					    program, exit_status);
}

/* fdisk asks for a number only where there is a choice: of a partition to delete
 * when there are several, of a new one unless three of the four are there. */
int partitioners_fdisk(const char *disk_path, const struct partition_table *table,
		       const struct plan *plan, struct fault *fault)
{
	char script[SCRIPT_BYTES], number[16];

	if (strcmp(table->label, "dos") != 0)
		return fault_set(fault, REASON_TABLE_NOT_MBR, "fdisk of busybox writes no %s",
				 table->label);
	snprintf(number, sizeof(number), "%u\\n", plan->number);
	snprintf(script, sizeof(script),
		 "printf 'p\\nd\\n%sn\\np\\n%s%" PRIu64 "\\n\\np\\nw\\n' | fdisk -u %s",
		 table->count > 1 ? number : "", table->count < MBR_SLOTS ? number : "",
		 plan->start_lba, disk_path);
	return run("fdisk", script, fault);
}

int partitioners_sfdisk(const char *disk_path, const struct plan *plan, struct fault *fault)
{
	char script[SCRIPT_BYTES];

	snprintf(script, sizeof(script), "echo ', +' | sfdisk -q -N %u %s", plan->number,
		 disk_path);
	return run("sfdisk", script, fault);
}
