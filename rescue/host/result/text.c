/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result.h"

#include "base/content.h"
#include "base/text.h"
#include "member.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_CHARS   13
#define VALUE_CHARS   22
#define SHOWN_REPAIRS 4

static uint64_t number(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static bool has(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value && !json_is_null(value);
}

static bool is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* "121 MiB", "7.98 GiB": two decimals at most. */
static void human(char out[TEXT_SIZE_CHARS], uint64_t bytes)
{
	static const char *const units[] = { "TiB", "GiB", "MiB", "KiB" };
	uint64_t size = UINT64_C(1) << 40;

	for (size_t i = 0; i < 4; i++, size >>= 10) {
		uint64_t hundredths;
		int used;

		if (bytes < size)
			continue;
		hundredths = bytes / size * 100 +
			     (uint64_t)((double)(bytes % size) * 100.0 / (double)size + 0.5);
		used = snprintf(out, TEXT_SIZE_CHARS, "%" PRIu64 ".%02u", hundredths / 100,
				(unsigned)(hundredths % 100));
		while (out[used - 1] == '0')
			used--;
		if (out[used - 1] == '.')
			used--;
		snprintf(out + used, TEXT_SIZE_CHARS - (size_t)used, " %s", units[i]);
		return;
	}
	snprintf(out, TEXT_SIZE_CHARS, "%" PRIu64 " B", bytes);
}

/* "121 MiB -> 8 GiB", or one size that stays. */
static void change(char out[3 * TEXT_SIZE_CHARS], uint64_t before, uint64_t after)
{
	char first[TEXT_SIZE_CHARS], second[TEXT_SIZE_CHARS];

	human(first, before);
	human(second, after);
	if (before == after)
		snprintf(out, 3 * TEXT_SIZE_CHARS, "%s", first);
	else
		snprintf(out, 3 * TEXT_SIZE_CHARS, "%s -> %s", first, second);
}

static void line(FILE *to, const char *label, const char *value, const char *rest)
{
	fprintf(to, "%-*s", LABEL_CHARS - 1, label);
	if (rest)
		fprintf(to, " %-*s %s\n", VALUE_CHARS - 1, value, rest);
	else
		fprintf(to, " %s\n", value);
}

static void write_disk(FILE *to, const json_t *result)
{
	const char *path = member_text(result, "image"), *slash = strrchr(path, '/');
	char sizes[3 * TEXT_SIZE_CHARS], name[1024];

	if (!has(result, "size_before_bytes"))
		return;
	change(sizes, number(result, "size_before_bytes"), number(result, "size_after_bytes"));
	text_make_safe(name, sizeof(name), slash ? slash + 1 : path,
		       strlen(slash ? slash + 1 : path));
	line(to, "disk", sizes, name);
}

static void write_partition(FILE *to, const json_t *partition)
{
	uint64_t sector = number(partition, "sector_bytes");
	char label[32], sizes[3 * TEXT_SIZE_CHARS], start[64];

	if (!json_is_object(partition))
		return;
	snprintf(label, sizeof(label), "partition %" PRIu64, number(partition, "number"));
	snprintf(start, sizeof(start), "start LBA %" PRIu64 " kept",
		 number(partition, "start_lba"));
	change(sizes, number(partition, "sectors_before") * sector,
	       number(partition, "sectors_after") * sector);
	line(to, label, sizes, start);
}

static void write_moved(FILE *to, const json_t *moved)
{
	char label[32], places[80];

	if (!json_is_object(moved))
		return;
	snprintf(label, sizeof(label), "swap %" PRIu64, number(moved, "partition"));
	snprintf(places, sizeof(places), "start LBA %" PRIu64 " -> %" PRIu64,
		 number(moved, "from_lba"), number(moved, "to_lba"));
	line(to, label, "moved", places);
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
		line(to, is_plan ? "  to repair" : "  repaired", value, NULL);
	}
}

