/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By /proc/PID/stat and /proc/PID/cmdline. */
#include "family.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads /proc/PID/FILE; the number of bytes, 0 if that process is gone. */
static size_t read_proc(const char *pid, const char *file, char *bytes, size_t size)
{
	char path[64];
	FILE *stream;
	size_t got;

	snprintf(path, sizeof(path), "/proc/%.16s/%s", pid, file);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	got = fread(bytes, 1, size - 1, stream);
	bytes[got] = '\0';
	fclose(stream);
	return got;
}

/* The parent of a process that is no zombie; 0 if there is none. */
static pid_t parent_of(const char *pid)
{
	char stat[512], *behind_name, state;
	int parent;

	if (!read_proc(pid, "stat", stat, sizeof(stat)))
		return 0;
	behind_name = strrchr(stat, ')');
	if (!behind_name || sscanf(behind_name + 1, " %c %d", &state, &parent) != 2 || state == 'Z')
		return 0;
	return parent;
}

static bool contains(const pid_t *pids, size_t count, pid_t pid)
{
	while (count > 0)
		if (pids[--count] == pid)
			return true;
	return false;
}

/* A child may have a smaller number than its parent, so look until
 * nothing new is found. */
size_t family_find(pid_t *ret_pids)
{
	static pid_t pids[4096], parents[4096];
	size_t count = 0, found = 0, before;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc) {
		perror("/proc");
		exit(2);
	}
	while ((entry = readdir(proc)) && count < 4096) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pids[count] = (pid_t)atoi(entry->d_name);
		parents[count] = parent_of(entry->d_name);
		if (parents[count] > 0)
			count++;
	}
	closedir(proc);
	do {
		before = found;
		for (size_t i = 0; i < count && found < FAMILY_MAX; i++)
			if ((parents[i] == getpid() || contains(ret_pids, found, parents[i])) &&
			    !contains(ret_pids, found, pids[i]))
				ret_pids[found++] = pids[i];
	} while (found > before);
	return found;
}

void process_line(pid_t pid, char *ret_line)
{
	char name[16];
	size_t size;

	snprintf(name, sizeof(name), "%d", pid);
	size = read_proc(name, "cmdline", ret_line, FAMILY_LINE_BYTES);
	for (size_t i = 0; i + 1 < size; i++)
		if (!ret_line[i])
			ret_line[i] = ' ';
	ret_line[size] = '\0';
}

/* A process that was forked without an exec has only a name of its own. */
static bool is_named(pid_t pid, const char *text)
{
	char name[32], comm[64];
	size_t size;

	snprintf(name, sizeof(name), "%d", pid);
	size = read_proc(name, "comm", comm, sizeof(comm) - 1);
	comm[size] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, text) == 0;
}

bool process_says(pid_t pid, const char *text)
{
	char line[FAMILY_LINE_BYTES + 1];

	process_line(pid, line);
	return strstr(line, text) != NULL || is_named(pid, text);
}

bool family_says(const char *text)
{
	pid_t pids[FAMILY_MAX];
	size_t count = family_find(pids);

	while (count > 0)
		if (process_says(pids[--count], text))
			return true;
	return false;
}
