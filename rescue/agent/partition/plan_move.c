/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"
#include "role.h"

#include <string.h>

static int refuse(const struct partition_table *table, const struct table_entry *entry,
		  const char *why, struct fault *fault)
{
	char text[ROLE_NAME_BYTES];

	fault_set(fault, REASON_NO_ROOM_BEHIND, "%s %s", role_describe(table, entry, text), why);
	return fault_hint(
		fault, "move it by hand: --move-swap moves only one swap partition directly after "
		       "the one to grow, with its extended partition if that holds nothing else");
}

/* The partition that may move lies alone behind the target, or with the container that is its
 * alone. */
static int check_alone(const struct partition_table *table, const struct table_entry *target,
		       const struct table_entry *moved, const struct table_entry *container,
		       struct fault *fault)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *other = &table->entries[i];

		if (other != target && other != moved && other != container &&
		    table_begin_behind_lba(&other->part, target->part.start_lba) != UINT64_MAX)
			return refuse(table, other, "is after the one to grow as well", fault);
	}
	if (container && (moved->part.ebr_lba != container->part.start_lba ||
			  container->part.start_lba < target->part.start_lba))
		return refuse(table, moved, "is not the first in its extended partition", fault);
	/* It may hold nothing; it would stay where it is, and its place counts from the container.
	 */
	if (moved->part.next_ebr_lba != 0)
		return refuse(table, moved,
			      "cannot move: its boot record has a link to another one", fault);
	return target->part.container != 0
		       ? refuse(table, target, "is a logical one, after which nothing can be moved",
				fault)
		       : 0;
}

int plan_move_swap(const struct partition_table *table, struct plan *plan, struct fault *fault)
{
	const struct table_entry *target = plan_choose(table, plan->number);
	const struct table_entry *moved = plan_choose(table, 0);
	const struct table_entry *container =
		moved->part.container != 0 ? plan_choose(table, moved->part.container) : NULL;
	const uint64_t align_sectors = PLAN_MOVE_ALIGN_BYTES / table->sector_bytes;
	const struct table_part *block;
	uint64_t end_lba, room_end_lba;

	if (moved == target)
		return 0;
	if (check_alone(table, target, moved, container, fault) < 0)
		return -1;
	block = container ? &container->part : &moved->part;
	end_lba = table_end_lba(block);
	room_end_lba = table->disk_sectors - table->tail_sectors;
	room_end_lba -= table->leave_sectors < room_end_lba ? table->leave_sectors : room_end_lba;
	plan->move = (struct plan_move){ .number = moved->part.number,
					 .container = moved->part.container,
					 .from_lba = moved->part.start_lba,
					 .size_sectors = moved->part.size_sectors,
					 .block_from_lba = block->start_lba,
					 .block_sectors = block->size_sectors };
	if (room_end_lba > end_lba)
		plan->move.shift_sectors = (room_end_lba - end_lba) / align_sectors * align_sectors;
	plan->next_number = 0;
	plan->sectors_after =
		plan_size_in(block->start_lba + plan->move.shift_sectors - plan->start_lba,
			     plan->grain_sectors, plan->sectors_before);
	return 0;
}

bool plan_moves(const struct plan *plan)
{
	return plan->move.shift_sectors > 0;
}
