/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/talk/event_sequence.c: which events may come next, and which `done` is earned. */
#include "host/vm/talk/event_sequence.h"
#include "unit.h"

#include <string.h>

/* What a plan tells of a file system. */
#define FACTS                                                                                      \
	",\"fs_label\":\"\",\"fs_uuid\":\"\",\"fs_state\":\"clean\",\"block_bytes\":1,"            \
	"\"blocks_before\":1,\"blocks_after\":2}"

/* One word for an event; enough of its fields for the order. */
static const struct {
	const char *word;
	enum event_kind kind;
	const char *json;
} vocabulary[] = {
	{ "hello", EVENT_HELLO, "{}" },
	{ "beat", EVENT_BEAT, "{}" },
	{ "uevent", EVENT_UEVENT, "{}" },
	{ "mark", EVENT_MARK, "{}" },
	{ "process", EVENT_PROCESS, "{}" },
	{ "lost", EVENT_LOST, "{}" },
	{ "disk", EVENT_DISK, "{}" },
	{ "table-", EVENT_TABLE, "{\"moment\":\"before\",\"label\":\"dos\",\"type\":131}" },
	{ "table+", EVENT_TABLE, "{\"moment\":\"after\",\"label\":\"dos\",\"type\":131}" },
	{ "table?", EVENT_TABLE, "{\"moment\":\"later\",\"label\":\"dos\",\"type\":131}" },
	{ "table-dos?", EVENT_TABLE, "{\"moment\":\"before\",\"label\":\"dos\"}" },
	{ "table-dos??", EVENT_TABLE,
	  "{\"moment\":\"before\",\"label\":\"dos\",\"type\":131,\"name\":\"\"}" },
	{ "table-gpt", EVENT_TABLE,
	  "{\"moment\":\"before\",\"label\":\"gpt\",\"type_guid\":\"\",\"uuid\":\"\",\"name\":"
	  "\"\"}" },
	{ "table-gpt?", EVENT_TABLE,
	  "{\"moment\":\"before\",\"label\":\"gpt\",\"type_guid\":\"\",\"uuid\":\"\"}" },
	{ "table-gpt??", EVENT_TABLE,
	  "{\"moment\":\"before\",\"label\":\"gpt\",\"type_guid\":\"\",\"uuid\":\"\",\"name\":\"\","
	  "\"type\":1}" },
	{ "mend", EVENT_TABLE_REPAIR, "{\"problem\":\"backup-missing\"}" },
	{ "mend2", EVENT_TABLE_REPAIR, "{\"problem\":\"primary-damaged\"}" },
	{ "mend?", EVENT_TABLE_REPAIR, "{\"problem\":\"because\"}" },
	{ "tools", EVENT_TOOLS, "{}" },
	{ "key", EVENT_KEY, "{}" },
	{ "layer", EVENT_LAYER, "{}" },
	{ "limit", EVENT_LIMIT, "{\"reason\":\"mbr-2tib\"}" },
	{ "limit2", EVENT_LIMIT, "{\"reason\":\"fs-limit\"}" },
	{ "limit?", EVENT_LIMIT, "{\"reason\":\"because\"}" },
	{ "limit30", EVENT_LIMIT, "{\"reason\":\"no-space\"}" },
	{ "plan", EVENT_PLAN, "{\"changed\":true" FACTS },
	{ "plan-left", EVENT_PLAN, "{\"changed\":true,\"check_left\":true" FACTS },
	{ "plan0-left", EVENT_PLAN, "{\"changed\":false,\"check_left\":true" FACTS },
	{ "plan0", EVENT_PLAN, "{\"changed\":false" FACTS },
	{ "plan-only", EVENT_PLAN, "{\"changed\":true}" },
	{ "plan-only?", EVENT_PLAN, "{\"changed\":true,\"fs_label\":\"\"}" },
	{ "plan0-only", EVENT_PLAN, "{\"changed\":false}" },
	{ "check-(", EVENT_CHECK,
	  "{\"event\":0,\"t_ms\":0,\"moment\":\"before\",\"state\":\"begin\"}" },
	{ "check-%", EVENT_CHECK,
	  "{\"moment\":\"before\",\"state\":\"progress\",\"percent\":100}" },
	{ "check-%101", EVENT_CHECK,
	  "{\"moment\":\"before\",\"state\":\"progress\",\"percent\":101}" },
	{ "check-)", EVENT_CHECK,
	  "{\"moment\":\"before\",\"state\":\"end\",\"exit_status\":1,\"repairs\":1}" },
	{ "check-)0", EVENT_CHECK,
	  "{\"moment\":\"before\",\"state\":\"end\",\"exit_status\":0,\"repairs\":0}" },
	{ "check-)4", EVENT_CHECK,
	  "{\"moment\":\"before\",\"state\":\"end\",\"exit_status\":4,\"repairs\":0}" },
	{ "check-)?", EVENT_CHECK, "{\"moment\":\"before\",\"state\":\"end\"}" },
	{ "check+(", EVENT_CHECK,
	  "{\"event\":0,\"t_ms\":0,\"moment\":\"after\",\"state\":\"begin\"}" },
	{ "check+)", EVENT_CHECK,
	  "{\"moment\":\"after\",\"state\":\"end\",\"exit_status\":0,\"repairs\":0}" },
	{ "check+)2", EVENT_CHECK,
	  "{\"moment\":\"after\",\"state\":\"end\",\"exit_status\":2,\"repairs\":0}" },
	{ "repair-", EVENT_REPAIR, "{\"moment\":\"before\"}" },
	{ "resize(", EVENT_RESIZE, "{\"event\":0,\"t_ms\":0,\"state\":\"begin\"}" },
	{ "resize)", EVENT_RESIZE, "{\"state\":\"end\",\"exit_status\":0}" },
	{ "resize)1", EVENT_RESIZE, "{\"state\":\"end\",\"exit_status\":1}" },
	{ "verify", EVENT_VERIFY, "{\"blocks\":2,\"unused_bytes\":0}" },
	{ "verify-only", EVENT_VERIFY, "{}" },
	{ "done", EVENT_DONE, "{\"changed\":true}" },
	{ "exit", EVENT_EXIT, "{\"exit_status\":0}" },
	{ "exit256", EVENT_EXIT, "{\"exit_status\":256}" },
	{ "done0", EVENT_DONE, "{\"changed\":false}" },
	{ "fault", EVENT_FAULT, "{\"reason\":\"mbr-2tib\",\"status\":10}" },
	{ "fault?", EVENT_FAULT, "{\"reason\":\"because\",\"status\":10}" },
	{ "fault-none", EVENT_FAULT, "{\"reason\":\"none\",\"status\":0}" },
	{ "fault0", EVENT_FAULT, "{\"reason\":\"mbr-2tib\",\"status\":0}" },
};

