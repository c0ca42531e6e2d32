/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/log/ticket_text.c: a ticket is whole or it is none. */
#include "base/cleanup.h"
#include "host/log/ticket.h"
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#define NUMBER_MAX (INT64_C(1) << 53)

static void fill(char sum[CHECKSUM_CHARS + 1], char digit)
{
	memset(sum, digit, CHECKSUM_CHARS);
	sum[CHECKSUM_CHARS] = '\0';
}

static struct ticket_facts sample(void)
{
	struct ticket_facts facts = { .format = IMAGE_QCOW2,
				      .size_before_bytes = 126877696,
				      .size_after_bytes = UINT64_C(8) << 30,
				      .image_bytes = 13172736,
				      .image_time = "2024-05-06 07:08:09.012345678 +0000",
				      .superblock_at = 17302528,
				      .table_at = 589824,
				      .table_bytes = 8,
				      .work_dir = "/var/tmp/a \"quoted\" folder",
				      .key = "0123456789abcdef" };

	fill(facts.log_sum, '1');
	for (int i = 0; i < 2; i++) {
		fill(facts.sector_sum[i], (char)('2' + i));
		fill(facts.superblock_sum[0][i], (char)('4' + i));
		fill(facts.superblock_sum[1][i], (char)('6' + i));
	}
	return facts;
}

static void assert_same(const struct ticket_facts *a, const struct ticket_facts *b)
{
	assert_int_equal(a->format, b->format);
	assert_string_equal(a->log_sum, b->log_sum);
	assert_int_equal(a->size_before_bytes, b->size_before_bytes);
	assert_int_equal(a->size_after_bytes, b->size_after_bytes);
	assert_int_equal(a->image_bytes, b->image_bytes);
	assert_string_equal(a->image_time, b->image_time);
	assert_int_equal(a->superblock_at, b->superblock_at);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(a->sector_sum[i], b->sector_sum[i]);
		for (int half = 0; half < 2; half++)
			assert_string_equal(a->superblock_sum[i][half], b->superblock_sum[i][half]);
	}
	assert_int_equal(a->table_at, b->table_at);
	assert_int_equal(a->table_bytes, b->table_bytes);
	assert_string_equal(a->work_dir, b->work_dir);
	assert_string_equal(a->key, b->key);
	assert_int_equal(a->closing.count, b->closing.count);
	for (int i = 0; a->closing.count > 0 && i < 2; i++)
		for (int half = 0; half < 2; half++) {
			assert_string_equal(a->closing.content_sum[i], b->closing.content_sum[i]);
			assert_string_equal(a->closing.superblock_sum[i][half],
					    b->closing.superblock_sum[i][half]);
		}
	for (size_t i = 0; i < a->closing.count; i++) {
		const struct closing_mark *mark = &a->closing.marks[i],
					  *other = &b->closing.marks[i];

		assert_int_equal(mark->at, other->at);
		assert_int_equal(mark->size_bytes, other->size_bytes);
		assert_int_equal(mark->before, other->before);
		assert_memory_equal(mark->bytes, other->bytes, mark->size_bytes);
	}
}

static void what_is_written_is_read(void **state)
{
	static const char *const folders[] = { "", "/", "/a folder", "/gr\xc3\xbc\xc3\x9f",
					       "/'\"\\" };

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct ticket_facts facts = sample(), again;
		cleanup_free char *text = NULL;

		facts.format = i % 2 ? IMAGE_QCOW2 : IMAGE_RAW;
		facts.superblock_at = NUMBER_MAX;
		strcpy(facts.work_dir, folders[i]);
		if (facts.work_dir[0] == '\0')
			facts.key[0] = '\0';
		text = ticket_format(&facts);
		assert_non_null(text);
		assert_true(strlen(text) < TICKET_MAX_BYTES);
		assert_null(ticket_parse(text, strlen(text), &again));
		assert_same(&facts, &again);
	}
}

