/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fault.h"
#include "unit.h"

#include <string.h>

static void sentences_begin_with_a_capital(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "the disk is full", "The disk is full" },
		{ "try it again", "Try it again" },
		{ "use --repair=all", "Use --repair=all" },
		{ "", "" },
		{ "%s is there", "%s is there" },
		/* Names of programs and files. */
		{ "qemu-img resize enlarges only the disk",
		  "qemu-img resize enlarges only the disk" },
		{ "e2fsck gave up", "e2fsck gave up" },
		{ "xfs_repair ended", "xfs_repair ended" },
		{ "disk.img is too short", "disk.img is too short" },
		{ "/tmp/x is too short", "/tmp/x is too short" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault fault = { 0 };

		fault_set(&fault, REASON_INTERNAL, "%s", cases[i].before);
		fault_hint(&fault, "%s", cases[i].before);
		fault_capitalize(&fault);
		assert_string_equal(fault.message, cases[i].after);
		assert_string_equal(fault.hint, cases[i].after);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(sentences_begin_with_a_capital),
};
UNIT_MAIN(tests)
