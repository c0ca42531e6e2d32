/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"
#include "unit.h"

#include <string.h>

static void assert_safe(const char *in, const char *expected)
{
	char out[64];

	text_make_safe(out, sizeof(out), in, strlen(in));
	assert_string_equal(out, expected);
}

#define R "\xef\xbf\xbd"

static void plain_text_stays(void **state)
{
	(void)state;
	assert_safe("", "");
	assert_safe("rootfs", "rootfs");
	assert_safe("gr\xc3\xbc\xc3\x9f \xe6\xa0\xb9 \xf0\x9f\x90\xa7",
		    "gr\xc3\xbc\xc3\x9f \xe6\xa0\xb9 \xf0\x9f\x90\xa7");
}

static void what_steers_a_terminal_is_replaced(void **state)
{
	(void)state;
	assert_safe("\033[2J", R "[2J");
	assert_safe("a\nb\rc\x7f", "a" R "b" R "c" R);
	assert_safe("\xc2\x9b"
		    "31m",
		    R "31m"); /* C1 CSI */
	assert_safe("\xe2\x80\xae"
		    "cba",
		    R "cba");			      /* right-to-left override */
	assert_safe("\xe2\x80\xa8\xe2\x81\xa6", R R); /* line separator, isolate */
}

static void what_is_not_utf8_is_replaced(void **state)
{
	(void)state;
	assert_safe("\xff\xfe", R R);
	assert_safe("\xc0\xaf", R R);		  /* overlong slash */
	assert_safe("\xed\xa0\x80", R R R);	  /* surrogate */
	assert_safe("\xf4\x90\x80\x80", R R R R); /* above U+10FFFF */
	assert_safe("a\xe6\xa0", "a" R R);	  /* cut short */
}

static void output_ends_between_characters(void **state)
{
	char out[4];

	(void)state;
	text_make_safe(out, sizeof(out), "ab\xc3\xbc", 4);
	assert_string_equal(out, "ab");
	text_make_safe(out, 1, "abc", 3);
	assert_string_equal(out, "");
	text_make_safe(out, sizeof(out), "a\0b", 3);
	assert_string_equal(out, "a");
}

static void sizes_have_binary_units(void **state)
{
	char out[TEXT_SIZE_CHARS];

	(void)state;
	assert_string_equal(text_of_size(out, 0), "0 bytes");
	assert_string_equal(text_of_size(out, 1023), "1023 bytes");
	assert_string_equal(text_of_size(out, 126877696), "121 MiB");
	assert_string_equal(text_of_size(out, UINT64_C(8) << 30), "8 GiB");
	assert_string_equal(text_of_size(out, (UINT64_C(8) << 30) - 1), "7.9 GiB");
	assert_string_equal(text_of_size(out, UINT64_MAX), "15.9 EiB");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(plain_text_stays),
	cmocka_unit_test(what_steers_a_terminal_is_replaced),
	cmocka_unit_test(what_is_not_utf8_is_replaced),
	cmocka_unit_test(output_ends_between_characters),
	cmocka_unit_test(sizes_have_binary_units),
};
UNIT_MAIN(tests)
