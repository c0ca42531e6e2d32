/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which partition shall grow. */
#include "agent/devices/probe.h"
#include "agent/filesystem/fstab.h"
#include "agent/partition/role.h"
#include "stages.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CANDIDATES_SHOWN_BYTES 320
#define FSTABS_MAX	       8 /* of so many systems on the disk */

/* What the systems on the disk call their roots. */
struct fstabs {
	size_t count;
	struct fstab_root roots[FSTABS_MAX];
};

int choose_probe(const struct grow *grow, const struct table_entry *entry,
		 struct probe_names *ret_names, struct fault *fault)
{
	const uint64_t sector_bytes = grow->table.sector_bytes;

	return probe_names(&grow->disk, entry->part.start_lba * sector_bytes,
			   entry->part.size_sectors * sector_bytes, ret_names, fault);
}

/* PARTUUID as Linux writes it: of an MBR the disk signature, "0x1234abcd" here, and the number. */
static bool has_partuuid(const struct grow *grow, const struct table_entry *entry,
			 const char *wanted)
{
	char own[TABLE_GUID_CHARS];

	if (entry->uuid[0] != '\0')
		return strcasecmp(entry->uuid, wanted) == 0;
	if (strncmp(grow->table.disk_id, "0x", 2) != 0)
		return false;
	snprintf(own, sizeof(own), "%.8s-%02x", grow->table.disk_id + 2, entry->part.number);
	return strcasecmp(own, wanted) == 0;
}

static bool is_in(const char *word, const char *const *words)
{
	while (*words && strcasecmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

bool choose_is_root_name(const char *name)
{
	/* As distributions name it: cloud images, OpenWrt, Raspberry Pi OS, CoreOS. */
	static const char *const words[] = { "/",	 "root",   "rootfs", "cloudimg-rootfs",
					     "writable", "fedora", NULL };

	return is_in(name, words);
}

static bool is_called(const struct grow *grow, enum partition_by by, const char *value,
		      const struct table_entry *entry, const struct probe_names *names)
{
	switch (by) {
	case PARTITION_BY_LABEL:
		return strcmp(names->label, value) == 0;
	case PARTITION_BY_UUID:
		return strcasecmp(names->uuid, value) == 0;
	case PARTITION_BY_PARTLABEL:
		return strcmp(entry->name, value) == 0;
	case PARTITION_BY_PARTUUID:
		return has_partuuid(grow, entry, value);
	default:
		return false;
	}
}

static bool is_root_of(const struct grow *grow, const struct fstabs *fstabs,
		       const struct table_entry *entry, const struct probe_names *names)
{
	for (size_t i = 0; i < fstabs->count; i++)
		if (is_called(grow, fstabs->roots[i].by, fstabs->roots[i].value, entry, names))
			return true;
	return false;
}

/* What the request means, from the surest to a guess; the words are those of `chosen_by`. */
enum trait { TRAIT_WANTED, TRAIT_ROOT_TYPE, TRAIT_FSTAB, TRAIT_ROOT_NAME, TRAIT_ONLY_LINUX };

static bool has_trait(const struct grow *grow, enum trait trait, const struct fstabs *fstabs,
		      const struct table_entry *entry, const struct probe_names *names)
{
	const struct request *request = grow->request;
	const enum role role = role_of(entry);

	switch (trait) {
	case TRAIT_ROOT_TYPE:
		return role == ROLE_ROOT;
	case TRAIT_FSTAB:
		return is_root_of(grow, fstabs, entry, names);
	case TRAIT_ROOT_NAME:
		return role != ROLE_HELPER &&
		       (choose_is_root_name(entry->name) || choose_is_root_name(names->label));
	case TRAIT_ONLY_LINUX:
		return role == ROLE_LINUX && strcmp(names->type, "swap") != 0;
	case TRAIT_WANTED:
		break;
	}
	return is_called(grow, request->partition_by, request->partition_value, entry, names);
}

/* What the systems on the disk say themselves, as far as they are read without a mount. */
static int read_fstabs(const struct grow *grow, struct fstabs *ret_fstabs, struct fault *fault)
{
	const struct partition_table *table = &grow->table;

	for (size_t i = 0; i < table->count && ret_fstabs->count < FSTABS_MAX; i++) {
		const struct table_entry *entry = &table->entries[i];
		struct fs_target target;
		struct probe_names names;

		if (entry->part.is_container)
			continue;
		if (choose_probe(grow, entry, &names, fault) < 0)
			return -1;
		if (strncmp(names.type, "ext", 3) != 0)
			continue;
		fs_target_set(&grow->disk, 0, 0, &target);
		fs_target_move(&target, entry->part.start_lba * table->sector_bytes);
		if (fstab_read_root(&target, &ret_fstabs->roots[ret_fstabs->count]))
			ret_fstabs->count++;
	}
	return 0;
}

static int refuse_several(const struct grow *grow, const char *list, struct fault *fault)
{
	const struct request *request = grow->request;

	if (request->partition_by == PARTITION_BY_ROOT)
		fault_set(fault, REASON_PARTITION_AMBIGUOUS,
			  "several partitions may be the root: %s", list);
	else
		fault_set(fault, REASON_PARTITION_AMBIGUOUS,
			  "several partitions have the %s %.64s: %s",
			  partition_by_words[request->partition_by], request->partition_value,
			  list);
	return fault_hint(fault, "name one by its number: --partition N");
}

/* *ret_found: the one entry with that trait, or NULL. Fault partition-ambiguous for several. */
static int find_one(const struct grow *grow, enum trait trait, const struct fstabs *fstabs,
		    const struct table_entry **ret_found, struct fault *fault)
{
	const struct partition_table *table = &grow->table;
	char list[CANDIDATES_SHOWN_BYTES] = "", text[ROLE_NAME_BYTES];
	size_t used = 0, count = 0;

	*ret_found = NULL;
	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];
		struct probe_names names;

		if (entry->part.is_container)
			continue;
		if (choose_probe(grow, entry, &names, fault) < 0)
			return -1;
		if (!has_trait(grow, trait, fstabs, entry, &names))
			continue;
		*ret_found = entry;
		count++;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 count > 1 ? ", " : "",
						 role_describe(table, entry, text));
	}
	return count > 1 ? refuse_several(grow, list, fault) : 0;
}

