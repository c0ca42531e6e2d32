/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/filesystem/squashfs_overlay.h"
#include "base/bytes.h"
#include "unit.h"

#include <string.h>

static void make(uint8_t super[static SQUASHFS_SUPERBLOCK_BYTES], uint64_t used_bytes)
{
	memset(super, 0, SQUASHFS_SUPERBLOCK_BYTES);
	memcpy(super, "hsqs", 4);
	super[28] = 4;
	set_le64(super + 40, used_bytes);
}

static void the_overlay_begins_at_the_next_64_kib(void **state)
{
	static const struct {
		uint64_t used_bytes, overlay_at;
	} cases[] = { { 96, 65536 }, { 65536, 65536 }, { 65537, 131072 }, { 4718592, 4718592 } };
	uint8_t super[SQUASHFS_SUPERBLOCK_BYTES];
	struct squashfs_place place;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(super, cases[i].used_bytes);
		assert_int_equal(squashfs_read(super, &place, &fault), 0);
		assert_int_equal(place.used_bytes, cases[i].used_bytes);
		assert_int_equal(place.overlay_at, cases[i].overlay_at);
	}
}

static enum reason reading(const uint8_t *super)
{
	struct squashfs_place place;
	struct fault fault = { 0 };

	return squashfs_read(super, &place, &fault) == 0 ? REASON_NONE : fault.reason;
}

static void what_cannot_be_is_refused(void **state)
{
	uint8_t super[SQUASHFS_SUPERBLOCK_BYTES];

	(void)state;
	make(super, 95);
	assert_int_equal(reading(super), REASON_FS_UNCLEAN);
	make(super, UINT64_MAX);
	assert_int_equal(reading(super), REASON_FS_UNCLEAN);
	make(super, UINT64_C(1) << 62);
	assert_int_equal(reading(super), REASON_FS_UNCLEAN);
	make(super, 96);
	super[28] = 3;
	assert_int_equal(reading(super), REASON_FS_FEATURE);
	make(super, 96);
	memcpy(super, "sqsh", 4); /* of the other byte order */
	assert_int_equal(reading(super), REASON_FS_FEATURE);
}

/* The type, "blank", or the word of the reason. */
static const char *type_of(const uint8_t *bytes, size_t size_bytes)
{
	struct fault fault = { 0 };
	const char *type;

	if (squashfs_overlay_type(bytes, size_bytes, &type, &fault) < 0)
		return reason_word(fault.reason);
	return type ? type : "blank";
}

static void an_overlay_is_told_by_its_mark(void **state)
{
	static uint8_t bytes[SQUASHFS_OVERLAY_LOOK];

	(void)state;
	assert_string_equal(type_of(bytes, 0), "blank");
	assert_string_equal(type_of(bytes, sizeof(bytes)), "blank");
	memcpy(bytes, "\xde\xad\xc0\xde", 4);
	assert_string_equal(type_of(bytes, sizeof(bytes)), "blank");
	assert_string_equal(type_of(bytes, 3), "fs-feature");
	bytes[sizeof(bytes) - 1] = 1;
	assert_string_equal(type_of(bytes, sizeof(bytes)), "fs-feature");
	memcpy(bytes + 1080, "\x53\xef", 2);
	assert_string_equal(type_of(bytes, sizeof(bytes)), "ext4");
	assert_string_equal(type_of(bytes, 1081), "fs-feature");
	memcpy(bytes + 1024, "\x10\x20\xf5\xf2", 4);
	assert_string_equal(type_of(bytes, sizeof(bytes)), "f2fs");
	memcpy(bytes, "verity\0\0", 8);
	memset(bytes + 1024, 0, 100);
	assert_string_equal(type_of(bytes, sizeof(bytes)), "fs-feature");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_overlay_begins_at_the_next_64_kib),
	cmocka_unit_test(what_cannot_be_is_refused),
	cmocka_unit_test(an_overlay_is_told_by_its_mark),
};
UNIT_MAIN(tests)