static void write_layers(FILE *to, const json_t *layers)
{
	json_t *layer;
	size_t i;

	json_array_foreach ((json_t *)layers, i, layer) {
		char sizes[3 * TEXT_SIZE_CHARS], name[512], safe[3 * sizeof(name)];

		change(sizes, number(layer, "size_before_bytes"),
		       number(layer, "size_after_bytes"));
		if (has(layer, "lv"))
			snprintf(name, sizeof(name), "%s/%s", member_text(layer, "vg"),
				 member_text(layer, "lv"));
		else
			snprintf(name, sizeof(name), "%s", member_text(layer, "cipher"));
		text_make_safe(safe, sizeof(safe), name, strlen(name));
		line(to, has(layer, "lv") ? "lvm" : "luks", sizes, safe);
	}
}

static uint64_t count_repairs(const json_t *filesystem)
{
	return number(filesystem, "repairs_before") + number(filesystem, "repairs_after");
}

/* "checked before and after, no repairs"; of what was not checked, its state. */
static void describe_check(char *out, size_t out_bytes, const json_t *filesystem)
{
	uint64_t repairs = count_repairs(filesystem);
	char count[48] = "no repairs";

	if (!has(filesystem, "repairs_before")) {
		snprintf(out, out_bytes, "%s", member_text(filesystem, "state"));
		return;
	}
	if (repairs > 0)
		snprintf(count, sizeof(count), "%" PRIu64 " repair%s", repairs,
			 repairs == 1 ? "" : "s");
	snprintf(out, out_bytes, "checked%s, %s",
		 has(filesystem, "repairs_after") ? " before and after" : "", count);
}

/* Is it what a grow of the partition alone does not touch? */
static bool is_content(const json_t *filesystem)
{
	return json_is_object(filesystem) && !has(filesystem, "block_bytes");
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
	line(to, "content", value, NULL);
}

static void write_filesystem(FILE *to, const json_t *filesystem)
{
	uint64_t block = number(filesystem, "block_bytes");
	const char *type = member_text(filesystem, "type"),
		   *label = member_text(filesystem, "label");
	char safe[256], checked[128], value[512];

	if (!json_is_object(filesystem))
		return;
	if (is_content(filesystem)) {
		write_content(to, filesystem);
		return;
	}
	text_make_safe(safe, sizeof(safe), label, strlen(label));
	describe_check(checked, sizeof(checked), filesystem);
	snprintf(value, sizeof(value), "%s \"%s\" %" PRIu64 " %s blocks, %s", type, safe,
		 block >= 1024 ? block / 1024 : block, block >= 1024 ? "KiB" : "B", checked);
	line(to, "file system", value, NULL);
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
		if (has(repair, "inode"))
			snprintf(inode, sizeof(inode), " (inode %" PRIu64 ")",
				 number(repair, "inode"));
		used += (size_t)snprintf(value + used, sizeof(value) - used, "%s%s%s",
					 i == 0 ? "" : ", ", problem, inode);
	}
	count = count > listed ? count : listed;
	if (count > SHOWN_REPAIRS && used < sizeof(value))
		snprintf(value + used, sizeof(value) - used, ", and %" PRIu64 " more",
			 count - SHOWN_REPAIRS);
	line(to, "  repaired", value, NULL);
	if (json_is_false(json_object_get(filesystem, "repairs_complete")))
		line(to, "", "this list is not complete", NULL);
}

static const char *nothing_to_do(const json_t *result)
{
	return is_content(json_object_get(result, "filesystem"))
		       ? "nothing to do: the partition already fills the disk"
		       : "nothing to do: the partition and its file system already fill the disk";
}

