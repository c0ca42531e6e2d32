/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which partition shall grow. */
#include "agent/devices/probe.h"
#include "agent/partition/role.h"
#include "stages.h"

#include <string.h>

/* Does it hold a swap area, whatever its type? */
static bool holds_swap(const struct grow *grow, const struct table_entry *entry)
{
	const uint64_t sector_bytes = grow->table.sector_bytes;
	char type[PROBE_TYPE_BYTES];
	struct fault ignored;

	return probe_partition(&grow->disk, entry->part.start_lba * sector_bytes,
			       entry->part.size_sectors * sector_bytes, type, &ignored) == 0 &&
	       strcmp(type, "swap") == 0;
}

/* Nobody who names no partition means the swap or the recovery system behind the root. */
static int choose_last(const struct grow *grow, unsigned *ret_number, struct fault *fault)
{
	const struct partition_table *table = &grow->table;
	const struct table_entry *last = plan_choose(table, 0), *root;
	char last_text[ROLE_NAME_BYTES], root_text[ROLE_NAME_BYTES];

	*ret_number = 0;
	root = last ? role_root_before(table, last) : NULL;
	if (!root || (role_of(last) != ROLE_HELPER && !holds_swap(grow, last)))
		return 0;
	fault_set(fault, REASON_ROOT_NOT_LAST,
		  "%s lies behind %s, which looks like the one to grow",
		  role_describe(table, last, last_text), role_describe(table, root, root_text));
	return fault_hint(fault, "--partition %u grows the last one all the same",
			  last->part.number);
}

int choose_partition(const struct grow *grow, unsigned *ret_number, struct fault *fault)
{
	*ret_number = grow->request->partition;
	if (*ret_number != 0 || partition_table_is_whole(&grow->table))
		return 0;
	return choose_last(grow, ret_number, fault);
}
