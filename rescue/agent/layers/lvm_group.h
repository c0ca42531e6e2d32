/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A volume group on one physical volume, from lvm's report in JSON; and what to do about it.
 * Values and arithmetic: nothing is opened in here. */
#ifndef LAYERS_LVM_GROUP_H
#define LAYERS_LVM_GROUP_H

#include "base/fault.h"
#include "layer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LVM_WORDS_BYTES 96

struct lvm_volume {
	char name[LAYER_NAME_BYTES];
	char path[LAYER_PATH_BYTES];  /* of its node, when it is active */
	char layout[LVM_WORDS_BYTES]; /* lvm's words: "linear", "thin,pool" */
	char role[LVM_WORDS_BYTES];   /* "public", "private,thin,pool,metadata" */
	bool is_writable;
	uint64_t extents;
};

struct lvm_group {
	char name[LAYER_NAME_BYTES];
	char pv_uuid[LAYER_UUID_BYTES];
	uint64_t extent_bytes;
	uint64_t data_at_bytes; /* where the first extent begins on the physical volume */
	uint64_t pv_extents, pv_extents_used;
	size_t count;
	struct lvm_volume *volumes; /* those that users see; owned */
};

/* The arguments of `lvm fullreport` that lvm_group_read understands; NULL-terminated. */
extern const char *const lvm_group_report[];
/* The same of those for lvm_group_check_copies. */
extern const char *const lvm_copies_report[];

/* The group that the physical volume of that name is in. What cannot be grown is refused.
 * Faults: layer-feature, layer-failed (the report cannot be read). */
int lvm_group_read(const char *report, size_t size_bytes, const char *pv_name,
		   struct lvm_group *ret_group, struct fault *fault);
/* Is the physical volume there once alone? Faults: layer-feature, layer-failed. */
int lvm_group_check_copies(const struct lvm_group *group, const char *report, size_t size_bytes,
			   struct fault *fault);
void lvm_group_free(struct lvm_group *group);
#define cleanup_lvm_group __attribute__((cleanup(lvm_group_free)))

/* The volume of that name ("root" or "vg/root"; "": none), or else the only one, or the one
 * that is called root. NULL: it is not clear which, without looking into them; then fault is
 * volume-ambiguous, and lists them; or it is no-such-volume. */
const struct lvm_volume *lvm_group_choose(const struct lvm_group *group, const char *wanted,
					  struct fault *fault);

/* Is that a word of its layout, or of its role? */
bool lvm_volume_is(const struct lvm_volume *volume, const char *word);

/* Can it be grown? Faults: layer-feature, which says what it is. */
int lvm_volume_check(const struct lvm_group *group, const struct lvm_volume *volume,
		     struct fault *fault);

/* The number of extents on a physical volume of that size: pvresize's rule, for one metadata
 * area. */
uint64_t lvm_group_extents_on(const struct lvm_group *group, uint64_t pv_bytes);

#endif
