/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "argument_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void argument_table_write(const struct argument *table, size_t count, const char *program,
			  const char **ret_argv)
{
	*ret_argv++ = program;
	for (size_t i = 0; i < count; i++) {
		if (!table[i].option)
			continue;
		*ret_argv++ = table[i].option;
		if (table[i].value)
			*ret_argv++ = table[i].value;
	}
	*ret_argv = NULL;
}

char *argument_of_json(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

/* Commas are doubled: QEMU takes a single one for the end of the value. */
char *argument_share(const char *path, bool writable)
{
	char *text = malloc(2 * strlen(path) + 128), *at;

	if (!text)
		return NULL;
	at = text + sprintf(text, "local,id=share,security_model=none,readonly=%s,path=",
			    writable ? "off" : "on");
	for (const char *from = path; *from; from++) {
		if (*from == ',')
			*at++ = ',';
		*at++ = *from;
	}
	*at = '\0';
	return text;
}

void argument_fdset(char out[static ARGUMENT_FDSET_BYTES], int fd, int set)
{
	snprintf(out, ARGUMENT_FDSET_BYTES, "fd=%d,set=%d", fd, set);
}

void argument_fdsets(char (*out)[ARGUMENT_FDSET_BYTES], const struct disk_plan *disk)
{
	struct disk_fd fds[DISK_FDS_MAX];
	int count = disk ? disk_fds(disk, fds) : 0;

	for (int i = 0; i < count; i++)
		argument_fdset(out[i], fds[i].fd, fds[i].set);
}