static int refuse_none(const struct request *request, struct fault *fault)
{
	if (request->partition_by == PARTITION_BY_ROOT)
		fault_set(fault, REASON_NO_SUCH_PARTITION,
			  "no partition of the disk looks like the root of a system");
	else
		fault_set(fault, REASON_NO_SUCH_PARTITION, "no partition has the %s %.200s",
			  partition_by_words[request->partition_by], request->partition_value);
	return fault_hint(
		fault,
		"list the partitions with sfdisk -l and blkid; --partition also takes a number");
}

/* By a trait of its entry, or of its content. */
static int choose_by_trait(const struct grow *grow, struct chosen *ret_chosen, struct fault *fault)
{
	static const char *const root_words[] = { [TRAIT_ROOT_TYPE] = "root-type",
						  [TRAIT_FSTAB] = "fstab",
						  [TRAIT_ROOT_NAME] = "root-name",
						  [TRAIT_ONLY_LINUX] = "only-linux" };
	const bool is_root = grow->request->partition_by == PARTITION_BY_ROOT;
	const enum trait first = is_root ? TRAIT_ROOT_TYPE : TRAIT_WANTED;
	const enum trait last = is_root ? TRAIT_ONLY_LINUX : TRAIT_WANTED;
	struct fstabs fstabs = { 0 };

	for (enum trait trait = first; trait <= last; trait++) {
		const struct table_entry *found;

		if ((trait == TRAIT_FSTAB && read_fstabs(grow, &fstabs, fault) < 0) ||
		    find_one(grow, trait, &fstabs, &found, fault) < 0)
			return -1;
		if (!found)
			continue;
		*ret_chosen = (struct chosen){
			.number = found->part.number,
			.by = is_root ? root_words[trait]
				      : partition_by_words[grow->request->partition_by],
		};
		return 0;
	}
	return refuse_none(grow->request, fault);
}

/* Nobody who names no partition means the swap or the recovery system behind the root. */
static int refuse_behind_root(const struct grow *grow, const struct table_entry *last,
			      const char *remedy, struct fault *fault)
{
	const struct partition_table *table = &grow->table;
	const struct table_entry *root = role_root_before(table, last);
	char last_text[ROLE_NAME_BYTES], root_text[ROLE_NAME_BYTES];

	if (!root)
		return 0;
	fault_set(fault, REASON_ROOT_NOT_LAST, "%s is after %s, which looks like the one to grow",
		  role_describe(table, last, last_text), role_describe(table, root, root_text));
	return fault_hint(fault, "%s--partition %u grows the last one", remedy, last->part.number);
}

/* The last partition, if nobody has named one; NULL: somebody has, or there is no table. */
static const struct table_entry *last_unnamed(const struct grow *grow)
{
	const struct request *request = grow->request;

	return request->partition_by == PARTITION_BY_NUMBER && request->partition == 0 &&
			       !partition_table_is_whole(&grow->table)
		       ? plan_choose(&grow->table, 0)
		       : NULL;
}

int choose_check_content(const struct grow *grow, const char *type, struct fault *fault)
{
	const struct table_entry *last = last_unnamed(grow);

	return last && !grow->request->move_swap && strcmp(type, "swap") == 0
		       ? refuse_behind_root(grow, last, move_swap_advice(grow, last), fault)
		       : 0;
}

int choose_partition(const struct grow *grow, struct chosen *ret_chosen, struct fault *fault)
{
	const struct request *request = grow->request;
	const struct table_entry *last = last_unnamed(grow);

	if (request->partition_by == PARTITION_BY_ROOT && partition_table_is_whole(&grow->table)) {
		*ret_chosen = (struct chosen){ .by = "root-name" };
		return 0;
	}
	if (request->partition_by != PARTITION_BY_NUMBER)
		return choose_by_trait(grow, ret_chosen, fault);
	*ret_chosen = (struct chosen){ .number = request->partition,
				       .by = request->partition != 0 ? "number" : "last" };
	if (last && request->move_swap) {
		if (move_swap_choose(grow, last, ret_chosen, fault) < 0)
			return -1;
		if (ret_chosen->number != 0)
			return 0;
	}
	return last && role_of(last) == ROLE_HELPER
		       ? refuse_behind_root(grow, last, move_swap_advice(grow, last), fault)
		       : 0;
}
