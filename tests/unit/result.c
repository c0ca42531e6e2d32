/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/result: known events in, known fields and lines out. */
#include "host/result/result.h"
#include "base/cleanup.h"
#include "unit.h"

#include <fcntl.h>
#include <string.h>

#define PLAN                                                                                       \
	"{\"event\":\"plan\",\"host_ms\":500,\"partition\":2,\"start_lba\":33792,"                 \
	"\"sectors_before\":212992,\"sectors_after\":16743424,\"sector_bytes\":512,"               \
	"\"fs_type\":\"ext4\",\"fs_label\":\"rootfs\",\"fs_state\":\"clean\","                     \
	"\"block_bytes\":4096,\"blocks_before\":26624,\"blocks_after\":2092928}"

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, 0, &error);

	if (!value)
		fail_msg("%s: %s", error.text, text);
	return value;
}

static struct image sample_image(void)
{
	struct image image = { .format = IMAGE_QCOW2 };

	strcpy(image.path, "/images/openwrt.qcow2");
	return image;
}

static struct result sample_result(const struct image *image, const json_t *events)
{
	return (struct result){ .action = "grow",
				.image = image,
				.image_known = true,
				.format_known = true,
				.size_before_known = true,
				.size_after_known = true,
				.size_before_bytes = 126877696,
				.size_after_bytes = UINT64_C(8) << 30,
				.events = events,
				.fence_ms = RESULT_UNKNOWN_MS,
				.commit_ms = RESULT_UNKNOWN_MS,
				.total_ms = 1449 };
}

/* The lines that it prints. */
static void assert_lines(const struct result *result, const char *wanted)
{
	char path[] = "/tmp/grow-disk-unit.XXXXXX", text[4096];
	int file_fd = mkstemp(path), before_fd = dup(STDOUT_FILENO);
	json_t *object = result_object(result);
	struct fault fault;
	ssize_t got;

	unlink(path);
	fflush(stdout);
	dup2(file_fd, STDOUT_FILENO);
	assert_int_equal(result_print_text(object, &fault), 0);
	dup2(before_fd, STDOUT_FILENO);
	got = pread(file_fd, text, sizeof(text) - 1, 0);
	text[got] = '\0';
	close(file_fd);
	close(before_fd);
	json_decref(object);
	assert_string_equal(text, wanted);
}

static void a_grow(void **state)
{
	json_t *events = parse("[" PLAN "]");
	struct image image = sample_image();
	struct result result = sample_result(&image, events);

	(void)state;
	result.changed = true;
	result.fence = (struct fence_receipt){ .made = true, .compared_bytes = 505 };
	assert_lines(&result, "disk         121 MiB -> 8 GiB      openwrt.qcow2\n"
			      "partition 2  104 MiB -> 7.98 GiB   start LBA 33792 kept\n"
			      "file system  ext4 \"rootfs\" 4 KiB blocks, clean\n"
			      "done         1.4 s; nothing else on the disk changed\n");
	json_decref(events);
}

static void repairs_are_told(void **state)
{
	json_t *events = parse(
		"[" PLAN
		",{\"event\":\"check\",\"moment\":\"before\",\"state\":\"end\",\"repairs\":5,"
		"\"repairs_complete\":false},"
		"{\"event\":\"check\",\"moment\":\"after\",\"state\":\"end\",\"repairs\":0},"
		"{\"event\":\"repair\",\"moment\":\"before\",\"problem\":\"PR_\\u001b[2J\","
		"\"inode\":12},"
		"{\"event\":\"repair\",\"moment\":\"before\",\"problem\":\"B\",\"inode\":null},"
		"{\"event\":\"repair\",\"moment\":\"before\",\"problem\":\"C\"},"
		"{\"event\":\"repair\",\"moment\":\"before\",\"problem\":\"D\"},"
		"{\"event\":\"repair\",\"moment\":\"before\",\"problem\":\"E\"}]");
	struct image image = sample_image();
	struct result result = sample_result(&image, events);

	(void)state;
	result.fence = (struct fence_receipt){ .made = true };
	assert_lines(
		&result,
		"disk         121 MiB -> 8 GiB      openwrt.qcow2\n"
		"partition 2  104 MiB -> 7.98 GiB   start LBA 33792 kept\n"
		"file system  ext4 \"rootfs\" 4 KiB blocks, checked before and after, 5 repairs\n"
		"  repaired   PR_\xef\xbf\xbd[2J (inode 12), B, C, D, and 1 more\n"
		"             this list is not complete\n"
		"done         1.4 s; nothing else on the disk changed\n");
	json_decref(events);
}

