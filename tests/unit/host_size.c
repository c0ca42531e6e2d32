/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/size.c and rescue/host/rtc.c: what people type. */
#include "host/rtc.h"
#include "host/size.h"
#include "unit.h"

#define KIB    UINT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define TIB    (1024 * GIB)
#define PIB    (1024 * TIB)
#define EIB    (1024 * PIB)
#define LAST   (8 * EIB - 512) /* whole sectors in 63 bits */
#define BEFORE MIB

static void sizes_are_as_qemu_img_has_them(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ NULL, BEFORE },
		{ "1M", MIB },
		{ "1m", MIB },
		{ "1048576", MIB },
		{ "1048576b", MIB },
		{ "1048577", MIB + 512 },
		{ "1.5G", 3 * GIB / 2 },
		{ "1.0G", GIB },
		{ "0.5T", TIB / 2 },
		{ "0001G", GIB },
		{ "1.000000001G", GIB + 512 },
		{ "10P", 10 * PIB },
		{ "1E", EIB },
		{ "1.5E", 3 * EIB / 2 },
		{ "7.5E", 15 * EIB / 2 },
		{ "9223372036854774785", LAST },
		{ "9223372036854775296", LAST },
		{ "+0", BEFORE },
		{ "+1", BEFORE + 512 },
		{ "+1G", BEFORE + GIB },
		{ "+0.5K", BEFORE + 512 },
	};
	uint64_t bytes;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bytes = 0;
		if (size_resolve(cases[i].text, BEFORE, false, &bytes, &fault) < 0)
			fail_msg("%s: %s", cases[i].text, fault.message);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void what_is_no_size_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "+", "-", "G", "+G", "-1G", "+-1G", "++1G", "1GB", "1GiB", "1 G", " 1G", "1G ",
		"1,5G", "1.G", ".5G", "1.5", "1.5B", "1..5G", "0x10G", "1e9", "inf", "nan", "1Z",
		/* What overflows, in the number, in the unit, in the fraction, in the sum. */
		"8E", "7.9999999999999999999999999999E", "8192P", "9223372036854775297",
		"9223372036854775807", "9223372036854775808", "18446744073709551615",
		"18446744073709551616", "18446744073709551617E",
		"99999999999999999999999999999999999999999", "16E", "+8E", "+9223372036854775807"
	};
	uint64_t bytes;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (size_resolve(wrong[i], BEFORE, false, &bytes, &fault) == 0)
			fail_msg("'%s' was accepted", wrong[i]);
		assert_int_equal(fault.reason, REASON_SIZE_INVALID);
	}
}

static void nothing_shrinks(void **state)
{
	uint64_t bytes;
	struct fault fault;

	(void)state;
	assert_int_equal(size_resolve("8", BEFORE, false, &bytes, &fault), -1);
	assert_int_equal(fault.reason, REASON_SIZE_SMALLER);
	assert_string_equal(fault.hint, "8 without a unit means bytes; write 8G for GiB");
	assert_int_equal(size_resolve("1023K", BEFORE, false, &bytes, &fault), -1);
	assert_int_equal(fault.reason, REASON_SIZE_SMALLER);
	assert_string_equal(fault.hint, "grow-disk never shrinks a disk");
	assert_int_equal(size_resolve("0", 0, false, &bytes, &fault), 0);
	assert_int_equal(bytes, 0);
}

/* A disk at the end of what 63 bits hold. */
static void the_largest_disk_does_not_grow(void **state)
{
	uint64_t bytes;
	struct fault fault;

	(void)state;
	assert_int_equal(size_resolve("+1", 8 * EIB, false, &bytes, &fault), -1);
	assert_int_equal(fault.reason, REASON_SIZE_INVALID);
	assert_int_equal(size_resolve("+1", LAST, false, &bytes, &fault), -1);
	assert_int_equal(fault.reason, REASON_SIZE_INVALID);
	assert_int_equal(size_resolve("+512", LAST - 1024, false, &bytes, &fault), 0);
	assert_int_equal(bytes, LAST - 512);
}

