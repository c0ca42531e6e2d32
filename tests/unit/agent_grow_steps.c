/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/grow/stages.h"
#include "unit.h"

#include <string.h>

static void the_steps_are_named_in_order(void **state)
{
	struct fs fs = { .ops = NULL };
	struct grow grow = { .fs = &fs };
	char steps[STEPS_TEXT_BYTES];

	(void)state;
	assert_string_equal(steps_text(&grow, steps),
			    "check-before write-table resize check-after verify");
}

static void layers_grow_behind_the_table(void **state)
{
	struct fs fs = { .ops = NULL };
	struct grow grow = { .fs = &fs, .layers = { .count = 1 } };
	char steps[STEPS_TEXT_BYTES];

	(void)state;
	assert_string_equal(steps_text(&grow, steps),
			    "check-before write-table grow-layers resize check-after verify");
	assert_in_range(strlen(steps), 1, STEPS_TEXT_BYTES - 2); /* these are all, and whole */
}

static void the_partition_alone_has_only_its_table(void **state)
{
	struct grow grow = { .fs = NULL };
	char steps[STEPS_TEXT_BYTES];

	(void)state;
	assert_string_equal(steps_text(&grow, steps), "write-table verify");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_steps_are_named_in_order),
	cmocka_unit_test(layers_grow_behind_the_table),
	cmocka_unit_test(the_partition_alone_has_only_its_table),
};
UNIT_MAIN(tests)
