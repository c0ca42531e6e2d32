/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mutations by whole lines, for session.c: without them an engine rarely finds
 * another order of events, only other bytes. Half of the time the engine's own
 * mutations are used. */
#include "fuzz.h"

#include <string.h>

#define HEADER_BYTES (FUZZ_CHUNKS + 1) /* as session.c has it */

#define E(word, fields)	    "{\"event\":\"" word "\",\"t_ms\":1" fields "}\n"
#define STEP(moment, state) ",\"moment\":\"" moment "\",\"state\":\"" state "\""
#define STATUS(number)	    ",\"exit_status\":" number
#define REPAIRS		    ",\"repairs\":0"

static const char *const vocabulary[] = {
	E("hello", ",\"protocol\":1,\"build_id\":\"b\",\"agent\":\"\",\"kernel\":\"\","
		   "\"e2fsprogs\":\"\",\"util_linux\":\"\""),
	E("disk", ",\"name\":\"sda\",\"size_bytes\":1,\"sector_bytes\":512"),
	E("table", ",\"moment\":\"before\",\"label\":\"dos\",\"disk_id\":\"0x1\",\"partition\":1,"
		   "\"start_lba\":1,\"size_sectors\":1,\"type\":131,\"bootable\":true,"
		   "\"target\":true"),
	E("limit", ",\"reason\":\"mbr-2tib\",\"largest_disk_bytes\":1"),
	E("limit", ",\"reason\":\"fs-limit\",\"largest_disk_bytes\":2"),
	E("plan", ",\"changed\":true,\"partition\":1,\"start_lba\":1,\"sectors_before\":1,"
		  "\"sectors_after\":2,\"sector_bytes\":512,\"fs_type\":\"ext4\",\"fs_label\":\"\","
		  "\"fs_uuid\":\"\",\"fs_state\":\"clean\",\"block_bytes\":1024,"
		  "\"blocks_before\":1,\"blocks_after\":2"),
	E("check", STEP("before", "begin")),
	E("check", STEP("before", "progress") ",\"percent\":50"),
	E("check", STEP("before", "end") STATUS("0") REPAIRS),
	E("check", STEP("before", "end") STATUS("4") REPAIRS),
	E("check", STEP("after", "begin")),
	E("check", STEP("after", "end") STATUS("0") REPAIRS),
	E("check", STEP("after", "end") STATUS("1") REPAIRS),
	E("repair", ",\"moment\":\"before\",\"problem\":\"0x010008\",\"inode\":12"),
	E("repair", ",\"moment\":\"after\",\"problem\":\"0x010008\""),
	E("resize", ",\"state\":\"begin\""),
	E("resize", ",\"state\":\"progress\",\"percent\":50"),
	E("resize", ",\"state\":\"end\"" STATUS("0")),
	E("resize", ",\"state\":\"end\"" STATUS("1")),
	E("verify", ",\"blocks\":2,\"unused_bytes\":0"),
	E("uevent", ",\"action\":\"add\",\"devpath\":\"/d\",\"subsystem\":\"block\",\"seqnum\":1"),
	E("beat", ",\"seq\":1,\"stage\":\"disk\""),
	E("done", ",\"changed\":true"),
	E("done", ",\"changed\":false"),
	E("fault", ",\"reason\":\"stalled\",\"status\":30,\"message\":\"\",\"hint\":\"\","
		   "\"stage\":\"\""),
};

#define WORDS (sizeof(vocabulary) / sizeof(vocabulary[0]))

static unsigned next(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* The beginning of some line, or the end. */
static size_t some_line(const uint8_t *data, size_t size_bytes, unsigned *state)
{
	size_t at = HEADER_BYTES + next(state) % (size_bytes - HEADER_BYTES + 1);

	while (at > HEADER_BYTES && at < size_bytes && data[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const uint8_t *data, size_t size_bytes, size_t at)
{
	const uint8_t *newline = memchr(data + at, '\n', size_bytes - at);

	return newline ? (size_t)(newline - data) + 1 : size_bytes;
}

static size_t insert(uint8_t *data, size_t size_bytes, size_t max_bytes, size_t at,
		     const void *line, size_t line_bytes)
{
	if (size_bytes + line_bytes > max_bytes)
		return size_bytes;
	memmove(data + at + line_bytes, data + at, size_bytes - at);
	memcpy(data + at, line, line_bytes);
	return size_bytes + line_bytes;
}

static size_t insert_word(uint8_t *data, size_t size_bytes, size_t max_bytes, size_t at,
			  unsigned number)
{
	const char *line = vocabulary[number % WORDS];

	return insert(data, size_bytes, max_bytes, at, line, strlen(line));
}

static size_t erase(uint8_t *data, size_t size_bytes, size_t at)
{
	size_t end = line_end(data, size_bytes, at);

	memmove(data + at, data + end, size_bytes - end);
	return size_bytes - (end - at);
}

/* Put a copy of a line, at most 512 bytes of it, somewhere else. */
static size_t copy(uint8_t *data, size_t size_bytes, size_t max_bytes, size_t at, size_t to)
{
	uint8_t line[512];
	size_t line_bytes = line_end(data, size_bytes, at) - at;

	if (line_bytes > sizeof(line))
		line_bytes = sizeof(line);
	memcpy(line, data + at, line_bytes);
	return insert(data, size_bytes, max_bytes, to, line, line_bytes);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size_bytes, size_t max_bytes, unsigned seed)
{
	unsigned state = seed;
	unsigned choice = next(&state) % 8;
	size_t at, to;

	if (choice < 4 || size_bytes < HEADER_BYTES)
		return LLVMFuzzerMutate(data, size_bytes, max_bytes);
	at = some_line(data, size_bytes, &state);
	to = some_line(data, size_bytes, &state);
	switch (choice) {
	case 4:
		return erase(data, size_bytes, at);
	case 5:
		return copy(data, size_bytes, max_bytes, at, to);
	default:
		return insert_word(data, size_bytes, max_bytes, at, next(&state));
	}
}