static int accept_word(struct event_sequence *sequence, const char *word)
{
	for (size_t i = 0; i < sizeof(vocabulary) / sizeof(vocabulary[0]); i++) {
		struct fault fault;
		json_t *object;
		int result;

		if (strcmp(vocabulary[i].word, word) != 0)
			continue;
		object = json_loads(vocabulary[i].json, 0, NULL);
		assert_non_null(object);
		result = event_sequence_accept(sequence, vocabulary[i].kind, object, &fault);
		if (result < 0)
			assert_int_equal(fault.reason, REASON_GUEST_PROTOCOL);
		json_decref(object);
		return result;
	}
	fail_msg("unknown word %s", word);
	return -1;
}

/* Play the words; only the last may be refused. Returns its result. */
static int play(struct event_sequence sequence, const char *words)
{
	char copy[512], *rest, *word;
	int result = 0;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (result < 0)
			fail_msg("refused before '%s': %s", word, words);
		result = accept_word(&sequence, word);
	}
	return result;
}

#define GROWN                                                                                      \
	"hello disk table- plan check-( check-% check-) resize( resize) check+( check+) verify"

static void accepts(void **state)
{
	static const char *const runs[] = {
		GROWN " done",
		"hello beat uevent disk uevent table- table- plan beat check-( repair- check-) "
		"table+ resize( resize) table+ check+( check+) verify table+ beat done",
		"hello disk plan check-( check-)4 check-( check-) resize(", /* a second pass */
		"hello disk plan0 done0",
		"hello disk limit table- limit2 plan0 done0",
		"hello disk table-gpt table-gpt mend mend2 limit plan0 done0",
		"hello disk limit limit2 fault",
		"hello disk table- limit tools limit2 plan0 done0",
		"hello disk tools layer layer plan0 done0",
		"hello fault",
		"hello disk plan check-( fault",
	};
	const struct event_sequence sequence = { .disk_attached = true };

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		if (play(sequence, runs[i]) < 0)
			fail_msg("refused: %s", runs[i]);
}

