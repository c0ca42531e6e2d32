/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/qemu/process_limits.c: which limit of memory a process runs under. */
#include "host/vm/qemu/process_limits.h"
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

static char folder[PATH_MAX / 2];

/* Write a file below the folder, and the folders on its way. */
static void put(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static uint64_t limit_of(const char *groups)
{
	char path[PATH_MAX];

	put("list", groups);
	snprintf(path, sizeof(path), "%s/list", folder);
	return process_limit_of_cgroups(path, folder);
}

static void version_2_counts_the_groups_above(void **state)
{
	(void)state;
	put("a/b/memory.max", "max\n");
	put("a/memory.max", "104857600\n");
	put("other/memory.max", "1\n");
	assert_int_equal(limit_of("0::/a/b\n"), 100 * MIB);
	put("a/b/memory.max", "62914560\n");
	assert_int_equal(limit_of("0::/a/b\n"), 60 * MIB);
	assert_int_equal(limit_of("0::/c\n"), PROCESS_UNLIMITED);
	assert_int_equal(limit_of("0::/\n"), PROCESS_UNLIMITED);
}

static void version_1_has_a_tree_of_its_own(void **state)
{
	(void)state;
	put("memory/job/memory.limit_in_bytes", "62914560\n");
	put("memory/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
	assert_int_equal(limit_of("9:cpu:/x\n4:memory:/job\n0::/\n"), 60 * MIB);
	assert_int_equal(limit_of("4:cpuset,memory:/job\n"), 60 * MIB);
	assert_int_equal(limit_of("4:memory:/\n"), PROCESS_UNLIMITED);
	assert_int_equal(limit_of("4:memory2:/job\n"), PROCESS_UNLIMITED);
}

static void what_makes_no_sense_is_no_limit(void **state)
{
	(void)state;
	put("odd/memory.max", "many\n");
	assert_int_equal(limit_of("0::/odd\n"), PROCESS_UNLIMITED);
	assert_int_equal(limit_of(""), PROCESS_UNLIMITED);
	assert_int_equal(limit_of("\n:\nnothing\n4:memory\n"), PROCESS_UNLIMITED);
	assert_int_equal(process_limit_of_cgroups("/nowhere", folder), PROCESS_UNLIMITED);
}

static void a_limit_of_address_space_is_seen(void **state)
{
	uint64_t bytes = UINT64_C(1) << 50; /* the sanitizer needs much */
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct rlimit limit = { bytes, bytes };

		_exit(setrlimit(RLIMIT_AS, &limit) == 0 && process_limit_address_space() == bytes
			      ? 0
			      : 1);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int make_folder(void **state)
{
	const char *place = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/vm_process_limits.XXXXXX", place ? place : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {
		"list",	      "a/b/memory.max",
		"a/b",	      "a/memory.max",
		"a",	      "other/memory.max",
		"other",      "memory/job/memory.limit_in_bytes",
		"memory/job", "memory/memory.limit_in_bytes",
		"memory",     "odd/memory.max",
		"odd",
	};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	return rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_2_counts_the_groups_above),
		cmocka_unit_test(version_1_has_a_tree_of_its_own),
		cmocka_unit_test(what_makes_no_sense_is_no_limit),
		cmocka_unit_test(a_limit_of_address_space_is_seen),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
