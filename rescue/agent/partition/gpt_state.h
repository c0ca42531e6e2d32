/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both copies of a GPT, judged: which one is right, and what has to be repaired. It reads
 * from a source, and writes nothing. */
#ifndef PARTITION_GPT_STATE_H
#define PARTITION_GPT_STATE_H

#include "base/fault.h"
#include "plan.h"
#include "table/gpt.h"

struct gpt_state {
	struct gpt_copy primary; /* as it is, or made from the backup */
	struct gpt_copy backup;	 /* the good one where the primary says; no sector: none */
	unsigned repairs;	 /* set of enum table_repair */
};

/* What the reader may assume. */
struct gpt_wish {
	uint64_t sectors_before; /* of the disk before it was grown; 0: not known */
	bool may_repair;	 /* make the primary from a backup at that end */
};

/* Both copies, each with its checksums; and the entries of the primary, which must make
 * sense. gpt_state_free frees it, whatever the answer.
 * Faults: table-damaged, table-invalid, disk-io. */
int gpt_state_read(const struct table_source *source, uint32_t sector_bytes,
		   const struct gpt_wish *wish, struct gpt_state *ret_state, struct fault *fault);
void gpt_state_free(struct gpt_state *state);
#define cleanup_gpt_state __attribute__((cleanup(gpt_state_free)))

/* The used entries, by number; the caller frees them. Fault: no-memory. */
int gpt_state_entries(const struct gpt_state *state, struct table_entry **ret_entries,
		      size_t *ret_count, struct fault *fault);

#endif
