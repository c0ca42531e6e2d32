/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence.h"

#include "base/cleanup.h"
#include "table/gpt.h"

#include <stdlib.h>
#include <string.h>

/* Both copies of a GPT, the backup in the last sector. */
static enum table_answer compare_copies(const struct table_source *source, uint32_t sector_bytes)
{
	uint64_t last_lba = source->size_bytes / sector_bytes - 1;
	cleanup_gpt_copy struct gpt_copy primary = { 0 }, backup = { 0 };
	enum table_answer answer = gpt_copy_read(source, sector_bytes, GPT_HEADER_LBA, &primary);

	if (answer == TABLE_GOOD)
		answer = gpt_copy_read(source, sector_bytes, last_lba, &backup);
	if (answer != TABLE_GOOD)
		return answer;
	return gpt_copies_agree(&primary, &backup) && primary.header.alternate_lba == last_lba &&
			       backup.header.alternate_lba == GPT_HEADER_LBA
		       ? TABLE_GOOD
		       : TABLE_INVALID;
}

int fence_read_table(struct block_disk *log, const struct write_set *set, struct table *ret_table,
		     struct fault *fault)
{
	struct block_source context;
	struct table_source source = block_source(&context, log);
	enum table_answer answer = table_read(&source, ret_table);

	if (answer == TABLE_GOOD &&
	    (ret_table->ops != set->table || ret_table->sector_bytes != set->sector_bytes))
		answer = TABLE_NONE;
	if (answer == TABLE_GOOD && ret_table->ops == &table_gpt)
		answer = compare_copies(&source, ret_table->sector_bytes);
	if (answer == TABLE_UNREADABLE)
		return block_source_fault(&context, fault);
	return answer == TABLE_GOOD
		       ? 0
		       : fence_breach(fault, "the partition table, which is not whole any more");
}

int fence_check_moved(struct block_disk *log, const struct write_set *set,
		      const struct table *table, struct fault *fault)
{
	const struct table_part *shall = &set->moved;
	const struct write_range *wanted = &set->ranges[set->moved_header];
	const struct table_part *is = table_choose(&table->parts, shall->number);
	cleanup_free uint8_t *header = NULL;

	if (shall->number == 0)
		return 0;
	if (!is || is->start_lba != shall->start_lba || is->size_sectors != shall->size_sectors)
		return fence_breach(fault, "the place of partition %u, which was to be moved",
				    shall->number);
	header = malloc(wanted->bytes);
	if (!header)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for a header of swap");
	if (block_read(log, wanted->at, header, wanted->bytes, fault) < 0)
		return -1;
	return memcmp(header, wanted->data, wanted->bytes) == 0
		       ? 0
		       : fence_breach(fault, "the header of the swap in partition %u",
				      shall->number);
}
