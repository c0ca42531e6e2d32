/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/qemu/tail.c: the last line of text that nobody asked for. */
#include "host/vm/qemu/tail.h"
#include "unit.h"

#include <string.h>

static void expect(const char *const *pieces, const char *expected)
{
	struct tail tail = { .copy_fd = -1 };
	char line[TAIL_LINE_BYTES + 1];

	for (; *pieces; pieces++)
		tail_feed(&tail, *pieces, strlen(*pieces));
	tail_last_line(&tail, line, sizeof(line));
	assert_string_equal(line, expected);
}

static void keeps_the_last_line_that_is_not_empty(void **state)
{
	(void)state;
	expect((const char *[]){ NULL }, "");
	expect((const char *[]){ "\r\n\n", NULL }, "");
	expect((const char *[]){ "first\r\nsec", "ond\r\n", "\n", NULL }, "second");
	expect((const char *[]){ "first\nnot ended", NULL }, "not ended");
}

static void makes_it_safe_and_short(void **state)
{
	char longer[TAIL_LINE_BYTES * 2 + 1], cut[TAIL_LINE_BYTES + 1];

	(void)state;
	expect((const char *[]){ "\x1b[1m\xff", NULL }, "\xef\xbf\xbd[1m\xef\xbf\xbd");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memcpy(cut, longer, TAIL_LINE_BYTES);
	cut[TAIL_LINE_BYTES] = '\0';
	expect((const char *[]){ longer, NULL }, cut);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(keeps_the_last_line_that_is_not_empty),
	cmocka_unit_test(makes_it_safe_and_short),
};
UNIT_MAIN(tests)