#define GPT_ENTRY                                                                                  \
	"{\"event\":\"table\",\"moment\":\"before\",\"label\":\"gpt\",\"disk_id\":\"D\","          \
	"\"type_guid\":\"T\",\"uuid\":\"U\",\"name\":\"root\",\"bootable\":false,\"target\":true}"

static void a_gpt_tells_what_is_repaired(void **state)
{
	json_t *events = parse("[" GPT_ENTRY ",{\"event\":\"table-repair\",\"problem\":"
			       "\"backup-missing\"}," PLAN "]");
	struct image image = sample_image();
	struct result result = sample_result(&image, events);
	json_t *object = result_object(&result);
	json_t *table = parse("{\"type\":\"gpt\",\"id\":\"D\",\"repairs\":[\"backup-missing\"]}");
	json_t *partition = json_object_get(object, "partition");

	(void)state;
	assert_true(json_equal(json_object_get(object, "table"), table));
	assert_string_equal(json_string_value(json_object_get(partition, "type")), "T");
	assert_string_equal(json_string_value(json_object_get(partition, "uuid")), "U");
	assert_string_equal(json_string_value(json_object_get(partition, "name")), "root");
	json_decref(table);
	json_decref(object);
	result.fence = (struct fence_receipt){ .made = true };
	assert_lines(&result, "disk         121 MiB -> 8 GiB      openwrt.qcow2\n"
			      "partition 2  104 MiB -> 7.98 GiB   start LBA 33792 kept\n"
			      "  repaired   GPT: backup-missing\n"
			      "file system  ext4 \"rootfs\" 4 KiB blocks, clean\n"
			      "done         1.4 s; nothing else on the disk changed\n");
	json_decref(events);
}

/* A name and a label that would steer a terminal. */
static void names_are_safe_to_show(void **state)
{
	json_t *events = parse("[" PLAN "]");
	struct image image = sample_image();
	struct result result = sample_result(&image, events);

	(void)state;
	json_object_set_new(json_array_get(events, 0), "fs_label",
			    json_string("a\nb\x1b]0;x\x07\xe2\x80\xae"));
	json_object_set_new(json_array_get(events, 0), "block_bytes", json_integer(512));
	strcpy(image.path, "/images/a\n\x1b[2J");
	result.size_after_bytes = result.size_before_bytes;
	result.recovered = true;
	assert_lines(&result, "disk         121 MiB               a\xef\xbf\xbd\xef\xbf\xbd[2J\n"
			      "partition 2  104 MiB -> 7.98 GiB   start LBA 33792 kept\n"
			      "file system  ext4 \"a\xef\xbf\xbd"
			      "b\xef\xbf\xbd]0;x\xef\xbf\xbd\xef\xbf\xbd\" "
			      "512 B blocks, clean\n"
			      "done         1.4 s; the grow of an earlier run is committed\n");
	json_decref(events);
}

static void other_actions(void **state)
{
	struct image image = sample_image();
	struct result result = sample_result(&image, NULL);
	struct room room = { .count = 2,
			     .limits = { { REASON_IMAGE_LIMIT, UINT64_C(2) << 50 },
					 { REASON_NO_SPACE, UINT64_C(3) << 40 } } };

	(void)state;
	result.size_before_known = result.size_after_known = false;
	result.action = "discard";
	assert_lines(&result, "done         nothing to do: no earlier run left a log\n");
	result.discarded = true;
	assert_lines(&result, "done         the log of an earlier run was discarded; the image is "
			      "unchanged\n");
	result.action = "recover";
	assert_lines(&result, "done         nothing to do: no earlier run left a complete log\n");
	result.action = "plan";
	result.room = &room;
	assert_lines(&result,
		     "largest      this disk can grow to 3 TiB (no-space)\n"
		     "plan only    nothing to do: the partition and its file system already "
		     "fill the disk\n");
	result.changed = true;
	assert_lines(&result, "largest      this disk can grow to 3 TiB (no-space)\n"
			      "plan only    nothing has been changed\n");
	result.pending = "verified";
	result.pending_before_bytes = 512;
	result.pending_after_bytes = 1536;
	assert_lines(&result,
		     "pending      512 B -> 1.5 KiB: the log of an earlier run is complete "
		     "(verified); the next grow-disk, or grow-disk --recover, commits it first\n"
		     "plan only    nothing has been changed\n");
}

