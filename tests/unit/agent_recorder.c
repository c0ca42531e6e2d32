/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/trace/recorder: what is read from the kernel and from the helpers. */
#include "unit.h"

#include "agent/trace/recorder/helpers.h"
#include "agent/trace/recorder/kernel_log.h"
#include "agent/trace/recorder/mounted.h"
#include "agent/trace/recorder/queue.h"

#include <string.h>

static void lines_of_the_kernel_log(void **state)
{
	char with_names[] = "30,339,5140900,-;NET: line\n SUBSYSTEM=net\n";
	char no_end[] = "4,1,2,c;";
	static const char *const bad[] = { "",	     "text",	     "6,339;text",
					   "6;text", "a,b,c,-;text", "6,339,5140900,-" };
	const char *text;
	unsigned level;
	uint64_t number;
	int64_t us;

	(void)state;
	assert_true(kernel_log_parse(with_names, &level, &number, &us, &text));
	assert_int_equal(level, 6); /* 30 is facility 3, level 6 */
	assert_int_equal(number, 339);
	assert_int_equal(us, 5140900);
	assert_string_equal(text, "NET: line");
	assert_true(kernel_log_parse(no_end, &level, &number, &us, &text));
	assert_string_equal(text, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "%s", bad[i]);
		if (kernel_log_parse(line, &level, &number, &us, &text))
			fail_msg("accepted: %s", bad[i]);
	}
}

static void lines_of_mountinfo(void **state)
{
	struct mounted_entry entry;

	(void)state;
	assert_true(mounted_parse(
		"36 35 8:2 / /mnt/a\\040b ro,noatime shared:1 - ext4 /dev/sda2 ro\n", &entry));
	assert_string_equal(entry.id, "36");
	assert_int_equal(entry.major, 8);
	assert_int_equal(entry.minor, 2);
	assert_string_equal(entry.path, "/mnt/a\\040b");
	assert_string_equal(entry.fstype, "ext4");
	assert_string_equal(entry.device, "/dev/sda2");
	assert_false(mounted_parse("", &entry));
	assert_false(mounted_parse("36 35 8:2 / /mnt ro\n", &entry));
	assert_false(mounted_parse("36 35 8-2 / /mnt ro - ext4 /dev/sda2 ro\n", &entry));
	assert_false(mounted_parse("36 35 8:2 / /mnt ro - ext4\n", &entry));
}

#define MESSAGE "start=123\0SEQNUM=9\0ACTION=add\0DEVPATH=/devices/a\0SUBSYSTEM=block"

static void messages_of_helpers(void **state)
{
	static const char good[] = MESSAGE;
	struct helpers_message message;

	(void)state;
	assert_true(helpers_parse(good, sizeof(good), &message));
	assert_string_equal(message.what, "start");
	assert_int_equal(message.t_us, 123);
	assert_int_equal(message.seqnum, 9);
	assert_string_equal(message.action, "add");
	assert_string_equal(message.devpath, "/devices/a");
	assert_string_equal(message.subsystem, "block");
	/* Whatever it is cut to, it is none. */
	for (size_t size_bytes = 0; size_bytes < sizeof(good); size_bytes++) {
		char *part = malloc(size_bytes + 1);

		assert_non_null(part);
		memcpy(part, good, size_bytes);
		assert_false(helpers_parse(part, size_bytes, &message));
		free(part);
	}
	assert_false(helpers_parse("start=1\0ACTION=add\0SEQNUM=9\0DEVPATH=/\0SUBSYSTEM=b", 51,
				   &message));
	assert_false(helpers_parse("start=1\0SEQNUM=x\0ACTION=add\0DEVPATH=/\0SUBSYSTEM=b", 51,
				   &message));
}

/* What does not fit is told, once there is room. */
static void a_queue_tells_what_it_lost(void **state)
{
	static struct queue queue;
	struct record record;
	unsigned taken = 0;
	json_int_t lost = 0;

	(void)state;
	queue_init(&queue);
	for (int i = 0; i < QUEUE_RECORDS + 5; i++)
		queue_put(&queue, EVENT_MARK, i, json_pack("{s:s}", "what", "x"));
	assert_true(queue_take(&queue, &record));
	assert_int_equal(json_integer_value(json_object_get(record.fields, "t_us")), 0);
	json_decref(record.fields);
	queue_close(&queue);
	while (queue_take(&queue, &record)) {
		taken++;
		if (record.kind == EVENT_LOST)
			lost += json_integer_value(json_object_get(record.fields, "count"));
		json_decref(record.fields);
	}
	assert_int_equal(lost, 5);
	assert_int_equal(taken, QUEUE_RECORDS); /* one was taken before, one tells */
	assert_false(queue_take(&queue, &record));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lines_of_the_kernel_log),
	cmocka_unit_test(lines_of_mountinfo),
	cmocka_unit_test(messages_of_helpers),
	cmocka_unit_test(a_queue_tells_what_it_lost),
};
UNIT_MAIN(tests)