static void refuses_the_last(void **state)
{
	static const char *const runs[] = {
		"beat",
		"fault",
		"hello hello",
		"hello plan",
		"hello table-",
		"hello done0",
		"hello disk disk",
		"hello limit",
		"hello disk limit limit",
		"hello disk limit?",
		"hello disk limit30",
		"hello disk limit2 plan limit",
		"hello tools",
		"hello disk tools tools",
		"hello disk plan tools",
		"hello disk layer",
		"hello disk tools key",
		"hello disk tools plan layer",
		"hello disk table+",
		"hello disk table-dos?",
		"hello disk table-dos??",
		"hello disk table-gpt?",
		"hello disk table-gpt??",
		"hello mend",
		"hello disk mend?",
		"hello disk mend mend",
		"hello disk plan mend",
		"hello disk table?",
		"hello disk done0",
		"hello disk plan plan",
		"hello disk plan done",
		"hello disk plan done0",
		"hello disk plan0 done",
		"hello disk plan0 check-(",
		"hello disk plan0 table+",
		"hello disk plan resize(",
		"hello disk plan verify",
		"hello disk plan check+(",
		"hello disk plan check-)",
		"hello disk plan check-%",
		"hello disk plan check-( check-(",
		"hello disk plan check-( check-%101",
		"hello disk plan check-( check-)?",
		"hello disk plan check-( resize(",
		"hello disk plan check-( check-)4 resize(",
		"hello disk plan check-( check-) table-",
		"hello disk plan check-( check-) resize( check-(",
		"hello disk plan check-( check-) resize( resize)1 check+(",
		"hello disk plan check-( check-) verify",
		"hello disk plan check-( check-) check+(",
		"hello disk plan check-( check-) resize( resize) verify",
		"hello disk plan check-( check-) resize( resize) check+( check+)2 verify",
		"hello disk plan check-( check-) resize( resize) check+( check+) done",
		GROWN " done0",
		GROWN " verify",
		GROWN " done beat",
		GROWN " done done",
		GROWN " done fault",
		"hello fault beat",
		"hello fault fault",
		"hello fault done",
		"hello fault-none",
		"hello fault?",
		"hello fault0",
	};
	const struct event_sequence sequence = { .disk_attached = true };

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		if (play(sequence, runs[i]) == 0)
			fail_msg("accepted: %s", runs[i]);
}

static void a_key_is_asked_for_once_if_there_is_one(void **state)
{
	const struct event_sequence sequence = { .disk_attached = true, .has_key = true };

	(void)state;
	assert_int_equal(play(sequence, "hello disk tools key layer plan0 done0"), 0);
	assert_int_equal(play(sequence, "hello disk key"), -1);
	assert_int_equal(play(sequence, "hello disk tools key key"), -1);
	assert_int_equal(play(sequence, "hello disk tools plan key"), -1);
}

static void no_disk_before_it_is_attached(void **state)
{
	const struct event_sequence sequence = { 0 };

	(void)state;
	assert_int_equal(play(sequence, "hello disk"), -1);
}