/* Of a block device. */
static void what_is_closed_is_read(void **state)
{
#define MARK(at, bytes, before)                                                                    \
	"[{\"offset_bytes\": " at ", \"bytes\": " bytes ", \"before\": " before "}]"
	static const char *const wrong[] = {
		"[]",
		"[1]",
		"{}",
		"[{}]",
		MARK("510", "\"\"", "true"),
		MARK("510", "\"55a\"", "true"),
		MARK("510", "\"55AA\"", "true"),
		MARK("510", "1", "true"),
		MARK("510", "\"55aa\"", "1"),
		MARK("-1", "\"55aa\"", "true"),
		MARK("8589934591", "\"55aa\"", "true"), /* over the end */
		MARK("0", "\"0011223344556677889900112233445566\"", "false")
	};
	struct ticket_facts facts = sample(), again;
	cleanup_free char *text = NULL;
	json_t *object, *closing, *marks;

	(void)state;
	facts.closing = (struct closing){ .count = CLOSING_MARKS_MAX };
	for (int i = 0; i < 2; i++) {
		fill(facts.closing.content_sum[i], (char)('a' + i));
		fill(facts.closing.superblock_sum[i][0], (char)('c' + i));
		fill(facts.closing.superblock_sum[i][1], (char)('0' + i));
	}
	for (size_t i = 0; i < CLOSING_MARKS_MAX; i++)
		facts.closing.marks[i] =
			(struct closing_mark){ .at = i == 0 ? facts.size_after_bytes - (i + 2)
							    : 510 + i,
					       .size_bytes = 2 * (i + 1),
					       .bytes = { 0x55, 0xaa, (uint8_t)i, 0xff },
					       .before = i % 2 };
	text = ticket_format(&facts);
	assert_null(ticket_parse(text, strlen(text), &again));
	assert_same(&facts, &again);
	object = json_loads(text, 0, NULL);
	closing = json_object_get(object, "closing");
	marks = json_object_get(closing, "signatures");
	json_array_append(marks, json_array_get(marks, 0));
	free(text);
	text = json_dumps(object, 0);
	assert_non_null(ticket_parse(text, strlen(text), &again));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_object_set_new(closing, "signatures", json_loads(wrong[i], 0, NULL));
		free(text);
		text = json_dumps(object, 0);
		if (!ticket_parse(text, strlen(text), &again))
			fail_msg("accepted: %s", wrong[i]);
	}
	json_object_set_new(closing, "signatures",
			    json_loads(MARK("510", "\"55aa\"", "true"), 0, NULL));
	free(text);
	text = json_dumps(object, 0);
	assert_null(ticket_parse(text, strlen(text), &again));
	json_object_del(closing, "content_sha256");
	free(text);
	text = json_dumps(object, 0);
	assert_non_null(ticket_parse(text, strlen(text), &again));
	json_decref(object);
}

/* The longest folder still fits into what is read of a ticket. */
static void the_longest_folder(void **state)
{
	struct ticket_facts facts = sample(), again;
	cleanup_free char *text = NULL;

	(void)state;
	memset(facts.work_dir, '"', PATH_MAX - 1);
	facts.work_dir[0] = '/';
	text = ticket_format(&facts);
	assert_true(strlen(text) < TICKET_MAX_BYTES);
	assert_null(ticket_parse(text, strlen(text), &again));
	assert_same(&facts, &again);
	strcpy(facts.work_dir, "/\xff");
	assert_null(ticket_format(&facts));
}

static void a_torn_ticket_is_none(void **state)
{
	struct ticket_facts facts = sample(), again, untouched;
	cleanup_free char *text = ticket_format(&facts);
	size_t length = strlen(text);

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t bytes = 0; bytes < length; bytes++) {
		cleanup_free char *torn = malloc(bytes + 1);

		memcpy(torn, text, bytes);
		again = untouched;
		assert_non_null(ticket_parse(torn, bytes, &again));
		assert_memory_equal(&again, &untouched, sizeof(again));
		/* The power was cut: the length is there, the bytes are not. */
		memset(text + bytes, 0, length - bytes);
		assert_non_null(ticket_parse(text, length, &again));
		free(text);
		text = ticket_format(&facts);
	}
	/* And a longer one: it was written over an older one. */
	text = realloc(text, length + 3);
	memcpy(text + length, "\n}", 3);
	assert_null(ticket_parse(text, length + 1, &again));
	assert_non_null(ticket_parse(text, length + 2, &again));
}

static bool is_accepted(const json_t *object)
{
	cleanup_free char *text = json_dumps(object, 0);
	struct ticket_facts facts;

	return !ticket_parse(text, strlen(text), &facts);
}

/* The name is borrowed from a table: these may be left out. */
static bool may_be_absent(const char *name)
{
	return strcmp(name, "note") == 0 || strcmp(name, "version") == 0;
}

static json_t *sample_object(void)
{
	struct ticket_facts facts = sample();
	cleanup_free char *text = ticket_format(&facts);
	json_t *object = json_loads(text, 0, NULL);

	assert_non_null(object);
	return object;
}

