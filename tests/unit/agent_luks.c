/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/agent/layers/luks_header.c: headers that cryptsetup has made, and what is changed in them.
 */
#include "agent/layers/luks_header.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UUID	     "8c1e4f5a-0c3b-4b59-9d43-6a4a3e0c5b01"
#define HEADER_BYTES 16384
#define JSON_AT	     4096

static char folder[] = "/tmp/agent-luks.XXXXXX", disk[64], key[64];

static int make_folder(void **state)
{
	FILE *file;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(disk, sizeof(disk), "%s/disk", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	file = fopen(key, "w");
	if (!file)
		return -1;
	fputs("a key", file);
	return fclose(file);
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(disk);
	unlink(key);
	return rmdir(folder);
}

/* A new header with these options. */
static void format(const char *options)
{
	char command[512];

	unlink(disk);
	snprintf(command, sizeof(command),
		 "truncate -s 32M %s && PATH=$PATH:/usr/sbin:/sbin cryptsetup luksFormat -q "
		 "--uuid " UUID " --key-file %s %s %s",
		 disk, key, options, disk);
	assert_int_equal(system(command), 0);
}

static int header_read(struct luks_header *header, struct fault *fault)
{
	int fd = open(disk, O_RDONLY), result;

	assert_true(fd >= 0);
	result = luks_header_read(fd, header, fault);
	close(fd);
	return result;
}

#define FAST2 "--type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "

static void a_header_of_luks2_is_read(void **state)
{
	struct luks_header header;
	struct fault fault = { 0 };

	(void)state;
	format(FAST2 "--sector-size 4096 --offset 16384 --cipher aes-xts-plain64");
	if (header_read(&header, &fault) < 0)
		fail_msg("%s", fault.message);
	assert_int_equal(header.version, 2);
	assert_string_equal(header.uuid, UUID);
	assert_string_equal(header.cipher, "aes-xts-plain64");
	assert_int_equal(header.sector_bytes, 4096);
	assert_int_equal(header.data_at_bytes, 16384 * 512);
	assert_int_equal(header.memory_bytes, 0);
}

static void the_memory_of_a_key_slot_is_known(void **state)
{
	struct luks_header header;
	struct fault fault = { 0 };

	(void)state;
	format("--type luks2 --pbkdf argon2id --pbkdf-memory 4096 --pbkdf-parallel 1 "
	       "--pbkdf-force-iterations 4 --sector-size 512");
	assert_int_equal(header_read(&header, &fault), 0);
	assert_int_equal(header.memory_bytes, 4096 * 1024);
	assert_int_equal(header.sector_bytes, 512);
}

static void a_header_of_luks1_is_read(void **state)
{
	struct luks_header header;
	struct fault fault = { 0 };

	(void)state;
	format("--type luks1 --pbkdf-force-iterations 1000 --align-payload 8192 --cipher "
	       "aes-cbc-essiv:sha256");
	assert_int_equal(header_read(&header, &fault), 0);
	assert_int_equal(header.version, 1);
	assert_string_equal(header.uuid, UUID);
	assert_string_equal(header.cipher, "aes-cbc-essiv:sha256");
	assert_int_equal(header.sector_bytes, 512);
	assert_int_equal(header.data_at_bytes, 8192 * 512);
}

/* Replace a text of the JSON in the copies from first to last. */
static void replace(int first, int last, const char *from, const char *to)
{
	static char json[HEADER_BYTES - JSON_AT + 1], changed[2 * HEADER_BYTES];
	int fd = open(disk, O_RDWR);

	assert_true(fd >= 0);
	for (int copy = first; copy <= last; copy++) {
		off_t at = copy * HEADER_BYTES + JSON_AT;
		char *found;

		assert_int_equal(pread(fd, json, sizeof(json) - 1, at), sizeof(json) - 1);
		found = strstr(json, from);
		assert_non_null(found);
		memset(changed, 0, sizeof(changed));
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(found - json), json, to,
			 found + strlen(from));
		assert_int_equal(pwrite(fd, changed, sizeof(json) - 1, at), sizeof(json) - 1);
	}
	close(fd);
}

static void refused(enum reason reason, const char *says)
{
	struct luks_header header;
	struct fault fault = { 0 };

	assert_int_equal(header_read(&header, &fault), -1);
	assert_int_equal(fault.reason, reason);
	if (!strstr(fault.message, says))
		fail_msg("\"%s\" does not say \"%s\"", fault.message, says);
}

static void what_cannot_be_grown_is_refused_by_name(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} cases[] = {
		{ "\"dynamic\"", "\"1048576\"", "fixed size" },
		{ "\"iv_tweak\"", "\"integrity\":{},\"iv_tweak\"", "dm-integrity" },
		{ "\"crypt\"", "\"linear\"", "exactly one" },
		{ "\"segments\":{", "\"segments\":{\"1\":{},", "exactly one" },
		{ "\"config\":{",
		  "\"config\":{\"requirements\":{\"mandatory\":[\"online-reencrypt\"]},",
		  "reencryption" },
		{ "\"config\":{", "\"config\":{\"requirements\":{\"mandatory\":[\"other\"]},",
		  "\"other\"" },
		{ "\"sector_size\":512", "\"sector_size\":100", "sectors" },
		{ "\"offset\":\"16777216\",\"size\":\"dynamic\"",
		  "\"offset\":\"0\",\"size\":\"dynamic\"", "detached" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		format(FAST2 "--sector-size 512 --offset 32768");
		replace(0, 1, cases[i].from, cases[i].to);
		refused(REASON_LAYER_FEATURE, cases[i].says);
	}
}

static void two_copies_that_differ_are_damage(void **state)
{
	int fd;

	(void)state;
	for (int copy = 0; copy < 2; copy++) {
		format(FAST2 "--sector-size 512");
		replace(copy, copy, "\"dynamic\"", "\"1048576\"");
		refused(REASON_LAYER_DAMAGED, "contradict");
	}
	format(FAST2 "--sector-size 512");
	fd = open(disk, O_RDWR);
	assert_int_equal(pwrite(fd, "x", 1, HEADER_BYTES), 1);
	close(fd);
	refused(REASON_LAYER_DAMAGED, "no second copy");
	format(FAST2 "--sector-size 512");
	replace(0, 1, "{", "[");
	refused(REASON_LAYER_DAMAGED, "no JSON");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_header_of_luks2_is_read),
	cmocka_unit_test(the_memory_of_a_key_slot_is_known),
	cmocka_unit_test(a_header_of_luks1_is_read),
	cmocka_unit_test(what_cannot_be_grown_is_refused_by_name),
	cmocka_unit_test(two_copies_that_differ_are_damage),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
