/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "wire/control.h"
#include "wire/event.h"
#include "wire/limits.h"
#include "wire/request.h"

#include <stdlib.h>
#include <string.h>

static void parse_ok(const char *line, enum event_kind expected)
{
	enum event_kind kind;
	json_t *object;
	struct fault fault = { 0 };

	if (event_parse(line, strlen(line), &kind, &object, &fault) < 0)
		fail_msg("%s: %s", line, fault.message);
	assert_int_equal(kind, expected);
	json_decref(object);
}

static void parse_refused(const char *line)
{
	enum event_kind kind;
	json_t *object;
	struct fault fault = { 0 };

	if (event_parse(line, strlen(line), &kind, &object, &fault) == 0)
		fail_msg("accepted: %s", line);
	assert_int_equal(fault.reason, REASON_GUEST_PROTOCOL);
	assert_int_not_equal(fault.message[0], '\0');
}

static void events_that_fit_are_accepted(void **state)
{
	(void)state;
	parse_ok("{\"event\":\"beat\",\"t_ms\":5,\"seq\":1,\"stage\":\"disk\"}", EVENT_BEAT);
	parse_ok("{\"t_ms\":0,\"changed\":true,\"event\":\"done\"}", EVENT_DONE);
	parse_ok("{\"event\":\"limit\",\"t_ms\":1,\"reason\":\"fs-limit\",\"largest_disk_bytes\":"
		 "9223372036854775807}",
		 EVENT_LIMIT);
	parse_ok("{\"event\":\"check\",\"t_ms\":1,\"moment\":\"before\",\"state\":\"begin\"}",
		 EVENT_CHECK);
}

static void anything_else_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"event\":5,\"t_ms\":1}",
		"{\"event\":\"nonsense\",\"t_ms\":1}",
		"{\"event\":\"done\",\"t_ms\":1}",				 /* missing */
		"{\"event\":\"done\",\"changed\":true}",			 /* no clock */
		"{\"event\":\"done\",\"t_ms\":-1,\"changed\":true}",		 /* negative */
		"{\"event\":\"done\",\"t_ms\":1.5,\"changed\":true}",		 /* not whole */
		"{\"event\":\"done\",\"t_ms\":1,\"changed\":1}",		 /* type */
		"{\"event\":\"done\",\"t_ms\":1,\"changed\":true,\"more\":1}",	 /* unknown */
		"{\"event\":\"done\",\"t_ms\":1,\"changed\":true,\"t_ms\":1}",	 /* repeated */
		"{\"event\":\"done\",\"t_ms\":1,\"changed\":true} x",		 /* trailing */
		"{\"event\":\"beat\",\"t_ms\":1,\"seq\":1,\"stage\":{\"a\":1}}", /* not flat */
		"{\"event\":\"beat\",\"t_ms\":1,\"seq\":99999999999999999999,\"stage\":\"\"}",
		"{\"event\":\"beat\",\"t_ms\":1,\"seq\":1,\"stage\":\"\xff\"}", /* not UTF-8 */
		"{\"event\":\"beat\",\"t_ms\":1,\"seq\":1,\"stage\":\"\\u0000\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		parse_refused(lines[i]);
}