static void a_plan_changes_nothing(void **state)
{
	const struct event_sequence sequence = { .disk_attached = true, .kind = REQUEST_PLAN };

	(void)state;
	assert_int_equal(play(sequence, "hello disk plan done0"), 0);
	assert_int_equal(play(sequence, "hello disk plan done"), -1);
	assert_int_equal(play(sequence, "hello disk plan check-("), -1);
	assert_int_equal(play(sequence, "hello disk plan resize("), -1);
}

static void a_check_may_be_left_where_that_was_said(void **state)
{
	const struct event_sequence sequence = { .disk_attached = true,
						 .leave_checks = LEAVE_LONG };
	const struct event_sequence strict = { .disk_attached = true };
	const char *left = "hello disk plan-left resize( resize) check+( check+) verify done";

	(void)state;
	assert_int_equal(play(sequence, left), 0);
	assert_int_equal(play(sequence, GROWN " done"), 0);
	assert_int_equal(play(strict, "hello disk plan-left"), -1);
	assert_int_equal(play(sequence, "hello disk plan0-left"), -1);
	assert_int_equal(play(sequence, "hello disk plan resize("), -1);
	assert_int_equal(play(sequence, "hello disk plan-left check+("), -1);
}

static void both_checks_may_be_left_where_that_was_said(void **state)
{
	const struct event_sequence both = { .disk_attached = true, .leave_checks = LEAVE_BOTH };
	const struct event_sequence one = { .disk_attached = true, .leave_checks = LEAVE_LONG };

	(void)state;
	assert_int_equal(play(both, "hello disk plan-left resize( resize) verify done"), 0);
	assert_int_equal(
		play(both, "hello disk plan-left resize( resize) check+( check+) verify done"), 0);
	assert_int_equal(play(both, GROWN " done"), 0);
	assert_int_equal(play(both, "hello disk plan-left verify"), -1);
	assert_int_equal(play(both, "hello disk plan-left resize( verify"), -1);
	assert_int_equal(play(both, "hello disk plan-left resize( resize)1 verify"), -1);
	assert_int_equal(play(both, "hello disk plan-left resize( resize) check+( verify"), -1);
	assert_int_equal(play(both, "hello disk plan-left resize( resize) done"), -1);
	assert_int_equal(play(both, "hello disk plan check-( check-) resize( resize) verify"), -1);
	assert_int_equal(play(one, "hello disk plan-left resize( resize) verify"), -1);
}

static void a_partition_alone_has_no_file_system(void **state)
{
	const struct event_sequence sequence = { .disk_attached = true, .partition_only = true };
	const struct event_sequence plan = { .disk_attached = true,
					     .kind = REQUEST_PLAN,
					     .partition_only = true };
	const struct event_sequence usual = { .disk_attached = true };

	(void)state;
	assert_int_equal(play(sequence, "hello disk table- plan-only table+ verify-only done"), 0);
	assert_int_equal(play(sequence, "hello disk plan0-only done0"), 0);
	assert_int_equal(play(sequence, "hello disk plan-only done"), -1);
	assert_int_equal(play(sequence, "hello disk plan0-only verify-only"), -1);
	assert_int_equal(play(sequence, "hello disk plan-only verify"), -1);
	assert_int_equal(play(sequence, "hello disk plan-only verify-only verify-only"), -1);
	assert_int_equal(play(sequence, "hello disk verify-only"), -1);
	assert_int_equal(play(sequence, "hello disk plan-only check-("), -1);
	assert_int_equal(play(sequence, "hello disk plan-only resize("), -1);
	assert_int_equal(play(sequence, "hello disk plan"), -1);
	assert_int_equal(play(sequence, "hello disk plan-only?"), -1);
	assert_int_equal(play(plan, "hello disk plan-only done0"), 0);
	assert_int_equal(play(plan, "hello disk plan-only verify-only"), -1);
	assert_int_equal(play(usual, "hello disk plan-only"), -1);
	assert_int_equal(play(usual,
			      "hello disk plan check-( check-) resize( resize) check+( check+) "
			      "verify-only"),
			 -1);
}

