/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/image/qcow2.c: headers by the offsets of docs/interop/qcow2.txt, each field
 * absurd in turn. */
#include "host/image/qcow2.h"
#include "unit.h"

#include <string.h>

#define FILE_BYTES (UINT64_C(64) << 20)

/* Where the fields are. */
enum {
	VERSION = 4,
	BACKING = 8,
	NAME_BYTES = 16,
	CLUSTER_BITS = 20,
	SIZE = 24,
	CRYPT = 32,
	L1_ENTRIES = 36,
	L1_AT = 40,
	REFCOUNT_AT = 48,
	REFCOUNT_CLUSTERS = 56,
	SNAPSHOTS = 60,
	INCOMPATIBLE = 72,
	COMPATIBLE = 80,
	AUTOCLEAR = 88,
	REFCOUNT_ORDER = 96,
	HEADER_BYTES = 100
};

static void put(uint8_t *head, size_t at, size_t length, uint64_t value)
{
	for (size_t i = 0; i < length; i++)
		head[at + i] = (uint8_t)(value >> 8 * (length - 1 - i));
}

/* What qemu-img create makes of 1 GiB, with tables where they fit. */
static void make_header(uint8_t head[QCOW2_HEADER_BYTES])
{
	memset(head, 0, QCOW2_HEADER_BYTES);
	memcpy(head, "QFI\xfb", 4);
	put(head, VERSION, 4, 3);
	put(head, CLUSTER_BITS, 4, 16);
	put(head, SIZE, 8, 1 << 30);
	put(head, L1_ENTRIES, 4, 2);
	put(head, L1_AT, 8, 0x30000);
	put(head, REFCOUNT_AT, 8, 0x10000);
	put(head, REFCOUNT_CLUSTERS, 4, 1);
	put(head, REFCOUNT_ORDER, 4, 4);
	put(head, HEADER_BYTES, 4, 112);
}

static enum reason check(const uint8_t head[QCOW2_HEADER_BYTES], uint64_t file_bytes)
{
	struct qcow2_header header;
	struct fault fault = { 0 };

	assert_int_equal(qcow2_parse(head, QCOW2_HEADER_BYTES, &header), 0);
	if (qcow2_check(&header, file_bytes, "NAME", &fault) == 0)
		return REASON_NONE;
	assert_non_null(strstr(fault.message, "NAME"));
	assert_true(fault.hint[0] != '\0');
	return fault.reason;
}