static void a_long_text_is_refused(void **state)
{
	char line[WIRE_TEXT_MAX_BYTES + 100], text[WIRE_TEXT_MAX_BYTES + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[WIRE_TEXT_MAX_BYTES] = '\0';
	snprintf(line, sizeof(line), "{\"event\":\"beat\",\"t_ms\":1,\"seq\":1,\"stage\":\"%s\"}",
		 text);
	parse_ok(line, EVENT_BEAT);
	text[WIRE_TEXT_MAX_BYTES] = 'a';
	text[WIRE_TEXT_MAX_BYTES + 1] = '\0';
	snprintf(line, sizeof(line), "{\"event\":\"beat\",\"t_ms\":1,\"seq\":1,\"stage\":\"%s\"}",
		 text);
	parse_refused(line);
}

static void escapes_in_texts_are_made_safe(void **state)
{
	const char *line = "{\"event\":\"beat\",\"t_ms\":1,\"seq\":1,\"stage\":\"\\u001b[2J\"}";
	enum event_kind kind;
	json_t *object;
	struct fault fault;

	(void)state;
	assert_int_equal(event_parse(line, strlen(line), &kind, &object, &fault), 0);
	assert_string_equal(json_string_value(json_object_get(object, "stage")), "\xef\xbf\xbd[2J");
	json_decref(object);
}

static void what_is_formatted_can_be_parsed(void **state)
{
	char *line = event_format(EVENT_VERIFY, 42,
				  json_pack("{s:i, s:i}", "blocks", 7, "unused_bytes", 512));

	(void)state;
	assert_non_null(line);
	assert_int_equal(line[strlen(line) - 1], '\n');
	line[strlen(line) - 1] = '\0';
	parse_ok(line, EVENT_VERIFY);
	free(line);
}

static void what_does_not_fit_is_not_formatted(void **state)
{
	(void)state;
	assert_null(event_format(EVENT_DONE, 1, json_pack("{s:i}", "changed", 1)));
	assert_null(event_format(EVENT_DONE, 1, json_pack("{}")));
	assert_null(event_format(EVENT_DONE, 1, NULL));
}

static void requests_survive_the_way(void **state)
{
	const struct request sent = { .kind = REQUEST_PLAN,
				      .partition = 3,
				      .repair = REPAIR_ALL,
				      .time_unix_s = INT64_C(4102444800),
				      .partition_only = true,
				      .move_swap = true,
				      .leave_bytes = UINT64_C(1) << 40,
				      .disk_before_bytes = UINT64_C(1) << 41,
				      .key_bytes = 4096,
				      .volume = "vg-0/root",
				      .has_seed = true,
				      .seed = { 0, 1, 0x7f, 0x80, [31] = 0xff } };
	struct request got;
	struct fault fault;
	char *line = request_format(&sent);

	(void)state;
	assert_non_null(strstr(line, "\"seed\":\"00017f80000000"));
	assert_int_equal(request_parse(line, &got, &fault), 0);
	assert_int_equal(got.kind, REQUEST_PLAN);
	assert_int_equal(got.partition, 3);
	assert_int_equal(got.repair, REPAIR_ALL);
	assert_true(got.partition_only);
	assert_true(got.move_swap);
	assert_int_equal(got.leave_bytes, UINT64_C(1) << 40);
	assert_int_equal(got.time_unix_s, INT64_C(4102444800));
	assert_int_equal(got.disk_before_bytes, UINT64_C(1) << 41);
	assert_int_equal(got.key_bytes, 4096);
	assert_string_equal(got.volume, "vg-0/root");
	assert_true(got.has_seed);
	assert_memory_equal(got.seed, sent.seed, sizeof(sent.seed));
	free(line);
}

static void the_choice_survives_the_way(void **state)
{
	static const struct request choices[] = {
		{ .partition_by = PARTITION_BY_ROOT },
		{ .partition_by = PARTITION_BY_LABEL, .partition_value = "a \"b\" \xc3\xa4" },
		{ .partition_by = PARTITION_BY_UUID, .partition_value = "x" },
		{ .partition_by = PARTITION_BY_PARTLABEL, .partition_value = "x" },
		{ .partition_by = PARTITION_BY_PARTUUID, .partition_value = "x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		char *line = request_format(&choices[i]);
		struct fault fault = { 0 };
		struct request got;

		assert_int_equal(request_parse(line, &got, &fault), 0);
		assert_int_equal(got.partition_by, choices[i].partition_by);
		assert_string_equal(got.partition_value, choices[i].partition_value);
		assert_int_equal(got.partition, 0);
		free(line);
	}
}

static void requests_have_defaults(void **state)
{
	struct request got;
	struct fault fault;

	(void)state;
	assert_int_equal(request_parse("{\"request\":\"grow\",\"protocol\":1}", &got, &fault), 0);
	assert_int_equal(got.kind, REQUEST_GROW);
	assert_int_equal(got.partition, 0);
	assert_int_equal(got.repair, REPAIR_SAFE);
	assert_false(got.partition_only);
	assert_false(got.has_seed);
}

static void a_request_without_seed_has_none(void **state)
{
	char *line = request_format(&(struct request){ .seed = { 1 } });

	(void)state;
	assert_null(strstr(line, "seed"));
	free(line);
}

#define SEED_63 "000000000000000000000000000000000000000000000000000000000000000"

static void a_trace_survives_the_way(void **state)
{
	const struct request sent = { .kind = REQUEST_TRACE,
				      .record = true,
				      .trace = { .attach_at = MOMENT_LOGIN,
						 .seq = MOMENT_SINGLE,
						 .log = MOMENT_INIT,
						 .break_at = MOMENT_NO,
						 .method = METHOD_AGENT,
						 .hold_up = "remove:sda2",
						 .hold_up_ms = 300 } };
	struct request got;
	struct fault fault = { 0 };
	char *line = request_format(&sent);

	(void)state;
	assert_non_null(line);
	assert_int_equal(request_parse(line, &got, &fault), 0);
	assert_int_equal(got.kind, REQUEST_TRACE);
	assert_true(got.record);
	assert_int_equal(got.trace.attach_at, MOMENT_LOGIN);
	assert_int_equal(got.trace.seq, MOMENT_SINGLE);
	assert_int_equal(got.trace.log, MOMENT_INIT);
	assert_int_equal(got.trace.break_at, MOMENT_NO);
	assert_int_equal(got.trace.method, METHOD_AGENT);
	assert_string_equal(got.trace.hold_up, "remove:sda2");
	assert_int_equal(got.trace.hold_up_ms, 300);
	free(line);
}

static void a_check_survives_the_way(void **state)
{
	const struct request sent = { .kind = REQUEST_CHECK, .partition = 3 };
	const struct request after = { .kind = REQUEST_CHECK, .is_grown = true };
	const struct request leaving = { .kind = REQUEST_GROW, .leave_checks = LEAVE_BOTH };
	char *lines[] = { request_format(&sent), request_format(&leaving), request_format(&after) };
	struct fault fault = { 0 };
	struct request got;

	(void)state;
	assert_int_equal(request_parse(lines[0], &got, &fault), 0);
	assert_int_equal(got.kind, REQUEST_CHECK);
	assert_int_equal(got.partition, 3);
	assert_int_equal(got.leave_checks, LEAVE_NO);
	assert_false(got.is_grown);
	assert_int_equal(request_parse(lines[1], &got, &fault), 0);
	assert_int_equal(got.kind, REQUEST_GROW);
	assert_int_equal(got.leave_checks, LEAVE_BOTH);
	assert_int_equal(request_parse(lines[2], &got, &fault), 0);
	assert_true(got.is_grown);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		free(lines[i]);
}

static void a_shell_survives_the_way(void **state)
{
	const struct request sent = { .kind = REQUEST_SHELL,
				      .share = SHARE_WRITE,
				      .rows = 25,
				      .columns = 80,
				      .shell = { .command = "'a' 'ü\n\"'", .input = true } };
	char *line = request_format(&sent);
	struct fault fault = { 0 };
	struct request got;

	(void)state;
	assert_non_null(line);
	assert_int_equal(request_parse(line, &got, &fault), 0);
	assert_int_equal(got.kind, REQUEST_SHELL);
	assert_int_equal(got.share, SHARE_WRITE);
	assert_int_equal(got.rows, 25);
	assert_int_equal(got.columns, 80);
	assert_string_equal(got.shell.command, sent.shell.command);
	assert_true(got.shell.input);
	free(line);
}

static void controls_survive_the_way(void **state)
{
	const struct control sent[] = {
		{ .kind = CONTROL_WINDOW, .rows = 30, .columns = 100 },
		{ .kind = CONTROL_INPUT_END, .bytes = UINT64_C(5000000000) },
		{ .kind = CONTROL_RECEIVED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		char *line = control_format(&sent[i]);
		struct fault fault = { 0 };
		struct control got;

		assert_non_null(line);
		assert_int_equal(control_parse(line, &got, &fault), 0);
		assert_int_equal(got.kind, sent[i].kind);
		assert_int_equal(got.rows, sent[i].rows);
		assert_int_equal(got.columns, sent[i].columns);
		assert_int_equal(got.bytes, sent[i].bytes);
		free(line);
	}
}

static void bad_controls_are_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"{}",
		"[]",
		"{\"control\":\"reboot\"}",
		"{\"control\":\"window\",\"rows\":-1}",
		"{\"control\":\"window\",\"rows\":5000}",
		"{\"control\":\"window\",\"rows\":\"5\"}",
		"{\"control\":\"input-end\",\"bytes\":-1}",
		"{\"control\":\"received\",\"more\":1}",
	};
	struct control got;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct fault fault = { 0 };

		if (control_parse(lines[i], &got, &fault) == 0)
			fail_msg("accepted: %s", lines[i]);
		assert_int_equal(fault.reason, REASON_GUEST_PROTOCOL);
	}
}

