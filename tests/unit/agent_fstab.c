/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an fstab calls the root. */
#include "agent/filesystem/fstab.h"
#include "unit.h"

#include <string.h>

static bool find(const char *text, struct fstab_root *ret_root)
{
	return fstab_find_root(text, strlen(text), ret_root);
}

static void the_device_of_the_root_is_found(void **state)
{
	static const struct {
		const char *text;
		enum partition_by by;
		const char *value;
	} cases[] = {
		{ "UUID=1234-ab / ext4 defaults 0 1\n", PARTITION_BY_UUID, "1234-ab" },
		{ "LABEL=root\t/\text4", PARTITION_BY_LABEL, "root" },
		{ "LABEL=\"a\"  /  auto", PARTITION_BY_LABEL, "a" },
		{ "PARTUUID=12-02 /", PARTITION_BY_PARTUUID, "12-02" },
		{ "PARTLABEL=p / x", PARTITION_BY_PARTLABEL, "p" },
		{ "/dev/disk/by-uuid/77 / x", PARTITION_BY_UUID, "77" },
		{ "/dev/disk/by-partuuid/78 / x", PARTITION_BY_PARTUUID, "78" },
		{ "/dev/mapper/vg--0-root / x", PARTITION_BY_NUMBER, "/dev/mapper/vg--0-root" },
		{ "/dev/vg-0/root-1 / x", PARTITION_BY_NUMBER, "/dev/mapper/vg--0-root--1" },
		{ "#UUID=1 / x\n\n  # UUID=2 / x\nUUID=3 /home x\n UUID=4 / x\nUUID=5 / x",
		  PARTITION_BY_UUID, "4" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fstab_root root;

		assert_true(find(cases[i].text, &root));
		assert_int_equal(root.by, cases[i].by);
		assert_string_equal(root.value, cases[i].value);
	}
}

static void other_lines_are_no_answer(void **state)
{
	static const char *const texts[] = { "",
					     "\n\n",
					     "UUID=1",
					     "UUID=1 /home ext4\n",
					     "UUID= / ext4",
					     "LABEL=\"\" / ext4",
					     "/dev/sda1 / ext4",
					     "/dev/ / ext4",
					     "overlay / overlay",
					     "/dev/a/b/c / ext4",
					     "# UUID=1 / ext4" };
	struct fstab_root root;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(find(texts[i], &root));
	assert_false(fstab_find_root("LABEL=a\0b / x", 14, &root));
}

static void long_values_are_no_answer(void **state)
{
	char text[2 * REQUEST_VALUE_BYTES];
	struct fstab_root root;

	(void)state;
	for (size_t length = REQUEST_VALUE_BYTES - 2; length <= REQUEST_VALUE_BYTES; length++) {
		size_t used = strlen(strcpy(text, "LABEL="));

		memset(text + used, 'x', length);
		strcpy(text + used + length, " / x");
		assert_int_equal(find(text, &root), length < REQUEST_VALUE_BYTES);
		used = strlen(strcpy(text, "/dev/g/"));
		memset(text + used, '-', length);
		strcpy(text + used + length, " / x");
		assert_false(find(text, &root));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_device_of_the_root_is_found),
	cmocka_unit_test(other_lines_are_no_answer),
	cmocka_unit_test(long_values_are_no_answer),
};
UNIT_MAIN(tests)
