/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A swap partition behind the target makes room for it: it moves to the end of the disk. It holds
 * nothing but its header while its system is off. */
#include "agent/partition/role.h"
#include "agent/partition/table.h"
#include "stages.h"

#include <string.h>

static bool is_swap(const struct probe_names *names)
{
	return strcmp(names->type, "swap") == 0 || strcmp(names->type, "swsuspend") == 0;
}

int move_swap_choose(const struct grow *grow, const struct table_entry *last,
		     struct chosen *ret_chosen, struct fault *fault)
{
	const struct partition_table *table = &grow->table;
	const struct table_entry *before = NULL;
	struct probe_names names;

	if (choose_probe(grow, last, &names, fault) < 0)
		return -1;
	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];

		if (!entry->part.is_container && entry->part.start_lba < last->part.start_lba &&
		    (!before || entry->part.start_lba > before->part.start_lba))
			before = entry;
	}
	if (before && is_swap(&names))
		*ret_chosen = (struct chosen){ .number = before->part.number, .by = "before-swap" };
	return 0;
}

const char *move_swap_advice(const struct grow *grow, const struct table_entry *last)
{
	struct probe_names names;
	struct fault ignored;

	if (choose_probe(grow, last, &names, &ignored) == 0 && is_swap(&names))
		return "--move-swap moves it to the end of the disk; ";
	return role_is_swap(last) ? "it holds no swap that --move-swap could move; " : "";
}

static int open_swap(const struct grow *grow, uint64_t start_lba, struct fs **ret_swap,
		     struct fault *fault)
{
	struct fs_target target;

	fs_target_set(&grow->disk, 0, 0, &target);
	fs_target_move(&target, start_lba * grow->plan.sector_bytes);
	return fs_open("swap", &target, ret_swap, fault);
}

static int refuse_content(const struct grow *grow, const struct table_entry *moved,
			  const char *type, struct fault *fault)
{
	char text[ROLE_NAME_BYTES];

	fault_set(fault, REASON_NO_ROOM_BEHIND, "%s holds %s, and is after the one to grow",
		  role_describe(&grow->table, moved, text), type[0] ? type : "no swap");
	return fault_hint(fault, "move it by hand: --move-swap moves only swap");
}

int move_swap_plan(struct grow *grow, struct fault *fault)
{
	struct plan_move *move = &grow->plan.move;
	cleanup_fs struct fs *swap = NULL;
	const struct table_entry *moved;
	struct probe_names names;

	if (!grow->request->move_swap || partition_table_is_whole(&grow->table))
		return 0;
	if (plan_move_swap(&grow->table, &grow->plan, fault) < 0)
		return -1;
	if (move->number == 0)
		return 0;
	moved = plan_choose(&grow->table, move->number);
	if (choose_probe(grow, moved, &names, fault) < 0)
		return -1;
	if (!is_swap(&names))
		return refuse_content(grow, moved, names.type, fault);
	if (partition_table_check_move(&grow->disk, &grow->table, move, fault) < 0)
		return -1;
	if (open_swap(grow, move->from_lba, &swap, fault) < 0)
		return -1;
	if (swap->facts->blocks >
	    move->size_sectors * grow->plan.sector_bytes / swap->facts->block_bytes)
		return fault_set(fault, REASON_FS_TOO_LARGE,
				 "the swap area is larger than partition %u", move->number);
	move->header_bytes = swap->facts->block_bytes;
	return 0;
}

bool move_swap_is_needed(const struct grow *grow)
{
	return plan_moves(&grow->plan);
}

int stage_move_swap(struct grow *grow, struct fault *fault)
{
	return partition_table_move_swap(&grow->disk, &grow->plan, fault);
}

/* The same swap is at its new place, by the table and by its header. */
int move_swap_verify(const struct grow *grow, const struct partition_table *after,
		     struct fault *fault)
{
	const struct plan_move *move = &grow->plan.move;
	const struct table_entry *entry = plan_choose(after, move->number);
	cleanup_fs struct fs *swap = NULL;

	if (!plan_moves(&grow->plan))
		return 0;
	if (!entry || entry->part.start_lba != move->from_lba + move->shift_sectors ||
	    entry->part.size_sectors != move->size_sectors)
		return fault_set(fault, REASON_NOT_VERIFIED,
				 "partition %u is not where it was to be moved", move->number);
	return open_swap(grow, entry->part.start_lba, &swap, fault);
}