static void bad_requests_are_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"{}",
		"{\"request\":\"grow\"}",
		"{\"request\":\"shrink\",\"protocol\":1}",
		"{\"request\":\"grow\",\"protocol\":2}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition\":-1}",
		"{\"request\":\"grow\",\"protocol\":1,\"disk_before_bytes\":-1}",
		"{\"request\":\"grow\",\"protocol\":1,\"key_bytes\":-1}",
		"{\"request\":\"grow\",\"protocol\":1,\"key_bytes\":8388609}",
		"{\"request\":\"grow\",\"protocol\":1,\"volume\":7}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition\":1025}",
		"{\"request\":\"grow\",\"protocol\":1,\"repair\":\"some\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"more\":1}",
		"{\"request\":\"grow\",\"protocol\":1,\"seq\":\"no\"}", /* of a trace */
		"{\"request\":\"trace\",\"protocol\":1,\"seq\":\"sometimes\"}",
		"{\"request\":\"trace\",\"protocol\":1,\"attach_at\":\"no\"}",
		"{\"request\":\"trace\",\"protocol\":1,\"hold_up_ms\":60001}",
		"{\"request\":\"trace\",\"protocol\":1,\"record\":1}",
		"{\"request\":\"grow\",\"protocol\":1,\"command\":\"ls\"}",	   /* of a shell */
		"{\"request\":\"plan\",\"protocol\":1,\"leave_checks\":\"both\"}", /* of a grow */
		"{\"request\":\"grow\",\"protocol\":1,\"leave_checks\":\"some\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"is_grown\":true}", /* of a check */
		"{\"request\":\"check\",\"protocol\":1,\"is_grown\":1}",
		"{\"request\":\"check\",\"protocol\":1,\"partition_only\":true}",
		"{\"request\":\"grow\",\"protocol\":1,\"leave_bytes\":-1}",
		"{\"request\":\"check\",\"protocol\":1,\"leave_bytes\":1}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition_by\":\"name\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition_by\":\"label\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition_value\":\"x\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition_by\":\"root\",\"partition\":1}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition_by\":\"root\",\"partition_"
		"value\":"
		"\"x\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"partition_only\":1}",
		"{\"request\":\"shell\",\"protocol\":1,\"command\":1}",
		"{\"request\":\"shell\",\"protocol\":1,\"input\":1}",
		"{\"request\":\"shell\",\"protocol\":1,\"share\":\"some\"}",
		"{\"request\":\"shell\",\"protocol\":1,\"rows\":5000}",
		"{\"request\":\"shell\",\"protocol\":1,\"columns\":-1}",
		"{\"request\":\"grow\",\"protocol\":1,\"protocol\":1}",
		"{\"request\":\"grow\",\"protocol\":1,\"time_unix_s\":-5}",
		"{\"request\":\"grow\",\"protocol\":1,\"seed\":5}",
		"{\"request\":\"grow\",\"protocol\":1,\"seed\":\"\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"seed\":\"" SEED_63 "\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"seed\":\"" SEED_63 "G\"}",
		"{\"request\":\"grow\",\"protocol\":1,\"seed\":\"" SEED_63 "00\"}",
	};
	struct request got;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct fault fault = { 0 };

		if (request_parse(lines[i], &got, &fault) == 0)
			fail_msg("accepted: %s", lines[i]);
		assert_int_equal(fault.reason, REASON_GUEST_PROTOCOL);
	}
}