static void moments_are_read(void **state)
{
	static const struct {
		const char *text, *normal;
		int64_t unix_s;
	} cases[] = {
		{ "1970-01-01T00:00:01Z", "1970-01-01T00:00:01", 1 },
		{ "2038-01-19T03:14:07Z", "2038-01-19T03:14:07", INT32_MAX },
		{ "2038-01-19T03:14:08", "2038-01-19T03:14:08", INT64_C(1) + INT32_MAX },
		{ "2024-02-29T12:00:00Z", "2024-02-29T12:00:00", 1709208000 },
		{ "9999-12-31T23:59:59Z", "9999-12-31T23:59:59", INT64_C(253402300799) },
	};
	char normal[RTC_BYTES];
	int64_t unix_s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (rtc_parse(cases[i].text, &unix_s, normal) < 0)
			fail_msg("%s was refused", cases[i].text);
		assert_int_equal(unix_s, cases[i].unix_s);
		assert_string_equal(normal, cases[i].normal);
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"now",
		"2038-01-19",
		"2038-01-19 03:14:07",
		"2038-01-19T03:14",
		"2038-01-19T03:14:07z",
		"2038-01-19T03:14:07ZZ",
		"2038-01-19T03:14:07+01:00",
		"2038-13-01T00:00:00Z",
		"2038-00-01T00:00:00Z",
		"2038-01-00T00:00:00Z",
		"2038-01-32T00:00:00Z",
		"2038-04-31T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2038-01-19T24:00:00Z",
		"2038-01-19T00:60:00Z",
		"1970-01-01T00:00:00Z",
		"1969-12-31T23:59:59Z",
		"12038-01-19T03:14:07Z",
	};
	char normal[RTC_BYTES];
	int64_t unix_s;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (rtc_parse(wrong[i], &unix_s, normal) == 0)
			fail_msg("'%s' was accepted as %s", wrong[i], normal);
}

static void powers_of_two_are_not_less(void **state)
{
	static const struct {
		uint64_t size_bytes, power_bytes;
	} cases[] = {
		{ 0, 512 },
		{ 512, 512 },
		{ 1024, 1024 },
		{ 1536, 2048 },
		{ UINT64_C(1) << 33, UINT64_C(1) << 33 },
		{ (UINT64_C(1) << 33) + 512, UINT64_C(1) << 34 },
		{ UINT64_C(1) << 62, UINT64_C(1) << 62 },
	};
	struct fault fault = { 0 };
	uint64_t got = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(size_resolve(NULL, cases[i].size_bytes, true, &got, &fault), 0);
		assert_int_equal(got, cases[i].power_bytes);
	}
	/* What is asked for may be less than the disk has, but not its power of two. */
	assert_int_equal(size_resolve("100M", UINT64_C(128) << 20, true, &got, &fault), 0);
	assert_int_equal(got, UINT64_C(128) << 20);
	assert_int_equal(size_resolve("64M", UINT64_C(128) << 20, true, &got, &fault), -1);
	assert_int_equal(fault.reason, REASON_SIZE_SMALLER);
	assert_int_equal(size_resolve("+1M", UINT64_C(128) << 20, true, &got, &fault), 0);
	assert_int_equal(got, UINT64_C(256) << 20);
	assert_int_equal(size_resolve(NULL, (UINT64_C(1) << 62) + 512, true, &got, &fault), -1);
	assert_int_equal(fault.reason, REASON_SIZE_INVALID);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(powers_of_two_are_not_less),
	cmocka_unit_test(sizes_are_as_qemu_img_has_them),
	cmocka_unit_test(what_is_no_size_is_refused),
	cmocka_unit_test(nothing_shrinks),
	cmocka_unit_test(the_largest_disk_does_not_grow),
	cmocka_unit_test(moments_are_read),
	cmocka_unit_test(what_is_no_moment_is_refused),
};
UNIT_MAIN(tests)