static void a_check_alone_ends_clean(void **state)
{
	const struct event_sequence sequence = { .disk_attached = true, .kind = REQUEST_CHECK };
	const struct event_sequence after = { .disk_attached = true,
					      .kind = REQUEST_CHECK,
					      .is_grown = true };

	(void)state;
	assert_int_equal(play(sequence, "hello disk table- limit check-( check-% check-)0 done0"),
			 0);
	assert_int_equal(play(sequence, "hello check-("), -1);
	assert_int_equal(play(sequence, "hello disk done0"), -1);
	assert_int_equal(play(sequence, "hello disk plan"), -1);
	assert_int_equal(play(sequence, "hello disk check+("), -1);
	assert_int_equal(play(sequence, "hello disk check-( repair-"), -1);
	assert_int_equal(play(sequence, "hello disk check-( done0"), -1);
	assert_int_equal(play(sequence, "hello disk check-( check-) done0"), -1);
	assert_int_equal(play(sequence, "hello disk check-( check-)4 done0"), -1);
	assert_int_equal(play(sequence, "hello disk check-( check-)0 done"), -1);
	assert_int_equal(play(sequence, "hello disk check-( check-)0 resize("), -1);
	assert_int_equal(play(after, "hello disk table- check+( check+) done0"), 0);
	assert_int_equal(play(after, "hello disk check-("), -1);
	assert_int_equal(play(after, "hello disk check+( check+)2 done0"), -1);
}

static void a_recording_is_told_when_it_was_asked_for(void **state)
{
	const struct event_sequence silent = { .disk_attached = true };
	const struct event_sequence recording = { .disk_attached = true, .recording = true };

	(void)state;
	assert_int_equal(play(recording, "hello mark process disk lost"), 0);
	assert_int_equal(play(recording, "mark"), -1);
	assert_int_equal(play(silent, "hello disk mark"), -1);
	assert_int_equal(play(silent, "hello disk process"), -1);
	assert_int_equal(play(silent, "hello disk lost"), -1);
}

static void a_trace_ends_without_a_plan(void **state)
{
	const struct event_sequence sequence = { .disk_attached = true,
						 .kind = REQUEST_TRACE,
						 .recording = true };

	(void)state;
	assert_int_equal(play(sequence, "hello mark disk table- mark done0"), 0);
	assert_int_equal(play(sequence, "hello mark done0"), -1);
	assert_int_equal(play(sequence, "hello disk done"), -1);
	assert_int_equal(play(sequence, "hello disk plan check-("), -1);
}

static void a_shell_ends_with_its_exit(void **state)
{
	const struct event_sequence sequence = { .disk_attached = true, .kind = REQUEST_SHELL };
	const struct event_sequence grow = { .disk_attached = true };

	(void)state;
	assert_int_equal(play(sequence, "hello disk beat exit done0"), 0);
	assert_int_equal(play(sequence, "hello exit"), -1);
	assert_int_equal(play(sequence, "hello disk done0"), -1);
	assert_int_equal(play(sequence, "hello disk exit exit"), -1);
	assert_int_equal(play(sequence, "hello disk exit256"), -1);
	assert_int_equal(play(sequence, "hello disk exit done"), -1);
	assert_int_equal(play(sequence, "hello disk plan check-("), -1);
	assert_int_equal(play(grow, "hello disk exit"), -1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(accepts),
	cmocka_unit_test(refuses_the_last),
	cmocka_unit_test(a_key_is_asked_for_once_if_there_is_one),
	cmocka_unit_test(no_disk_before_it_is_attached),
	cmocka_unit_test(a_plan_changes_nothing),
	cmocka_unit_test(a_check_may_be_left_where_that_was_said),
	cmocka_unit_test(both_checks_may_be_left_where_that_was_said),
	cmocka_unit_test(a_partition_alone_has_no_file_system),
	cmocka_unit_test(a_check_alone_ends_clean),
	cmocka_unit_test(a_recording_is_told_when_it_was_asked_for),
	cmocka_unit_test(a_trace_ends_without_a_plan),
	cmocka_unit_test(a_shell_ends_with_its_exit),
};
UNIT_MAIN(tests)
