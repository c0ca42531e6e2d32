/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "truncated.h"

#include "base/text.h"
#include "table/mbr.h"

#include <inttypes.h>
#include <stdio.h>

#define COPY_AGAIN "Copy or download it again; if the missing part does not matter, "

static int refuse(uint64_t missing_bytes, const char *what, struct fault *fault)
{
	char size[TEXT_SIZE_CHARS];

	if (missing_bytes < 1024)
		return fault_set(fault, REASON_IMAGE_TRUNCATED, "%s: %" PRIu64 " %s missing", what,
				 missing_bytes, missing_bytes == 1 ? "byte is" : "bytes are");
	return fault_set(fault, REASON_IMAGE_TRUNCATED, "%s: %s (%" PRIu64 " bytes) is missing",
			 what, text_of_size(size, missing_bytes), missing_bytes);
}

/* QEMU would complete the sector with zeroes. */
static int check_end(uint64_t disk_bytes, uint64_t there_bytes, const char *name,
		     struct fault *fault)
{
	char what[300];

	if (there_bytes >= disk_bytes)
		return 0;
	snprintf(what, sizeof(what), "%.200s ends within a sector", name);
	return refuse(disk_bytes - there_bytes, what, fault);
}

static int check_disk(const struct table_source *disk, uint64_t there_bytes, const char *name,
		      struct fault *fault)
{
	char what[400];
	struct table table;
	uint64_t needed_bytes;

	if (table_read(disk, &table) != TABLE_GOOD || table.ops == &table_whole)
		return check_end(disk->size_bytes, there_bytes, name, fault);
	for (size_t i = 0; i < table.parts.count; i++)
		if (table.parts.parts[i].type == MBR_TYPE_PROTECTS_GPT)
			return 0; /* its size is a formality */
	needed_bytes = table_needs_sectors(&table.parts) * table.sector_bytes;
	if (needed_bytes <= there_bytes)
		return 0;
	snprintf(what, sizeof(what),
		 "%.200s has %" PRIu64 " bytes, but its partitions reach to byte %" PRIu64, name,
		 there_bytes, needed_bytes);
	return refuse(needed_bytes - there_bytes, what, fault);
}

int truncated_check(const struct table_source *disk, uint64_t there_bytes, const char *name,
		    struct fault *fault)
{
	return check_disk(disk, there_bytes, name, fault) < 0
		       ? fault_hint(fault, COPY_AGAIN "use --allow-truncated")
		       : 0;
}

int truncated_check_end(uint64_t disk_bytes, uint64_t there_bytes, const char *name,
			struct fault *fault)
{
	return check_end(disk_bytes, there_bytes, name, fault) < 0
		       ? fault_hint(fault, COPY_AGAIN "complete it: truncate -s %%512 IMAGE")
		       : 0;
}
