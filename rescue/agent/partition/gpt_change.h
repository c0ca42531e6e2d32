/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes that a grow makes of a GPT: pure, a list of writes.
 *
 * The target's entry gets another last LBA, and that of a swap which moves both. The primary header
 * gets another AlternateLBA and LastUsableLBA, and new checksums; what else is in its sector stays.
 * The backup fills the end of the disk: the entries as the primary has them, zeros to the end of
 * their last sector, and the primary's header sector with the places of a backup. In the first
 * sector the entry that protects the GPT gets its size, if it is the only one in use and does not
 * have the largest size already. What of an old, good backup lies in the target's new room becomes
 * zeros.
 */
#ifndef PARTITION_GPT_CHANGE_H
#define PARTITION_GPT_CHANGE_H

#include "gpt_state.h"

#define GPT_WRITES_MAX 7

struct gpt_write {
	uint64_t at_bytes;
	size_t size_bytes;
	const uint8_t *bytes; /* of the change's own */
};

struct gpt_change {
	size_t count;
	struct gpt_write writes[GPT_WRITES_MAX]; /* in order */
	uint8_t *owned[GPT_WRITES_MAX];
	size_t owned_count;
};

/* From the state before; the plan is one for this table. gpt_change_free frees it, whatever
 * the answer. Fault: no-memory. */
int gpt_change_make(const struct gpt_state *state, const uint8_t first_sector[TABLE_SECTOR_BYTES],
		    const struct plan *plan, struct gpt_change *ret_change, struct fault *fault);
void gpt_change_free(struct gpt_change *change);
#define cleanup_gpt_change __attribute__((cleanup(gpt_change_free)))

#endif
