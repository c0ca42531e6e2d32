/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/terminal.c: the keys that break a shell off. */
#include "host/vm/terminal.h"
#include "unit.h"

#include <string.h>

#define KEY "\x1d"

static bool typed(struct terminal *terminal, const char *keys, int64_t now_ms)
{
	return terminal_is_escape(terminal, keys, strlen(keys), now_ms);
}

static void three_within_a_second_are_the_escape(void **state)
{
	struct terminal at_once = { .fd = -1 }, one_by_one = { .fd = -1 };

	(void)state;
	assert_true(typed(&at_once, KEY KEY KEY, 5000));
	assert_false(typed(&one_by_one, KEY, 5000));
	assert_false(typed(&one_by_one, KEY, 5500));
	assert_true(typed(&one_by_one, KEY, 6000));
}

static void slower_ones_are_not(void **state)
{
	struct terminal terminal = { .fd = -1 };

	(void)state;
	assert_false(typed(&terminal, KEY, 5000));
	assert_false(typed(&terminal, KEY, 5500));
	assert_false(typed(&terminal, KEY, 6001));
	assert_true(typed(&terminal, KEY, 6100)); /* with the two before */
}

static void another_key_between_begins_anew(void **state)
{
	struct terminal terminal = { .fd = -1 };

	(void)state;
	assert_false(typed(&terminal, KEY KEY "x" KEY KEY, 5000));
	assert_false(typed(&terminal, "y", 5001));
	assert_false(typed(&terminal, KEY KEY, 5002));
	assert_true(typed(&terminal, "z" KEY KEY KEY "z", 5003));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(three_within_a_second_are_the_escape),
	cmocka_unit_test(slower_ones_are_not),
	cmocka_unit_test(another_key_between_begins_anew),
};
UNIT_MAIN(tests)
