/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By /proc and stat. */
#include "sample.h"

#include "../tests/faults/family.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAT_BLOCK_BYTES 512 /* the unit of st_blocks, whatever the file system */

/* 0 for a process that has just ended. */
static uint64_t pss_bytes(pid_t pid)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	while (fgets(line, sizeof(line), stream)) {
		if (strncmp(line, "Pss:", 4) == 0) {
			kib = strtoull(line + 4, NULL, 10);
			break;
		}
	}
	fclose(stream);
	return kib * 1024;
}

uint64_t sample_memory_bytes(void)
{
	static pid_t family[FAMILY_MAX];
	uint64_t sum = 0;

	for (size_t count = family_find(family); count > 0; count--)
		sum += pss_bytes(family[count - 1]);
	return sum;
}

uint64_t sample_disk_bytes(const char *folder, const char *log_pattern, uint64_t *ret_log_bytes)
{
	DIR *open_folder = opendir(folder);
	uint64_t sum = 0;
	struct dirent *entry;
	struct stat info;

	*ret_log_bytes = 0;
	if (!open_folder) {
		perror(folder);
		exit(2);
	}
	while ((entry = readdir(open_folder))) {
		uint64_t bytes;

		/* one that has just been renamed or removed does not matter */
		if (fstatat(dirfd(open_folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(info.st_mode))
			continue;
		bytes = (uint64_t)info.st_blocks * STAT_BLOCK_BYTES;
		sum += bytes;
		if (log_pattern && fnmatch(log_pattern, entry->d_name, 0) == 0)
			*ret_log_bytes += bytes;
	}
	closedir(open_folder);
	return sum;
}

/* user, nice, system, irq and softirq: 1st, 2nd, 3rd, 6th and 7th of the line. */
double sample_machine_cpu_s(void)
{
	unsigned long long user, nice, system, irq, softirq;
	FILE *stream = fopen("/proc/stat", "re");
	int fields = 0;

	if (stream) {
		fields = fscanf(stream, "cpu %llu %llu %llu %*u %*u %llu %llu", &user, &nice,
				&system, &irq, &softirq);
		fclose(stream);
	}
	if (fields != 5) {
		fputs("/proc/stat cannot be read\n", stderr);
		exit(2);
	}
	return (double)(user + nice + system + irq + softirq) / (double)sysconf(_SC_CLK_TCK);
}