static void each_field_has_bounds(void **state)
{
	static const struct {
		size_t at, length;
		uint64_t value;
		enum reason reason;
	} cases[] = {
		{ VERSION, 4, 3, REASON_NONE },
		{ VERSION, 4, 0, REASON_IMAGE_FORMAT },
		{ VERSION, 4, 1, REASON_IMAGE_FORMAT },
		{ VERSION, 4, 4, REASON_IMAGE_FORMAT },
		{ VERSION, 4, UINT32_MAX, REASON_IMAGE_FORMAT },
		{ CLUSTER_BITS, 4, 8, REASON_IMAGE_CORRUPT },
		{ CLUSTER_BITS, 4, 22, REASON_IMAGE_CORRUPT },
		{ CLUSTER_BITS, 4, 64, REASON_IMAGE_CORRUPT },
		{ CLUSTER_BITS, 4, UINT32_MAX, REASON_IMAGE_CORRUPT },
		{ SIZE, 8, 0, REASON_NONE },
		{ SIZE, 8, 511, REASON_IMAGE_CORRUPT },
		{ SIZE, 8, 513, REASON_IMAGE_CORRUPT },
		{ SIZE, 8, 1 << 30, REASON_NONE },
		{ SIZE, 8, (1 << 30) + 512, REASON_IMAGE_CORRUPT }, /* for two entries */
		{ SIZE, 8, QCOW2_SIZE_MAX, REASON_IMAGE_CORRUPT },
		{ SIZE, 8, UINT64_C(1) << 63, REASON_IMAGE_CORRUPT },
		{ SIZE, 8, UINT64_MAX - 511, REASON_IMAGE_CORRUPT },
		{ CRYPT, 4, 1, REASON_IMAGE_ENCRYPTED },
		{ CRYPT, 4, 2, REASON_IMAGE_ENCRYPTED },
		{ L1_ENTRIES, 4, 0, REASON_IMAGE_CORRUPT },
		{ L1_ENTRIES, 4, 1, REASON_IMAGE_CORRUPT },
		{ L1_ENTRIES, 4, 3, REASON_NONE },
		{ L1_ENTRIES, 4, QCOW2_L1_ENTRIES_MAX, REASON_NONE },
		{ L1_ENTRIES, 4, QCOW2_L1_ENTRIES_MAX + 1, REASON_IMAGE_CORRUPT },
		{ L1_ENTRIES, 4, UINT32_MAX, REASON_IMAGE_CORRUPT },
		{ L1_AT, 8, 0x30001, REASON_IMAGE_CORRUPT },
		{ L1_AT, 8, FILE_BYTES - 0x10000, REASON_NONE },
		{ L1_AT, 8, FILE_BYTES, REASON_IMAGE_CORRUPT },
		{ L1_AT, 8, UINT64_C(1) << 63, REASON_IMAGE_CORRUPT },
		{ L1_AT, 8, UINT64_MAX - 0xffff, REASON_IMAGE_CORRUPT },
		{ REFCOUNT_AT, 8, 0x10200, REASON_IMAGE_CORRUPT },
		{ REFCOUNT_AT, 8, FILE_BYTES - 0x10000, REASON_NONE },
		{ REFCOUNT_AT, 8, FILE_BYTES, REASON_IMAGE_CORRUPT },
		{ REFCOUNT_AT, 8, UINT64_MAX - 0xffff, REASON_IMAGE_CORRUPT },
		{ REFCOUNT_CLUSTERS, 4, 0, REASON_IMAGE_CORRUPT },
		{ REFCOUNT_CLUSTERS, 4, 128, REASON_NONE },
		{ REFCOUNT_CLUSTERS, 4, 130, REASON_IMAGE_CORRUPT },
		{ REFCOUNT_CLUSTERS, 4, UINT32_MAX, REASON_IMAGE_CORRUPT },
		{ SNAPSHOTS, 4, 65536, REASON_NONE },
		{ SNAPSHOTS, 4, 65537, REASON_IMAGE_CORRUPT },
		{ SNAPSHOTS, 4, UINT32_MAX, REASON_IMAGE_CORRUPT },
		{ INCOMPATIBLE, 8, 1, REASON_IMAGE_DIRTY },
		{ INCOMPATIBLE, 8, 2, REASON_IMAGE_CORRUPT },
		{ INCOMPATIBLE, 8, 3, REASON_IMAGE_CORRUPT },
		{ INCOMPATIBLE, 8, 4, REASON_NONE }, /* the caller asks */
		{ INCOMPATIBLE, 8, 8, REASON_NONE },
		{ INCOMPATIBLE, 8, 32, REASON_IMAGE_FORMAT },
		{ INCOMPATIBLE, 8, 32 + 2, REASON_IMAGE_FORMAT },
		{ INCOMPATIBLE, 8, UINT64_C(1) << 63, REASON_IMAGE_FORMAT },
		{ COMPATIBLE, 8, UINT64_MAX, REASON_NONE },
		{ AUTOCLEAR, 8, UINT64_MAX, REASON_NONE },
		{ REFCOUNT_ORDER, 4, 0, REASON_NONE },
		{ REFCOUNT_ORDER, 4, 6, REASON_NONE },
		{ REFCOUNT_ORDER, 4, 7, REASON_IMAGE_CORRUPT },
		{ REFCOUNT_ORDER, 4, UINT32_MAX, REASON_IMAGE_CORRUPT },
		{ HEADER_BYTES, 4, 103, REASON_IMAGE_CORRUPT },
		{ HEADER_BYTES, 4, 104, REASON_NONE },
		{ HEADER_BYTES, 4, 0x10000, REASON_NONE },
		{ HEADER_BYTES, 4, 0x10001, REASON_IMAGE_CORRUPT },
		{ NAME_BYTES, 4, UINT32_MAX, REASON_NONE }, /* without a backing file */
	};
	uint8_t head[QCOW2_HEADER_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum reason reason;

		make_header(head);
		put(head, cases[i].at, cases[i].length, cases[i].value);
		reason = check(head, FILE_BYTES);
		if (reason != cases[i].reason)
			fail_msg("%#llx at %zu: %s", (unsigned long long)cases[i].value,
				 cases[i].at, reason_word(reason));
	}
}

/* Two absurd numbers whose product would fit again. */
static void products_do_not_wrap(void **state)
{
	uint8_t head[QCOW2_HEADER_BYTES];

	(void)state;
	make_header(head);
	put(head, CLUSTER_BITS, 4, 21);
	put(head, L1_AT, 8, 0x200000);
	put(head, REFCOUNT_AT, 8, 0x400000);
	assert_int_equal(check(head, FILE_BYTES), REASON_NONE);
	put(head, REFCOUNT_CLUSTERS, 4, UINT32_C(1) << 31);
	assert_int_equal(check(head, UINT64_MAX), REASON_IMAGE_CORRUPT);
	make_header(head);
	put(head, CLUSTER_BITS, 4, 9);
	put(head, SIZE, 8, UINT64_C(1) << 62);
	put(head, L1_ENTRIES, 4, QCOW2_L1_ENTRIES_MAX);
	assert_int_equal(check(head, FILE_BYTES), REASON_IMAGE_CORRUPT);
}

