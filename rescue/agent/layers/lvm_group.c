/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lvm_group.h"

#include "base/text.h"
#include "wire/member.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* All numbers in bytes, flags as 0 and 1. Groups of other systems are listed as well, to be
 * refused by name. */
const char *const lvm_group_report[] = {
	"fullreport",
	"--foreign",
	"--shared",
	"--all",
	"--binary",
	"--units",
	"b",
	"--nosuffix",
	"--reportformat",
	"json",
	"--configreport",
	"vg",
	"-o",
	"vg_name,vg_extent_size,vg_exported,vg_clustered,vg_shared,vg_systemid,pv_count,"
	"vg_missing_pv_count",
	"--configreport",
	"pv",
	"-o",
	"pv_name,pv_uuid,dev_size,pe_start,pv_pe_count,pv_pe_alloc_count,pv_mda_count,"
	"pv_allocatable",
	"--configreport",
	"lv",
	"-o",
	"lv_name,lv_dm_path,lv_size,lv_layout,lv_role,lv_attr",
	"--configreport",
	"pvseg",
	"-o",
	"pvseg_start",
	"--configreport",
	"seg",
	"-o",
	"segtype",
	NULL
};

/* A report of groups leaves out the copies. */
const char *const lvm_copies_report[] = { "pvs",  "--all", "--reportformat",
					  "json", "-o",	   "pv_name,pv_uuid",
					  NULL };

/* All values are texts. */
static uint64_t number(const json_t *row, const char *name)
{
	return strtoull(member_text(row, name), NULL, 10);
}

/* -1: it is too long. */
static int copy(char *out, size_t out_bytes, const json_t *row, const char *name)
{
	const char *value = member_text(row, name);

	if (strlen(value) >= out_bytes)
		return -1;
	strcpy(out, value);
	return 0;
}

static int unreadable(struct fault *fault, const char *why)
{
	return fault_set(fault, REASON_LAYER_FAILED, "the report of lvm cannot be read: %s", why);
}

/* The report of the group with that physical volume, and its row. */
static const json_t *find_report(const json_t *root, const char *pv_name, const json_t **ret_pv)
{
	json_t *report, *pv;
	size_t i, j;

	json_array_foreach (json_object_get(root, "report"), i, report)
		json_array_foreach (json_object_get(report, "pv"), j, pv)
			if (strcmp(member_text(pv, "pv_name"), pv_name) == 0) {
				*ret_pv = pv;
				return report;
			}
	return NULL;
}

static int refuse(const char *name, const char *what, struct fault *fault)
{
	char safe[LAYER_NAME_BYTES];

	text_make_safe(safe, sizeof(safe), name, strlen(name));
	return fault_set(fault, REASON_LAYER_FEATURE, "the volume group \"%s\" %s", safe, what);
}

static int check_group(const json_t *vg, const json_t *pv, struct fault *fault)
{
	const char *name = member_text(vg, "vg_name");

	if (name[0] == '\0')
		return fault_set(fault, REASON_LAYER_FEATURE,
				 "the physical volume belongs to no volume group");
	if (number(vg, "vg_exported"))
		return refuse(name, "is exported", fault);
	if (number(vg, "vg_clustered") || number(vg, "vg_shared"))
		return refuse(name, "is shared by several machines", fault);
	if (member_text(vg, "vg_systemid")[0] != '\0')
		return refuse(name, "belongs to one machine by its system ID", fault);
	if (number(vg, "vg_missing_pv_count") > 0)
		return refuse(name, "lacks a physical volume", fault);
	if (number(vg, "pv_count") != 1)
		return refuse(name, "has several physical volumes", fault);
	if (number(pv, "pv_mda_count") != 1)
		return refuse(name, "has not exactly one metadata area", fault);
	if (!number(pv, "pv_allocatable"))
		return refuse(name, "has a physical volume that may not be allocated from", fault);
	return 0;
}

