/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence.h"

#include "table/gpt.h"

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
