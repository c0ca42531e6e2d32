/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/arguments.c and rescue/host/grow/options.c: which word is refused, and that an
 * abbreviated option is the option. */
#include "host/grow/options.h"
#include "unit.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 8

/* Blanks part the words. */
static int parse(const char *line, struct grow_options *ret_options, struct fault *fault)
{
	static char words[256];
	char *argv[WORDS_MAX + 1] = { "grow" }, *rest = words, *word;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", line);
	while (argc < WORDS_MAX && (word = strtok_r(rest, " ", &rest)))
		argv[argc++] = word;
	optind = 0; /* begin anew */
	return grow_options_parse(argc, argv, ret_options, fault);
}

static void the_refused_word_is_named(void **state)
{
	static const struct {
		const char *line;
		enum reason reason;
		const char *word;
	} cases[] = {
		{ "disk -8G", REASON_SIZE_INVALID, "'-8G'" },
		{ "disk -8", REASON_SIZE_INVALID, "'-8'" },
		{ "-8G disk", REASON_SIZE_INVALID, "'-8G'" },
		{ "--plan -8G disk", REASON_SIZE_INVALID, "'-8G'" },
		{ "-q8 disk", REASON_SIZE_INVALID, "'-q8'" },
		{ "-xq disk", REASON_USAGE, "option -xq" },
		{ "-qx disk", REASON_USAGE, "option -qx" },
		{ "disk --nonsense", REASON_USAGE, "option --nonsense" },
		{ "--quiet=yes -v disk", REASON_USAGE, "option --quiet=yes" },
		{ "disk --work-dir", REASON_USAGE, "--work-dir needs a value" },
		{ "disk 8G more", REASON_USAGE, "'more'" },
	};
	struct grow_options options;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].line, &options, &fault), -1);
		assert_int_equal(fault.reason, cases[i].reason);
		if (!strstr(fault.message, cases[i].word))
			fail_msg("%s: %s", cases[i].line, fault.message);
	}
}

static void json_may_be_abbreviated(void **state)
{
	struct grow_options options;
	struct fault fault;

	(void)state;
	assert_int_equal(parse("--js disk", &options, &fault), 0);
	assert_true(options.json);
	assert_int_equal(parse("--json disk", &options, &fault), 0);
	assert_true(options.json);
	assert_int_equal(parse("disk -- --json", &options, &fault), 0);
	assert_false(options.json);
	/* Also behind what is refused. */
	assert_int_equal(parse("--nonsense disk --json", &options, &fault), -1);
	assert_true(options.json);
}

static void values_have_bounds(void **state)
{
	static const char *const wrong[] = { "--partition=0 d",	     "--partition=1025 d",
					     "--partition=-1 d",     "--partition=1x d",
					     "--wait-lock=100000 d", "--wait-lock=+1 d",
					     "--repair=all2 d",	     "--format=vdi d",
					     "--accel=x d",	     "--rtc=now d",
					     "--events= d",	     "--work-dir= d",
					     "--keep-log= d",	     "--plan --recover d" };
	struct grow_options options;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (parse(wrong[i], &options, &fault) == 0)
			fail_msg("%s was accepted", wrong[i]);
		assert_int_equal(fault.reason, REASON_USAGE);
	}
	assert_int_equal(parse("--partition=1024 --wait-lock=99999 d 8G", &options, &fault), 0);
	assert_int_equal(options.partition, 1024);
	assert_int_equal(options.wait_lock_seconds, 99999);
	assert_string_equal(options.image, "d");
	assert_string_equal(options.size, "8G");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_refused_word_is_named),
	cmocka_unit_test(json_may_be_abbreviated),
	cmocka_unit_test(values_have_bounds),
};
UNIT_MAIN(tests)
