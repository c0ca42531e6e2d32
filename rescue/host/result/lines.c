/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lines.h"

#include <inttypes.h>

#define LABEL_CHARS 13
#define VALUE_CHARS 22

void lines_size(char out[TEXT_SIZE_CHARS], uint64_t bytes)
{
	static const char *const units[] = { "TiB", "GiB", "MiB", "KiB" };
	uint64_t size = UINT64_C(1) << 40;

	for (size_t i = 0; i < 4; i++, size >>= 10) {
		uint64_t hundredths;
		int used;

		if (bytes < size)
			continue;
		hundredths = bytes / size * 100 +
			     (uint64_t)((double)(bytes % size) * 100.0 / (double)size + 0.5);
		used = snprintf(out, TEXT_SIZE_CHARS, "%" PRIu64 ".%02u", hundredths / 100,
				(unsigned)(hundredths % 100));
		while (out[used - 1] == '0')
			used--;
		if (out[used - 1] == '.')
			used--;
		snprintf(out + used, TEXT_SIZE_CHARS - (size_t)used, " %s", units[i]);
		return;
	}
	snprintf(out, TEXT_SIZE_CHARS, "%" PRIu64 " B", bytes);
}

void lines_change(char out[LINES_CHANGE_CHARS], uint64_t before_bytes, uint64_t after_bytes)
{
	char first[TEXT_SIZE_CHARS], second[TEXT_SIZE_CHARS];

	lines_size(first, before_bytes);
	lines_size(second, after_bytes);
	if (before_bytes == after_bytes)
		snprintf(out, LINES_CHANGE_CHARS, "%s", first);
	else
		snprintf(out, LINES_CHANGE_CHARS, "%s -> %s", first, second);
}

void lines_write(FILE *to, const char *label, const char *value, const char *rest)
{
	fprintf(to, "%-*s", LABEL_CHARS - 1, label);
	if (rest)
		fprintf(to, " %-*s %s\n", VALUE_CHARS - 1, value, rest);
	else
		fprintf(to, " %s\n", value);
}
