/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt_state.h"

#include "base/bytes.h"
#include "table/gpt_text.h"

#include <stdlib.h>
#include <string.h>

#define OTHER_SECTOR_BYTES(sector_bytes) ((sector_bytes) == 512 ? 4096u : 512u)

void gpt_state_free(struct gpt_state *state)
{
	gpt_copy_free(&state->primary);
	gpt_copy_free(&state->backup);
}

static int refuse_unreadable(struct fault *fault)
{
	return fault_set(fault, REASON_DISK_IO, "the GPT of the disk cannot be read");
}

/* The backup, where a good primary says it is; what of it has to be repaired. */
static int judge_backup(const struct table_source *source, uint32_t sector_bytes,
			const struct gpt_wish *wish, struct gpt_state *state, struct fault *fault)
{
	const uint64_t at_lba = state->primary.header.alternate_lba;
	enum table_answer answer = at_lba == GPT_HEADER_LBA ? TABLE_NONE
							    : gpt_copy_read(source, sector_bytes,
									    at_lba, &state->backup);

	if (answer == TABLE_UNREADABLE)
		return refuse_unreadable(fault);
	if (answer != TABLE_GOOD) {
		gpt_copy_free(&state->backup);
		state->repairs |= answer == TABLE_NONE ? TABLE_REPAIR_BACKUP_MISSING
						       : TABLE_REPAIR_BACKUP_DAMAGED;
		return 0;
	}
	if (!gpt_copies_agree(&state->primary, &state->backup)) {
		fault_set(fault, REASON_TABLE_DAMAGED,
			  "the two copies of the GPT are valid, but contradict each other");
		return fault_hint(fault, "find out which one is correct, on a copy of the disk: "
					 "use sgdisk -b, or gdisk (r, c), to see the backup");
	}
	if (wish->sectors_before != 0 && at_lba != wish->sectors_before - 1)
		state->repairs |= TABLE_REPAIR_BACKUP_MISPLACED;
	return 0;
}

/* The primary as the backup has it: at its place, with the entries right behind it. */
static int make_primary(uint32_t sector_bytes, struct gpt_state *state, struct fault *fault)
{
	const struct gpt_copy *backup = &state->backup;
	struct gpt_copy *primary = &state->primary;
	const size_t entries_bytes =
		(size_t)backup->header.entry_count * backup->header.entry_bytes;

	gpt_copy_free(primary);
	primary->header = backup->header;
	primary->header.my_lba = GPT_HEADER_LBA;
	primary->header.alternate_lba = backup->header.my_lba;
	primary->header.entries_lba = GPT_HEADER_LBA + 1;
	primary->header_sector = malloc(sector_bytes);
	primary->entries = malloc(entries_bytes);
	if (!primary->header_sector || !primary->entries)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the partition table");
	memcpy(primary->header_sector, backup->header_sector, sector_bytes);
	memcpy(primary->entries, backup->entries, entries_bytes);
	set_le64(primary->header_sector + GPT_MY_LBA_AT, primary->header.my_lba);
	set_le64(primary->header_sector + GPT_ALTERNATE_LBA_AT, primary->header.alternate_lba);
	set_le64(primary->header_sector + GPT_ENTRIES_LBA_AT, primary->header.entries_lba);
	set_le32(primary->header_sector + GPT_HEADER_CRC_AT,
		 gpt_header_crc32(primary->header_sector, primary->header.header_bytes));
	state->repairs = TABLE_REPAIR_PRIMARY_DAMAGED;
	return 0;
}

/* A header at LBA 1 of sectors of another size: the disk was made for another. */
static bool has_other_sectors(const struct table_source *source, uint32_t sector_bytes)
{
	cleanup_gpt_copy struct gpt_copy copy = { 0 };

	return gpt_copy_read(source, OTHER_SECTOR_BYTES(sector_bytes), GPT_HEADER_LBA, &copy) ==
	       TABLE_GOOD;
}

