/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/qemu/accel.c: when a remembered accelerator is believed. */
#include "host/vm/qemu/accel.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_S  1000000
#define WEEK_S (7 * 24 * 60 * 60)

static enum accel recall(const char *text)
{
	json_t *key = json_pack("{s:s}", "qemu", "/bin/qemu");
	enum accel accel = accel_recall(text, strlen(text), key, NOW_S);

	json_decref(key);
	return accel;
}

static enum accel recall_until(const char *word, long long until_unix_s)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"key\":{\"qemu\":\"/bin/qemu\"},\"accel\":\"%s\",\"until_unix_s\":%lld}", word,
		 until_unix_s);
	return recall(text);
}

static void believes_a_fresh_answer(void **state)
{
	(void)state;
	assert_int_equal(recall_until("tcg", NOW_S + 1), ACCEL_TCG);
	assert_int_equal(recall_until("kvm", NOW_S + WEEK_S), ACCEL_KVM);
}

static void ignores_what_is_wrong(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"accel\":\"tcg\"}",
		"{\"key\":{\"qemu\":\"/bin/other\"},\"accel\":\"tcg\",\"until_unix_s\":1000001}",
		"{\"key\":{\"qemu\":\"/bin/qemu\"},\"accel\":7,\"until_unix_s\":1000001}",
		"{\"key\":{\"qemu\":\"/bin/"
		"qemu\"},\"accel\":\"tcg\",\"until_unix_s\":1000001,\"a\":1}",
		"{\"key\":{\"qemu\":\"/bin/qemu\"},\"accel\":\"tcg\",\"until_unix_s\":\"1000001\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(recall(texts[i]), ACCEL_AUTO);
	assert_int_equal(recall_until("auto", NOW_S + 1), ACCEL_AUTO);
	assert_int_equal(recall_until("xen", NOW_S + 1), ACCEL_AUTO);
	assert_int_equal(recall_until("tcg", NOW_S), ACCEL_AUTO);
	assert_int_equal(recall_until("tcg", NOW_S + WEEK_S + 1), ACCEL_AUTO);
}

static void key_tells_programs_apart(void **state)
{
	json_t *shell = accel_key("/bin/sh", "/dev/null");
	json_t *again = accel_key("/bin/sh", "/dev/null");
	json_t *other = accel_key("/bin/ls", "/dev/null");
	json_t *device = accel_key("/bin/sh", "/dev/zero");

	(void)state;
	assert_true(json_equal(shell, again));
	assert_false(json_equal(shell, other));
	assert_false(json_equal(shell, device));
	json_decref(shell);
	json_decref(again);
	json_decref(other);
	json_decref(device);
}

static void a_wish_is_the_only_candidate(void **state)
{
	struct accel_candidates candidates;

	(void)state;
	accel_candidates(ACCEL_KVM, "/bin/sh", true, &candidates);
	assert_int_equal(candidates.count, 1);
	assert_int_equal(candidates.list[0], ACCEL_KVM);
	accel_candidates(ACCEL_TCG, "/bin/sh", true, &candidates);
	assert_int_equal(candidates.count, 1);
	assert_int_equal(candidates.list[0], ACCEL_TCG);
	accel_candidates(ACCEL_NATIVE, "/bin/sh", true, &candidates);
	assert_int_equal(candidates.count, 1);
	assert_int_equal(candidates.list[0], ACCEL_NATIVE);
}

/* The last candidate, and whether a sealed process is one. */
static void assert_ends_in_tcg(enum accel wish, bool may_be_native)
{
	struct accel_candidates candidates;
	bool native = false;

	accel_candidates(wish, "/bin/sh", may_be_native, &candidates);
	assert_int_equal(candidates.list[candidates.count - 1], ACCEL_TCG);
	for (size_t i = 0; i < candidates.count; i++)
		native = native || candidates.list[i] == ACCEL_NATIVE;
	assert_int_equal(native, may_be_native);
}

static void the_sealed_process_comes_before_tcg(void **state)
{
	(void)state;
	assert_ends_in_tcg(ACCEL_AUTO, true);
	assert_ends_in_tcg(ACCEL_AUTO, false);
}

/* As a plan has it. */
static void the_sealed_process_can_come_first(void **state)
{
	struct accel_candidates candidates = { { ACCEL_KVM, ACCEL_NATIVE, ACCEL_TCG }, 3 };
	struct accel_candidates machines = { { ACCEL_KVM, ACCEL_TCG }, 2 };

	(void)state;
	accel_prefer_native(&candidates);
	assert_int_equal(candidates.count, 3);
	assert_int_equal(candidates.list[0], ACCEL_NATIVE);
	assert_int_equal(candidates.list[1], ACCEL_KVM);
	assert_int_equal(candidates.list[2], ACCEL_TCG);
	accel_prefer_native(&machines);
	assert_int_equal(machines.count, 2);
	assert_int_equal(machines.list[0], ACCEL_KVM);
	assert_int_equal(machines.list[1], ACCEL_TCG);
}

static void work_for_a_kernel_goes_to_a_machine(void **state)
{
	(void)state;
	assert_ends_in_tcg(ACCEL_NATIVE, false);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(believes_a_fresh_answer),
	cmocka_unit_test(ignores_what_is_wrong),
	cmocka_unit_test(key_tells_programs_apart),
	cmocka_unit_test(a_wish_is_the_only_candidate),
	cmocka_unit_test(the_sealed_process_comes_before_tcg),
	cmocka_unit_test(the_sealed_process_can_come_first),
	cmocka_unit_test(work_for_a_kernel_goes_to_a_machine),
};
UNIT_MAIN(tests)
