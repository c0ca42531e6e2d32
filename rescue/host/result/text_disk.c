/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_disk.h"

#include "base/content.h"
#include "lines.h"
#include "wire/member.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN_REPAIRS 4

static void write_disk(FILE *to, const json_t *result)
{
	const char *path = member_text(result, "image"), *slash = strrchr(path, '/');
	char sizes[LINES_CHANGE_CHARS], name[1024];

	if (!member_has(result, "size_before_bytes"))
		return;
	lines_change(sizes, member_number(result, "size_before_bytes"),
		     member_number(result, "size_after_bytes"));
	text_make_safe(name, sizeof(name), slash ? slash + 1 : path,
		       strlen(slash ? slash + 1 : path));
	lines_write(to, "disk", sizes, name);
}

static void write_partition(FILE *to, const json_t *partition)
{
	uint64_t sector = member_number(partition, "sector_bytes");
	char label[32], sizes[LINES_CHANGE_CHARS], start[64];

	if (!json_is_object(partition))
		return;
	snprintf(label, sizeof(label), "partition %" PRIu64, member_number(partition, "number"));
	snprintf(start, sizeof(start), "start LBA %" PRIu64 " kept",
		 member_number(partition, "start_lba"));
	lines_change(sizes, member_number(partition, "sectors_before") * sector,
		     member_number(partition, "sectors_after") * sector);
	lines_write(to, label, sizes, start);
}

static void write_moved(FILE *to, const json_t *moved)
{
	char label[32], places[80];

	if (!json_is_object(moved))
		return;
	snprintf(label, sizeof(label), "swap %" PRIu64, member_number(moved, "partition"));
	snprintf(places, sizeof(places), "start LBA %" PRIu64 " -> %" PRIu64,
		 member_number(moved, "from_lba"), member_number(moved, "to_lba"));
	lines_write(to, label, "moved", places);
}

/* What was wrong with the table, and is put right: "GPT: backup-missing". */
static void write_table_repairs(FILE *to, const json_t *result)
{
	const json_t *repairs = json_object_get(json_object_get(result, "table"), "repairs");
	const bool is_plan = strcmp(member_text(result, "action"), "plan") == 0;
	char value[128];

	for (size_t i = 0; i < json_array_size(repairs); i++) {
		snprintf(value, sizeof(value), "GPT: %s",
			 json_string_value(json_array_get(repairs, i)));
		lines_write(to, is_plan ? "  to repair" : "  repaired", value, NULL);
	}
}

static void write_layers(FILE *to, const json_t *layers)
{
	json_t *layer;
	size_t i;

	json_array_foreach ((json_t *)layers, i, layer) {
		char sizes[LINES_CHANGE_CHARS], name[512], safe[3 * sizeof(name)];

		lines_change(sizes, member_number(layer, "size_before_bytes"),
			     member_number(layer, "size_after_bytes"));
		if (member_has(layer, "lv"))
			snprintf(name, sizeof(name), "%s/%s", member_text(layer, "vg"),
				 member_text(layer, "lv"));
		else
			snprintf(name, sizeof(name), "%s", member_text(layer, "cipher"));
		text_make_safe(safe, sizeof(safe), name, strlen(name));
		lines_write(to, member_has(layer, "lv") ? "lvm" : "luks", sizes, safe);
	}
}

static uint64_t count_repairs(const json_t *filesystem)
{
	return member_number(filesystem, "repairs_before") +
	       member_number(filesystem, "repairs_after");
}

/* "checked before and after, no repairs"; of what was not checked, its state. */
static void describe_check(char *out, size_t out_bytes, const json_t *filesystem)
{
	uint64_t repairs = count_repairs(filesystem);
	char count[48] = "no repairs";

	if (!member_has(filesystem, "repairs_before")) {
		snprintf(out, out_bytes, "%s", member_text(filesystem, "state"));
		return;
	}
	if (repairs > 0)
		snprintf(count, sizeof(count), "%" PRIu64 " repair%s", repairs,
			 repairs == 1 ? "" : "s");
	snprintf(out, out_bytes, "checked%s, %s",
		 member_has(filesystem, "repairs_after") ? " before and after" : "", count);
}

bool result_is_content(const json_t *filesystem)
{
	return json_is_object(filesystem) && !member_has(filesystem, "block_bytes");
}

static void write_content(FILE *to, const json_t *filesystem)
{
	const char *type = member_text(filesystem, "type");
	const char *name = type[0] ? content_name(type) : "not known";
	const struct content *content = content_find(type);
	char safe[128], value[512];

	text_make_safe(safe, sizeof(safe), name, strlen(name));
	if (content && content->grower)
		snprintf(value, sizeof(value), "%s, keeps its size; grow it in its system: %s",
			 safe, content->grower);
	else
		snprintf(value, sizeof(value), "%s, %s", safe,
			 content ? "keeps its size, which cannot be changed" : "keeps its size");
	lines_write(to, "content", value, NULL);
}

static void write_filesystem(FILE *to, const json_t *filesystem)
{
	uint64_t block = member_number(filesystem, "block_bytes");
	const char *type = member_text(filesystem, "type"),
		   *label = member_text(filesystem, "label");
	char safe[256], checked[128], value[512];

	if (!json_is_object(filesystem))
		return;
	if (result_is_content(filesystem)) {
		write_content(to, filesystem);
		return;
	}
	text_make_safe(safe, sizeof(safe), label, strlen(label));
	describe_check(checked, sizeof(checked), filesystem);
	snprintf(value, sizeof(value), "%s \"%s\" %" PRIu64 " %s blocks, %s", type, safe,
		 block >= 1024 ? block / 1024 : block, block >= 1024 ? "KiB" : "B", checked);
	lines_write(to, "file system", value, NULL);
}

static void write_repairs(FILE *to, const json_t *filesystem)
{
	const json_t *repairs = json_object_get(filesystem, "repairs");
	uint64_t count = count_repairs(filesystem), listed = json_array_size(repairs);
	char value[512] = "";
	size_t used = 0;

	if (listed == 0)
		return;
	for (size_t i = 0; i < listed && i < SHOWN_REPAIRS && used < sizeof(value); i++) {
		const json_t *repair = json_array_get(repairs, i);
		char problem[64], inode[48] = "";

		text_make_safe(problem, sizeof(problem), member_text(repair, "problem"),
			       strlen(member_text(repair, "problem")));
		if (member_has(repair, "inode"))
			snprintf(inode, sizeof(inode), " (inode %" PRIu64 ")",
				 member_number(repair, "inode"));
		used += (size_t)snprintf(value + used, sizeof(value) - used, "%s%s%s",
					 i == 0 ? "" : ", ", problem, inode);
	}
	count = count > listed ? count : listed;
	if (count > SHOWN_REPAIRS && used < sizeof(value))
		snprintf(value + used, sizeof(value) - used, ", and %" PRIu64 " more",
			 count - SHOWN_REPAIRS);
	lines_write(to, "  repaired", value, NULL);
	if (json_is_false(json_object_get(filesystem, "repairs_complete")))
		lines_write(to, "", "this list is not complete", NULL);
}

void result_write_disk(FILE *to, const json_t *result)
{
	const json_t *filesystem = json_object_get(result, "filesystem");

	write_disk(to, result);
	write_partition(to, json_object_get(result, "partition"));
	write_moved(to, json_object_get(result, "moved"));
	write_table_repairs(to, result);
	write_layers(to, json_object_get(result, "layers"));
	write_filesystem(to, filesystem);
	write_repairs(to, filesystem);
}