static void reasons_have_words_and_statuses(void **state)
{
	(void)state;
	assert_int_equal(reason_of_word("mbr-2tib"), REASON_MBR_2TIB);
	assert_int_equal(reason_status(REASON_MBR_2TIB), 10);
	assert_int_equal(reason_status(REASON_FS_UNCLEAN), 20);
	assert_string_equal(reason_word(REASON_STALLED), "stalled");
	assert_int_equal(reason_of_word("none"), REASON_NONE);
	assert_int_equal(reason_of_word("no such word"), REASON_NONE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(events_that_fit_are_accepted),
	cmocka_unit_test(anything_else_is_refused),
	cmocka_unit_test(a_long_text_is_refused),
	cmocka_unit_test(escapes_in_texts_are_made_safe),
	cmocka_unit_test(what_is_formatted_can_be_parsed),
	cmocka_unit_test(what_does_not_fit_is_not_formatted),
	cmocka_unit_test(requests_survive_the_way),
	cmocka_unit_test(the_choice_survives_the_way),
	cmocka_unit_test(requests_have_defaults),
	cmocka_unit_test(a_request_without_seed_has_none),
	cmocka_unit_test(a_trace_survives_the_way),
	cmocka_unit_test(a_check_survives_the_way),
	cmocka_unit_test(a_shell_survives_the_way),
	cmocka_unit_test(controls_survive_the_way),
	cmocka_unit_test(bad_controls_are_refused),
	cmocka_unit_test(bad_requests_are_refused),
	cmocka_unit_test(reasons_have_words_and_statuses),
};
UNIT_MAIN(tests)