/* Hidden ones, parts of others, have their names in brackets. */
static int read_volumes(const json_t *rows, struct lvm_group *group, struct fault *fault)
{
	json_t *row;
	size_t i;

	group->volumes = calloc(json_array_size(rows) + 1, sizeof(*group->volumes));
	if (!group->volumes)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the logical volumes");
	json_array_foreach (rows, i, row) {
		struct lvm_volume *volume = &group->volumes[group->count];

		if (copy(volume->name, sizeof(volume->name), row, "lv_name") < 0 ||
		    copy(volume->path, sizeof(volume->path), row, "lv_dm_path") < 0 ||
		    copy(volume->layout, sizeof(volume->layout), row, "lv_layout") < 0 ||
		    copy(volume->role, sizeof(volume->role), row, "lv_role") < 0)
			return unreadable(fault, "a volume has too long a name");
		if (lvm_volume_is(volume, "pvmove"))
			return refuse(group->name, "is in the middle of a pvmove", fault);
		if (volume->name[0] == '[')
			continue;
		volume->is_writable = strlen(member_text(row, "lv_attr")) > 1 &&
				      member_text(row, "lv_attr")[1] == 'w';
		volume->extents = number(row, "lv_size") / group->extent_bytes;
		group->count++;
	}
	return 0;
}

static int read_group(const json_t *root, const char *pv_name, struct lvm_group *group,
		      struct fault *fault)
{
	const json_t *pv = NULL, *report = find_report(root, pv_name, &pv);
	const json_t *vg = json_array_get(json_object_get(report, "vg"), 0);

	if (!report) {
		fault_set(fault, REASON_LAYER_FAILED,
			  "the partition looks like a physical volume of LVM, but lvm finds none");
		return fault_hint(fault, "its label or metadata is damaged: examine a copy of the "
					 "disk with lvm in rescue-disk");
	}
	if (check_group(vg, pv, fault) < 0)
		return -1;
	group->extent_bytes = number(vg, "vg_extent_size");
	group->data_at_bytes = number(pv, "pe_start");
	group->pv_extents = number(pv, "pv_pe_count");
	group->pv_extents_used = number(pv, "pv_pe_alloc_count");
	if (copy(group->name, sizeof(group->name), vg, "vg_name") < 0 ||
	    copy(group->pv_uuid, sizeof(group->pv_uuid), pv, "pv_uuid") < 0 ||
	    group->extent_bytes == 0 || group->pv_extents < group->pv_extents_used)
		return unreadable(fault, "its numbers make no sense");
	return read_volumes(json_object_get(report, "lv"), group, fault);
}

int lvm_group_read(const char *report, size_t size_bytes, const char *pv_name,
		   struct lvm_group *ret_group, struct fault *fault)
{
	json_error_t error;
	json_t *root = json_loadb(report, size_bytes, 0, &error);
	int result;

	*ret_group = (struct lvm_group){ 0 };
	if (!root)
		return unreadable(fault, error.text);
	result = read_group(root, pv_name, ret_group, fault);
	json_decref(root);
	if (result < 0)
		lvm_group_free(ret_group);
	return result;
}

int lvm_group_check_copies(const struct lvm_group *group, const char *report, size_t size_bytes,
			   struct fault *fault)
{
	json_error_t error;
	json_t *root = json_loadb(report, size_bytes, 0, &error), *pv;
	size_t i, found = 0;

	if (!root)
		return unreadable(fault, error.text);
	json_array_foreach (
		json_object_get(json_array_get(json_object_get(root, "report"), 0), "pv"), i, pv)
		found += strcmp(member_text(pv, "pv_uuid"), group->pv_uuid) == 0;
	json_decref(root);
	if (found == 0)
		return unreadable(fault, "the physical volume is not in it");
	return found == 1
		       ? 0
		       : refuse(group->name,
				"exists twice: the disk has a copy of its physical volume", fault);
}

void lvm_group_free(struct lvm_group *group)
{
	free(group->volumes);
	*group = (struct lvm_group){ 0 };
}

uint64_t lvm_group_extents_on(const struct lvm_group *group, uint64_t pv_bytes)
{
	return pv_bytes > group->data_at_bytes
		       ? (pv_bytes - group->data_at_bytes) / group->extent_bytes
		       : 0;
}
