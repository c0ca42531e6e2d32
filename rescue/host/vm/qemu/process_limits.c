/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process_limits.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

/* Version 1 writes the largest multiple of a page for "none". */
#define NO_LIMIT (UINT64_C(1) << 62)

static uint64_t soft_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return PROCESS_UNLIMITED;
	return limit.rlim_cur;
}

uint64_t process_limit_address_space(void)
{
	return soft_limit(RLIMIT_AS);
}

uint64_t process_limit_file_size(void)
{
	return soft_limit(RLIMIT_FSIZE);
}

uint64_t process_limit_processes(void)
{
	return soft_limit(RLIMIT_NPROC);
}

/* The number in a file; "max" and a file that is not there are no limit. */
static uint64_t read_limit(const char *path)
{
	cleanup_file FILE *file = fopen(path, "re");
	uint64_t bytes;

	if (!file || fscanf(file, "%" SCNu64, &bytes) != 1 || bytes >= NO_LIMIT)
		return PROCESS_UNLIMITED;
	return bytes;
}

/* The limits of a group and of all groups above it. */
static uint64_t smallest_limit(const char *mount_path, const char *group, const char *name)
{
	char path[3 * PATH_MAX], folder[PATH_MAX];
	uint64_t smallest = PROCESS_UNLIMITED;

	snprintf(folder, sizeof(folder), "%s", group);
	for (;;) {
		char *slash = strrchr(folder, '/');
		uint64_t bytes;

		snprintf(path, sizeof(path), "%s%s/%s", mount_path, folder, name);
		bytes = read_limit(path);
		smallest = bytes < smallest ? bytes : smallest;
		if (!slash)
			return smallest;
		*slash = '\0';
	}
}

/* Return true if "memory" is among the names between the colons of version 1. */
static bool names_memory(const char *names, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t word = strcspn(names + at, ",:");

		if (word == strlen("memory") && strncmp(names + at, "memory", word) == 0)
			return true;
		at += word + 1;
	}
	return false;
}

uint64_t process_limit_of_cgroups(const char *list_path, const char *mount_path)
{
	cleanup_file FILE *list = fopen(list_path, "re");
	uint64_t smallest = PROCESS_UNLIMITED;
	char line[PATH_MAX], mount[PATH_MAX];

	while (list && fgets(line, sizeof(line), list)) {
		char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;
		bool unified = group == names + 1;
		uint64_t bytes;

		if (!group || (!unified && !names_memory(names + 1, (size_t)(group - names - 1))))
			continue;
		group[1 + strcspn(group + 1, "\n")] = '\0';
		snprintf(mount, sizeof(mount), "%s%s", mount_path, unified ? "" : "/memory");
		bytes = smallest_limit(mount, group + 1,
				       unified ? "memory.max" : "memory.limit_in_bytes");
		smallest = bytes < smallest ? bytes : smallest;
	}
	return smallest;
}

uint64_t process_limit_cgroup(void)
{
	return process_limit_of_cgroups("/proc/self/cgroup", "/sys/fs/cgroup");
}

int process_limit_fault(const char *who, const char *why, struct fault *fault)
{
	uint64_t limit = process_limit_processes();

	if (limit == PROCESS_UNLIMITED)
		return fault_set(fault, REASON_NO_MEMORY, "%s: %s", who, why);
	fault_set(fault, REASON_NO_MEMORY,
		  "%s: %s; this user may have only %" PRIu64 " processes and threads (ulimit -u)",
		  who, why, limit);
	return fault_hint(fault, "raise the limit (ulimit -u), or end other programs, then try "
				 "again");
}
