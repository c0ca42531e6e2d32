/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tail.h"

#include "base/io.h"
#include "base/text.h"

#include <string.h>

#define WRITE_MS 1000

static void copy(struct tail *tail, const char *data, size_t size_bytes)
{
	size_t room_bytes = TAIL_COPY_MAX_BYTES - tail->copied_bytes;

	if (tail->copy_fd < 0)
		return;
	if (size_bytes > room_bytes)
		size_bytes = room_bytes;
	/* A console that cannot be kept must not end a good run. */
	if (write_all(tail->copy_fd, data, size_bytes, WRITE_MS) < 0)
		tail->copy_fd = -1;
	tail->copied_bytes += size_bytes;
}

void tail_feed(struct tail *tail, const char *data, size_t size_bytes)
{
	copy(tail, data, size_bytes);
	for (size_t i = 0; i < size_bytes; i++) {
		if (data[i] == '\n' || data[i] == '\r') {
			tail->line_ended = true;
			continue;
		}
		if (tail->line_ended)
			tail->line_bytes = 0;
		tail->line_ended = false;
		if (tail->line_bytes < sizeof(tail->line) && data[i] != '\0')
			tail->line[tail->line_bytes++] = data[i];
	}
}

void tail_last_line(const struct tail *tail, char *out, size_t out_bytes)
{
	text_make_safe(out, out_bytes, tail->line, tail->line_bytes);
}

bool tail_mentions(const struct tail *tail, const char *word)
{
	return memmem(tail->line, tail->line_bytes, word, strlen(word)) != NULL;
}
