/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/boot/phone_home.c: the form that cloud-init posts when it is done. */
#include "host/boot/phone_home.h"
#include "unit.h"

#include <string.h>

static struct phone_home after(const char *form)
{
	struct phone_home phone_home = { 0 };

	phone_home_take(&phone_home, form, strlen(form));
	assert_true(phone_home.called);
	return phone_home;
}

static void a_form_is_read(void **state)
{
	struct phone_home call = after(
		"pub_key_rsa=ssh-rsa+AAA%2B%2F%3D+root%40box%0A&pub_key_ecdsa=N%2FA&"
		"pub_key_ed25519=ssh-ed25519+BBB&instance_id=try-disk&hostname=box&fqdn=box.lan");

	(void)state;
	assert_int_equal(call.key_count, 2);
	assert_string_equal(call.keys[0], "ssh-rsa AAA+/= root@box");
	assert_string_equal(call.keys[1], "ssh-ed25519 BBB");
	assert_string_equal(call.instance_id, "try-disk");
	assert_string_equal(call.hostname, "box");
	assert_string_equal(call.fqdn, "box.lan");
}

static void what_is_not_told_is_empty(void **state)
{
	struct phone_home call = after("");

	(void)state;
	assert_string_equal(call.hostname, "");
	assert_int_equal(call.key_count, 0);
	call = after("hostname&other=x&&=&pub_key_=x&hostnames=y");
	assert_string_equal(call.hostname, "");
	assert_int_equal(call.key_count, 0);
}

static void hostile_bytes_are_made_safe(void **state)
{
	struct phone_home call = after("hostname=%1b%5B2J%ff%0Ax&fqdn=100%&instance_id=%4");

	(void)state;
	assert_string_equal(call.hostname, "\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbdx");
	assert_string_equal(call.fqdn, "100%");
	assert_string_equal(call.instance_id, "%4");
}

static void lengths_and_counts_are_bounded(void **state)
{
	static char form[3 * PHONE_HOME_KEY_BYTES] = "hostname=";
	struct phone_home call;

	(void)state;
	memset(form + 9, 'x', PHONE_HOME_NAME_BYTES - 1);
	assert_int_equal(strlen(after(form).hostname), PHONE_HOME_NAME_BYTES - 1);
	memset(form + 9, 'x', PHONE_HOME_NAME_BYTES);
	assert_string_equal(after(form).hostname, "");
	memset(form + 9, 'x', 2 * PHONE_HOME_KEY_BYTES);
	memcpy(form, "pub_key_x", 8);
	form[9] = '=';
	assert_int_equal(after(form).key_count, 0);
	call = after("pub_key_1=a&pub_key_2=b&pub_key_3=c&pub_key_4=d&pub_key_5=e");
	assert_int_equal(call.key_count, PHONE_HOME_KEYS_MAX);
	assert_string_equal(call.keys[PHONE_HOME_KEYS_MAX - 1], "d");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_form_is_read),
	cmocka_unit_test(what_is_not_told_is_empty),
	cmocka_unit_test(hostile_bytes_are_made_safe),
	cmocka_unit_test(lengths_and_counts_are_bounded),
};

UNIT_MAIN(tests)