/* Each field is there, whatever is known. */
static void nothing_is_known(void **state)
{
	static const char *const names[] = {
		"schema",
		"image",
		"format",
		"action",
		"changed",
		"recovered",
		"discarded",
		"pending",
		"reason",
		"status",
		"message",
		"hint",
		"size_before_bytes",
		"size_after_bytes",
		"table",
		"partition",
		"moved",
		"layers",
		"filesystem",
		"limits",
		"largest",
		"fence",
		"boot",
		"timings_ms",
		"accelerator",
		"checked_by",
		"start",
		"versions",
	};
	struct fault fault = { .reason = REASON_USAGE, .message = "It is wrong" };
	struct result result = { .action = "grow",
				 .fault = &fault,
				 .fence_ms = RESULT_UNKNOWN_MS,
				 .commit_ms = RESULT_UNKNOWN_MS };
	json_t *object = result_object(&result);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!json_object_get(object, names[i]))
			fail_msg("%s is missing", names[i]);
	assert_int_equal(json_object_size(object), sizeof(names) / sizeof(names[0]));
	assert_true(json_is_null(json_object_get(object, "image")));
	assert_true(json_is_null(json_object_get(object, "hint")));
	assert_true(json_is_null(json_object_get(object, "filesystem")));
	assert_string_equal(json_string_value(json_object_get(object, "reason")), "usage");
	assert_int_equal(json_integer_value(json_object_get(object, "status")), 2);
	assert_true(json_is_false(json_object_get(object, "changed")));
	json_decref(object);
	/* Half a commit: nobody can say. */
	fault.reason = REASON_COMMIT_UNFINISHED;
	object = result_object(&result);
	assert_true(json_is_null(json_object_get(object, "changed")));
	json_decref(object);
}

