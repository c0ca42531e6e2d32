/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/devices/uevent.h"
#include "unit.h"

#include <string.h>

static bool parse(const char *text, size_t size_bytes, struct uevent *event)
{
	memset(event, 0, sizeof(*event));
	return uevent_parse(text, size_bytes, event);
}

#define PARSE(text, event) parse(text, sizeof(text), event)

static void a_kernel_message_is_read(void **state)
{
	struct uevent event;

	(void)state;
	assert_true(PARSE("add@/devices/pci0000:00/block/sda\0ACTION=add\0"
			  "DEVPATH=/devices/pci0000:00/block/sda\0SUBSYSTEM=block\0MAJOR=8\0"
			  "DEVNAME=sda\0DEVTYPE=disk\0SEQNUM=1234",
			  &event));
	assert_string_equal(event.action, "add");
	assert_string_equal(event.devpath, "/devices/pci0000:00/block/sda");
	assert_string_equal(event.subsystem, "block");
	assert_string_equal(event.devtype, "disk");
	assert_string_equal(event.devname, "sda");
	assert_int_equal(event.seqnum, 1234);
}

static void anything_else_is_not(void **state)
{
	static const char udev[] = "libudev\0\xfe\xed\xca\xfe";
	static char long_name[400] = "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=block\0DEVNAME=";
	struct uevent event;

	(void)state;
	assert_false(PARSE("", &event));
	assert_false(PARSE(udev, &event));
	assert_false(PARSE("add@/x\0ACTION=add\0DEVPATH=/x", &event));
	/* the last string has no end */
	assert_false(parse("add@/x\0ACTION=add\0SUBSYSTEM=b\0DEVPATH=/x", 40, &event));
	memset(long_name + 53, 'x', 200);
	assert_false(parse(long_name, 300, &event));
}

static void a_sequence_number_is_digits(void **state)
{
	struct uevent event;

	(void)state;
#define NUMBERED(number)                                                                           \
	PARSE("add@/x\0ACTION=add\0DEVPATH=/x\0SUBSYSTEM=block\0SEQNUM=" number, &event)
	assert_true(NUMBERED("999999999999999999"));
	assert_int_equal(event.seqnum, 999999999999999999);
	assert_true(NUMBERED("0"));
	assert_false(NUMBERED("1000000000000000000"));
	assert_false(NUMBERED("-1"));
	assert_false(NUMBERED(" 1"));
	assert_false(NUMBERED("1x"));
	assert_false(NUMBERED(""));
#undef NUMBERED
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_kernel_message_is_read),
	cmocka_unit_test(anything_else_is_not),
	cmocka_unit_test(a_sequence_number_is_digits),
};
UNIT_MAIN(tests)