static int use_backup(const struct table_source *source, uint32_t sector_bytes,
		      const struct gpt_wish *wish, struct gpt_state *state, struct fault *fault)
{
	const uint64_t sectors =
		wish->sectors_before ? wish->sectors_before : source->size_bytes / sector_bytes;
	enum table_answer answer;

	if (has_other_sectors(source, sector_bytes))
		return fault_set(fault, REASON_TABLE_INVALID,
				 "the GPT was made for a disk with sectors of %u bytes, and this "
				 "one has sectors of %u bytes",
				 OTHER_SECTOR_BYTES(sector_bytes), sector_bytes);
	answer = gpt_copy_read(source, sector_bytes, sectors - 1, &state->backup);
	if (answer == TABLE_UNREADABLE)
		return refuse_unreadable(fault);
	if (answer != TABLE_GOOD)
		return fault_set(fault, REASON_TABLE_DAMAGED,
				 "the primary GPT (LBA 1) is damaged, and the end of the disk has "
				 "no valid backup");
	if (!wish->may_repair) {
		fault_set(fault, REASON_TABLE_DAMAGED,
			  "the primary GPT (LBA 1) is damaged; its backup is valid");
		return fault_hint(fault, "--repair=all rebuilds the primary GPT from the backup");
	}
	return make_primary(sector_bytes, state, fault);
}

/* The entries of the primary lie before all partitions: what lies behind them moves, or is
 * where the target grows. */
static int check_primary(uint32_t sector_bytes, const struct gpt_state *state, struct fault *fault)
{
	struct table_parts *parts = malloc(sizeof(*parts));
	enum table_answer answer;

	if (!parts)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the partition table");
	answer = gpt_parts(&state->primary, sector_bytes, parts);
	free(parts);
	if (answer != TABLE_GOOD)
		return fault_set(
			fault, REASON_TABLE_INVALID,
			"partitions of the GPT overlap, or are outside its usable sectors");
	if (gpt_entries_lead(&state->primary.header, sector_bytes))
		return 0;
	if (state->repairs & TABLE_REPAIR_PRIMARY_DAMAGED)
		return fault_set(fault, REASON_TABLE_DAMAGED,
				 "the primary GPT (LBA 1) is damaged, and there is no room for its "
				 "entries at LBA 2");
	return fault_set(fault, REASON_TABLE_INVALID,
			 "the entries of the primary GPT are not before the first partition");
}

int gpt_state_read(const struct table_source *source, uint32_t sector_bytes,
		   const struct gpt_wish *wish, struct gpt_state *ret_state, struct fault *fault)
{
	enum table_answer answer;
	int result;

	*ret_state = (struct gpt_state){ 0 };
	answer = gpt_copy_read(source, sector_bytes, GPT_HEADER_LBA, &ret_state->primary);
	if (answer == TABLE_UNREADABLE)
		return refuse_unreadable(fault);
	if (answer == TABLE_INVALID)
		return fault_set(fault, REASON_TABLE_INVALID,
				 "the GPT has %u entries of %u bytes, which are more than can be "
				 "read here",
				 ret_state->primary.header.entry_count,
				 ret_state->primary.header.entry_bytes);
	result = answer == TABLE_GOOD ? judge_backup(source, sector_bytes, wish, ret_state, fault)
				      : use_backup(source, sector_bytes, wish, ret_state, fault);
	return result < 0 ? -1 : check_primary(sector_bytes, ret_state, fault);
}

static bool is_used(const uint8_t *entry)
{
	static const uint8_t unused[TABLE_GUID_BYTES];

	return memcmp(entry + GPT_TYPE_GUID_AT, unused, TABLE_GUID_BYTES) != 0;
}

static void describe(const uint8_t *bytes, unsigned number, struct table_entry *ret_entry)
{
	uint64_t first = le64_at(bytes + GPT_FIRST_LBA_AT), last = le64_at(bytes + GPT_LAST_LBA_AT);

	*ret_entry = (struct table_entry){ .part.number = number,
					   .part.start_lba = first,
					   .part.size_sectors = last - first + 1 };
	gpt_text_guid(bytes + GPT_TYPE_GUID_AT, ret_entry->type_guid);
	gpt_text_guid(bytes + GPT_PART_GUID_AT, ret_entry->uuid);
	gpt_text_name(bytes + GPT_NAME_AT, ret_entry->name);
}

int gpt_state_entries(const struct gpt_state *state, struct table_entry **ret_entries,
		      size_t *ret_count, struct fault *fault)
{
	const struct gpt_header *header = &state->primary.header;
	struct table_entry *entries = calloc(header->entry_count, sizeof(*entries));
	size_t count = 0;

	if (!entries)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the partition table");
	for (unsigned i = 0; i < header->entry_count; i++) {
		const uint8_t *bytes = state->primary.entries + (size_t)i * header->entry_bytes;

		if (is_used(bytes))
			describe(bytes, i + 1, &entries[count++]);
	}
	*ret_entries = entries;
	*ret_count = count;
	return 0;
}
