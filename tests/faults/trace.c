/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream of records. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

static FILE *trace;

int trace_open(const char *path)
{
	trace = fopen(path, "we");
	return trace ? 0 : -1;
}

int trace_close(void)
{
	return trace ? fclose(trace) : 0;
}

static void put(const void *bytes, size_t size)
{
	if (size && fwrite(bytes, size, 1, trace) != 1) {
		perror("trace");
		abort(); /* a trace with holes proves nothing */
	}
}

/* Writes a record; `status` is the object as it is after the change, NULL if there is none. */
void trace_note(struct record record, const struct stat *status, const char *name, const char *to,
		const void *data)
{
	if (!trace)
		return;
	if (status) {
		record.object = status->st_ino;
		record.mode = status->st_mode;
		record.mtime_ns =
			(int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
	}
	record.name_bytes = name ? (uint16_t)strlen(name) : 0;
	record.to_bytes = to ? (uint16_t)strlen(to) : 0;
	put(&record, sizeof(record));
	if (name)
		put(name, record.name_bytes);
	if (to)
		put(to, record.to_bytes);
	put(data, record.data_bytes);
}