static void write_plan(FILE *to, const json_t *result)
{
	const json_t *pending = json_object_get(result, "pending");
	const json_t *largest = json_object_get(result, "largest");
	char value[512], sizes[3 * TEXT_SIZE_CHARS];

	if (json_is_object(pending)) {
		change(sizes, number(pending, "size_before_bytes"),
		       number(pending, "size_after_bytes"));
		snprintf(value, sizeof(value),
			 "%s: the log of an earlier run is complete (%s); the next grow-disk, or "
			 "grow-disk --recover, commits it first",
			 sizes, member_text(pending, "state"));
		line(to, "pending", value, NULL);
		line(to, "plan only", "nothing has been changed", NULL);
		return;
	}
	if (json_is_object(largest)) {
		human(sizes, number(largest, "largest_disk_bytes"));
		snprintf(value, sizeof(value), "this disk can grow to %s (%s)", sizes,
			 member_text(largest, "reason"));
		line(to, "largest", value, NULL);
	}
	line(to, "plan only",
	     is_true(result, "changed") ? "nothing has been changed" : nothing_to_do(result), NULL);
}

static void write_end(FILE *to, const json_t *result)
{
	const char *action = member_text(result, "action");
	const json_t *fence = json_object_get(result, "fence");
	uint64_t total_ms = number(json_object_get(result, "timings_ms"), "total");
	char value[256], seconds[32];

	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%" PRIu64 " s", (total_ms + 50) / 1000,
		 (total_ms + 50) / 100 % 10);
	if (strcmp(action, "discard") == 0)
		snprintf(value, sizeof(value), "%s",
			 is_true(result, "discarded")
				 ? "the log of an earlier run is thrown away; the image is what it "
				   "was"
				 : "nothing to do: no earlier run left a log");
	else if (json_is_object(fence))
		snprintf(value, sizeof(value),
			 "%s; nothing else on the disk changed (%" PRIu64 " bytes compared)",
			 seconds, number(fence, "compared_bytes"));
	else if (is_true(result, "recovered"))
		snprintf(value, sizeof(value), "%s; what an earlier run had grown is committed now",
			 seconds);
	else if (strcmp(action, "recover") == 0)
		snprintf(value, sizeof(value), "nothing to do: no earlier run left a complete log");
	else
		snprintf(value, sizeof(value), "%s", nothing_to_do(result));
	line(to, "done", value, NULL);
}

/* How far both came, the disk as it was and the grown one. */
static void write_boot(FILE *to, const json_t *boot)
{
	if (json_is_object(boot) && has(boot, "milestone"))
		line(to, "boot", member_text(boot, "milestone"),
		     strcmp(member_text(boot, "firmware"), "uefi") == 0
			     ? "reached as before, with UEFI"
			     : "reached as before, with a BIOS");
}

static void write_text(FILE *to, const json_t *result)
{
	const json_t *filesystem = json_object_get(result, "filesystem");

	write_disk(to, result);
	write_partition(to, json_object_get(result, "partition"));
	write_moved(to, json_object_get(result, "moved"));
	write_table_repairs(to, result);
	write_layers(to, json_object_get(result, "layers"));
	write_filesystem(to, filesystem);
	write_repairs(to, filesystem);
	write_boot(to, json_object_get(result, "boot"));
	if (strcmp(member_text(result, "action"), "plan") == 0)
		write_plan(to, result);
	else
		write_end(to, result);
}

/* Standard output may be a full disk, or a pipe that nobody reads. */
static int finish(struct fault *fault)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno == EPIPE)
		return fault_set(fault, REASON_INTERRUPTED,
				 "Nobody reads standard output, so the result is lost");
	fault_set_errno(fault,
			errno == ENOSPC || errno == EDQUOT ? REASON_NO_SPACE : REASON_DISK_IO,
			errno, "Standard output cannot be written");
	return fault_hint(fault, "Make room, or look at what reads it");
}

int result_print_json(const json_t *object, struct fault *fault)
{
	char *dump = object ? json_dumps(object, JSON_INDENT(2)) : NULL;

	if (!dump)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	puts(dump);
	free(dump);
	return finish(fault);
}

int result_print_text(const json_t *object, struct fault *fault)
{
	write_text(stdout, object);
	return finish(fault);
}