static void the_name_of_the_backing_file(void **state)
{
	uint8_t head[QCOW2_HEADER_BYTES];

	(void)state;
	make_header(head);
	put(head, BACKING, 8, 200);
	put(head, NAME_BYTES, 4, QCOW2_BACKING_MAX);
	assert_int_equal(check(head, FILE_BYTES), REASON_NONE);
	put(head, NAME_BYTES, 4, QCOW2_BACKING_MAX + 1);
	assert_int_equal(check(head, FILE_BYTES), REASON_IMAGE_CORRUPT);
}

/* What lies behind byte 72 is not the header's. */
static void version_2(void **state)
{
	uint8_t head[QCOW2_HEADER_BYTES];
	struct qcow2_header header;

	(void)state;
	make_header(head);
	put(head, VERSION, 4, 2);
	memset(head + 72, 0xff, QCOW2_HEADER_BYTES - 72);
	assert_int_equal(check(head, FILE_BYTES), REASON_NONE);
	assert_int_equal(qcow2_parse(head, sizeof(head), &header), 0);
	assert_int_equal(header.incompatible, 0);
	assert_int_equal(header.autoclear, 0);
	assert_int_equal(qcow2_l2_entry_bytes(&header), 8);
	put(head, SNAPSHOTS, 4, 1);
	assert_int_equal(check(head, FILE_BYTES), REASON_IMAGE_SNAPSHOTS_V2);
}

/* A table needs its bytes in the file, however short that is. */
static void short_files(void **state)
{
	uint8_t head[QCOW2_HEADER_BYTES];

	(void)state;
	make_header(head);
	assert_int_equal(check(head, 0x30010), REASON_NONE);
	assert_int_equal(check(head, 0x3000f), REASON_IMAGE_CORRUPT);
	assert_int_equal(check(head, 0x30000), REASON_IMAGE_CORRUPT);
	put(head, REFCOUNT_AT, 8, 0x40000);
	assert_int_equal(check(head, 0x50000), REASON_NONE);
	assert_int_equal(check(head, 0x4ffff), REASON_IMAGE_CORRUPT);
	for (uint64_t bytes = 0; bytes < 4096; bytes++)
		assert_int_equal(check(head, bytes), REASON_IMAGE_CORRUPT);
}

/* What the file does not have counts as zero, and nothing behind it is read. */
static void short_headers(void **state)
{
	uint8_t head[QCOW2_HEADER_BYTES];
	struct qcow2_header header, whole;

	(void)state;
	make_header(head);
	assert_int_equal(qcow2_parse(head, sizeof(head), &whole), 0);
	for (size_t bytes = 0; bytes <= sizeof(head); bytes++) {
		uint8_t *exact = test_malloc(bytes + 1), padded[QCOW2_HEADER_BYTES] = { 0 };
		struct qcow2_header of_padded;

		memcpy(exact, head, bytes);
		memcpy(padded, head, bytes);
		assert_int_equal(qcow2_parse(exact, bytes, &header), bytes < 4 ? -1 : 0);
		if (bytes >= 4) {
			assert_int_equal(qcow2_parse(padded, sizeof(padded), &of_padded), 0);
			assert_int_equal(header.size_bytes, of_padded.size_bytes);
			assert_int_equal(header.l1_at, of_padded.l1_at);
			assert_int_equal(header.header_bytes, of_padded.header_bytes);
		}
		test_free(exact);
	}
	assert_int_equal(header.size_bytes, whole.size_bytes);
}

/* Bounds of QEMU: 32 MiB of first-level table. */
static void the_largest_disk(void **state)
{
	static const struct {
		uint32_t bits;
		uint64_t features, largest;
	} cases[] = {
		{ 9, 0, UINT64_C(128) << 30 }, { 12, 0, UINT64_C(8) << 40 },
		{ 16, 0, UINT64_C(2) << 50 },  { 16, QCOW2_EXTENDED_L2, UINT64_C(1) << 50 },
		{ 21, 0, UINT64_C(2) << 60 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qcow2_header header = { .cluster_bits = cases[i].bits,
					       .incompatible = cases[i].features };

		assert_int_equal(qcow2_largest_bytes(&header), cases[i].largest);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_field_has_bounds),
	cmocka_unit_test(products_do_not_wrap),
	cmocka_unit_test(the_name_of_the_backing_file),
	cmocka_unit_test(version_2),
	cmocka_unit_test(short_files),
	cmocka_unit_test(short_headers),
	cmocka_unit_test(the_largest_disk),
};
UNIT_MAIN(tests)