static json_int_t at(const json_t *object, const char *outer, const char *inner)
{
	const json_t *value = json_object_get(json_object_get(object, outer), inner);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* Sums over the machines, the last of two equal events, times between two. */
static void fields_come_from_events(void **state)
{
	json_t *events = parse(
		"[{\"event\":\"machine\",\"host_ms\":100,\"accel\":\"kvm\",\"start\":\"warm\"},"
		"{\"event\":\"plan\",\"host_ms\":1}," PLAN ","
		"{\"event\":\"limit\",\"reason\":\"mbr-2tib\",\"largest_disk_bytes\":2199023255552}"
		","
		"{\"event\":\"limit\",\"reason\":\"fs-limit\",\"largest_disk_bytes\":7},"
		"{\"event\":\"check\",\"moment\":\"before\",\"state\":\"begin\",\"host_ms\":600},"
		"{\"event\":\"check\",\"moment\":\"before\",\"state\":\"end\",\"host_ms\":650,"
		"\"repairs\":1},"
		"{\"event\":\"verify\",\"blocks\":77},{\"event\":\"done\",\"host_ms\":900}]");
	json_t *others = parse("[{\"event\":\"check\",\"moment\":\"before\",\"state\":\"end\","
			       "\"repairs\":2}]");
	struct image image = sample_image();
	struct result result = sample_result(&image, events);
	json_t *object;

	(void)state;
	result.check_events[0] = others;
	object = result_object(&result);
	assert_int_equal(at(object, "filesystem", "repairs_before"), 3);
	assert_true(json_is_null(
		json_object_get(json_object_get(object, "filesystem"), "repairs_after")));
	assert_int_equal(at(object, "filesystem", "blocks_after"), 77);
	assert_int_equal(at(object, "partition", "start_lba"), 33792);
	assert_int_equal(at(object, "largest", "largest_disk_bytes"), 7);
	assert_int_equal(at(object, "timings_ms", "start"), 100);
	assert_int_equal(at(object, "timings_ms", "probe"), 400);
	assert_int_equal(at(object, "timings_ms", "check"), 50);
	assert_int_equal(at(object, "timings_ms", "vm"), 900);
	assert_string_equal(json_string_value(json_object_get(object, "start")), "warm");
	json_decref(object);
	json_decref(others);
	json_decref(events);
}

/* A grow whose checks were others', before and after. */
static void checks_are_told_from_who_made_them(void **state)
{
	json_t *events = parse(
		"[{\"event\":\"machine\",\"host_ms\":100,\"accel\":\"tcg\",\"start\":\"warm\"}"
		"," PLAN
		",{\"event\":\"verify\",\"blocks\":77},{\"event\":\"done\",\"host_ms\":900}]");
	json_t *before = parse(
		"[{\"event\":\"machine\",\"accel\":\"native\"},"
		"{\"event\":\"check\",\"moment\":\"before\",\"state\":\"begin\",\"host_ms\":20},"
		"{\"event\":\"check\",\"moment\":\"before\",\"state\":\"end\",\"host_ms\":50,"
		"\"repairs\":0}]");
	json_t *after = parse(
		"[{\"event\":\"check\",\"moment\":\"after\",\"state\":\"begin\",\"host_ms\":30},"
		"{\"event\":\"check\",\"moment\":\"after\",\"state\":\"end\",\"host_ms\":70,"
		"\"repairs\":0}]");
	struct image image = sample_image();
	struct result result = sample_result(&image, events);
	json_t *object;

	(void)state;
	result.check_events[0] = before;
	result.check_events[1] = after;
	object = result_object(&result);
	assert_int_equal(at(object, "filesystem", "repairs_before"), 0);
	assert_int_equal(at(object, "filesystem", "repairs_after"), 0);
	assert_int_equal(at(object, "timings_ms", "check"), 30);
	assert_int_equal(at(object, "timings_ms", "verify"), 40);
	assert_string_equal(json_string_value(json_object_get(object, "accelerator")), "tcg");
	assert_string_equal(json_string_value(json_object_get(object, "checked_by")), "native");
	json_decref(object);
	json_decref(events);
	json_decref(before);
	json_decref(after);
}

/* JSON has no bytes that are no UTF-8. */
static void a_name_that_is_no_utf8(void **state)
{
	struct image image = sample_image();
	struct result result = sample_result(&image, NULL);
	json_t *object;

	(void)state;
	strcpy(image.path, "/images/\xff");
	object = result_object(&result);
	assert_string_equal(json_string_value(json_object_get(object, "image")),
			    "/images/\xef\xbf\xbd");
	json_decref(object);
}

static void a_result_that_cannot_be_written(void **state)
{
	struct image image = sample_image();
	struct result result = sample_result(&image, NULL);
	json_t *object = result_object(&result);
	int before_fd = dup(STDOUT_FILENO), full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct fault fault = { 0 };
	int written;

	(void)state;
	fflush(stdout);
	dup2(full_fd, STDOUT_FILENO);
	written = result_print_json(object, &fault);
	clearerr(stdout);
	dup2(before_fd, STDOUT_FILENO);
	close(before_fd);
	close(full_fd);
	json_decref(object);
	assert_int_equal(written, -1);
	assert_int_equal(fault.reason, REASON_NO_SPACE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_grow),
	cmocka_unit_test(repairs_are_told),
	cmocka_unit_test(a_gpt_tells_what_is_repaired),
	cmocka_unit_test(names_are_safe_to_show),
	cmocka_unit_test(other_actions),
	cmocka_unit_test(nothing_is_known),
	cmocka_unit_test(fields_come_from_events),
	cmocka_unit_test(checks_are_told_from_who_made_them),
	cmocka_unit_test(a_name_that_is_no_utf8),
	cmocka_unit_test(a_result_that_cannot_be_written),
};
UNIT_MAIN(tests)