static void each_field_is_needed(void **state)
{
	static const char *const values[] = { "null", "true",	"false", "0",
					      "-1",   "1.5",	"\"\"",	 "\"raw2\"",
					      "[]",   "[null]", "{}",	 "9007199254740993" };
	json_t *object = sample_object();
	void *iterator;

	(void)state;
	for (iterator = json_object_iter(object); iterator;
	     iterator = json_object_iter_next(object, iterator)) {
		const char *name = json_object_iter_key(iterator);
		json_t *changed = json_copy(object);

		json_object_del(changed, name);
		if (is_accepted(changed) != may_be_absent(name))
			fail_msg("without %s", name);
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			json_t *value = json_loads(values[i], JSON_DECODE_ANY, NULL);
			bool right = may_be_absent(name) ||
				     (strcmp(name, "complete") == 0 && json_is_true(value)) ||
				     (strcmp(values[i], "0") == 0 && strstr(name, "_bytes")) ||
				     (strcmp(values[i], "\"raw2\"") == 0 &&
				      strcmp(name, "image_time") == 0);

			json_object_set_new(changed, name, value);
			if (is_accepted(changed) != right)
				fail_msg("%s: %s", name, values[i]);
		}
		json_decref(changed);
	}
	json_decref(object);
}

static void each_field_has_bounds(void **state)
{
	static const struct {
		const char *name, *value;
		bool right;
	} cases[] = {
		{ "schema", "2", false },
		{ "format", "\"raw\"", true },
		{ "format", "\"RAW\"", false },
		{ "log_sha256", "\"111\"", false },
		{ "size_before_bytes", "9007199254740992", true },
		{ "size_before_bytes", "9007199254740993", false },
		{ "size_before_bytes", "1e3", false },
		{ "superblock_offset_bytes", "513", false },
		{ "superblock_offset_bytes", "512", true },
		{ "image_time", "\"a\\nb\"", false },
		{ "log_folder", "\"relative\"", false },
		{ "log_folder", "\"/a\\u001bb\"", false },
		{ "log_key", "\"0123456789ABCDEF\"", false },
		{ "log_key", "\"../../etc\"", false },
		{ "sector_sha256", "[]", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *object = sample_object();

		json_object_set_new(object, cases[i].name,
				    json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
		if (is_accepted(object) != cases[i].right)
			fail_msg("%s: %s", cases[i].name, cases[i].value);
		json_decref(object);
	}
}

/* One sum too many, one too few, one that is none. */
static void lists_of_sums_are_exact(void **state)
{
	static const char *const names[] = { "sector_sha256", "superblock_sha256" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		json_t *object = sample_object(), *list = json_object_get(object, names[i]);

		json_array_append(list, json_array_get(list, 0));
		assert_false(is_accepted(object));
		json_array_remove(list, 0);
		assert_true(is_accepted(object));
		json_array_remove(list, 0);
		assert_false(is_accepted(object));
		json_array_append_new(list, json_string("no sum"));
		assert_false(is_accepted(object));
		json_decref(object);
	}
}

/* The folder and the key of a log that is not beside the image go together. */
static void a_key_needs_its_folder(void **state)
{
	json_t *object = sample_object();

	(void)state;
	json_object_set_new(object, "log_folder", json_null());
	assert_false(is_accepted(object));
	json_object_set_new(object, "log_key", json_null());
	assert_true(is_accepted(object));
	json_decref(object);
}

static void a_name_that_repeats_is_refused(void **state)
{
	struct ticket_facts facts = sample();
	cleanup_free char *text = ticket_format(&facts);
	cleanup_free char *twice = malloc(strlen(text) + 64);

	(void)state;
	sprintf(twice, "{\"image_bytes\": 1,%s", text + 1);
	assert_non_null(ticket_parse(twice, strlen(twice), &facts));
}

static void version_0_1_0_is_understood(void **state)
{
	cleanup_fd int fd = open(TESTS_FOLDER "/unit/data/ticket-0.1.0", O_RDONLY | O_CLOEXEC);
	struct ticket_facts facts, wanted = sample();
	char text[8192];
	ssize_t got = read(fd, text, sizeof(text));

	(void)state;
	assert_true(got > 0);
	assert_null(ticket_parse(text, (size_t)got, &facts));
	assert_same(&facts, &wanted);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_written_is_read),
	cmocka_unit_test(what_is_closed_is_read),
	cmocka_unit_test(the_longest_folder),
	cmocka_unit_test(a_torn_ticket_is_none),
	cmocka_unit_test(each_field_is_needed),
	cmocka_unit_test(each_field_has_bounds),
	cmocka_unit_test(lists_of_sums_are_exact),
	cmocka_unit_test(a_key_needs_its_folder),
	cmocka_unit_test(a_name_that_repeats_is_refused),
	cmocka_unit_test(version_0_1_0_is_understood),
};
UNIT_MAIN(tests)
