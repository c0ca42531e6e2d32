/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/io.c against memchr: however the bytes are cut, the lines are the same. */
#include "fuzz.h"

#include "base/io.h"

#include <errno.h>
#include <string.h>

struct rest {
	const uint8_t *data;
	size_t size_bytes;
};

/* The reader gave a line: it is the next one of the input. */
static void judge_line(struct rest *rest, const char *line, size_t line_bytes, size_t max_bytes)
{
	MUST(line_bytes <= max_bytes);
	MUST(line_bytes < rest->size_bytes && rest->data[line_bytes] == '\n');
	MUST(memcmp(line, rest->data, line_bytes) == 0);
	MUST(strlen(line) == line_bytes);
	rest->data += line_bytes + 1;
	rest->size_bytes -= line_bytes + 1;
}

/* The reader refused the next line: it has a NUL, or is too long. */
static void judge_refusal(const struct rest *rest, int error, size_t max_bytes)
{
	const uint8_t *newline = memchr(rest->data, '\n', rest->size_bytes);
	size_t line_bytes = newline ? (size_t)(newline - rest->data) : rest->size_bytes;

	if (error == EILSEQ)
		MUST(newline && memchr(rest->data, '\0', line_bytes));
	else
		MUST(error == EMSGSIZE && line_bytes > max_bytes);
}

/* A reader as new; its buffer, of exactly its size, serves all inputs. */
static struct line_reader *fresh(struct line_reader *reader, size_t max_bytes)
{
	if (!reader->buffer)
		MUST(line_reader_open(reader, FUZZ_FD, max_bytes) == 0);
	*reader = (struct line_reader){ .fd = FUZZ_FD,
					.max_bytes = max_bytes,
					.buffer = reader->buffer };
	return reader;
}

void fuzz_lines(const uint8_t *data, size_t size_bytes, size_t max_bytes,
		void (*take)(const char *line, size_t line_bytes))
{
	static struct line_reader usual, narrow;
	struct line_reader *reader;
	struct rest rest;
	char *line;
	size_t line_bytes;
	int found = 0;

	if (size_bytes < FUZZ_CHUNKS)
		return;
	if (data[0] & FUZZ_NARROW)
		max_bytes = FUZZ_NARROW_BYTES;
	reader = fresh(data[0] & FUZZ_NARROW ? &narrow : &usual, max_bytes);
	rest = (struct rest){ data + FUZZ_CHUNKS, size_bytes - FUZZ_CHUNKS };
	fuzz_channel(0, rest.data, rest.size_bytes, data);
	while (found >= 0 && line_reader_fill(reader) > 0) {
		while ((found = line_reader_next(reader, &line, &line_bytes)) > 0) {
			judge_line(&rest, line, line_bytes, max_bytes);
			take(line, line_bytes);
		}
		if (found < 0)
			judge_refusal(&rest, errno, max_bytes);
	}
	MUST(found < 0 || (reader->end_of_file && !memchr(rest.data, '\n', rest.size_bytes)));
}
