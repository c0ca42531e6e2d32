/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "warm_file.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC	    "grow-disk warm 1" /* 16 bytes, no NUL */
#define PAGE_BYTES  4096
#define CHUNK_BYTES (256 * 1024) /* a multiple of the lanes, and of pages */
#define LANES	    4
#define WRITE_MS    5000

/* Four sums side by side, so that a processor need not wait for one: as fast as
 * memory. It finds damage, not malice: who can write the file can write a sum. */
struct checksum {
	uint64_t lanes[LANES];
};

static void checksum_open(struct checksum *sum)
{
	for (int i = 0; i < LANES; i++)
		sum->lanes[i] = (uint64_t)i;
}

/* All pieces but the last one are multiples of the lanes; its rest counts as
 * zeroes. */
static void checksum_add(struct checksum *sum, const unsigned char *data, size_t size_bytes)
{
	uint64_t words[LANES];
	size_t rest = size_bytes % sizeof(words);

	for (size_t at = 0; at + sizeof(words) <= size_bytes; at += sizeof(words)) {
		memcpy(words, data + at, sizeof(words));
		for (int i = 0; i < LANES; i++) {
			uint64_t mixed = sum->lanes[i] ^ words[i];

			sum->lanes[i] = (mixed << 29 | mixed >> 35) * UINT64_C(0x9e3779b97f4a7c15);
		}
	}
	if (rest > 0) {
		unsigned char last[sizeof(words)] = { 0 };

		memcpy(last, data + size_bytes - rest, rest);
		checksum_add(sum, last, sizeof(last));
	}
}

static uint64_t checksum_close(const struct checksum *sum)
{
	uint64_t total = 0;

	for (int i = 0; i < LANES; i++)
		total = (total << 13 | total >> 51) * UINT64_C(0x9e3779b97f4a7c15) ^ sum->lanes[i];
	return total;
}

/* -1 unless all of it is there. */
static int read_at(int fd, void *data, size_t size_bytes, uint64_t at)
{
	char *rest = data;

	while (size_bytes > 0) {
		ssize_t got = pread(fd, rest, size_bytes, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		rest += got;
		at += (uint64_t)got;
		size_bytes -= (size_t)got;
	}
	return 0;
}

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

/* Check that the numbers of a header agree with each other and the file's length. */
static bool is_sound(const struct warm_header *header, uint64_t key_bytes, uint64_t file_bytes)
{
	return memcmp(header->magic, MAGIC, sizeof(header->magic)) == 0 &&
	       header->key_bytes == key_bytes && header->hello_bytes > 0 &&
	       header->hello_bytes <= WARM_HELLO_MAX_BYTES &&
	       header->stream_at ==
		       page_up(sizeof(*header) + header->key_bytes + header->hello_bytes) &&
	       header->stream_bytes > 0 && header->stream_at < file_bytes &&
	       header->stream_bytes == file_bytes - header->stream_at &&
	       memchr(header->qemu_version, '\0', sizeof(header->qemu_version));
}

bool warm_file_read(int fd, const char *key, struct warm_header *ret_header,
		    char ret_hello[WARM_HELLO_MAX_BYTES + 1])
{
	size_t key_bytes = strlen(key);
	cleanup_free char *found_key = malloc(key_bytes + 1);
	struct stat status;

	if (!found_key || fstat(fd, &status) < 0 ||
	    read_at(fd, ret_header, sizeof(*ret_header), 0) < 0 ||
	    !is_sound(ret_header, key_bytes, (uint64_t)status.st_size) ||
	    read_at(fd, found_key, key_bytes, sizeof(*ret_header)) < 0 ||
	    memcmp(found_key, key, key_bytes) != 0 ||
	    read_at(fd, ret_hello, ret_header->hello_bytes, sizeof(*ret_header) + key_bytes) < 0)
		return false;
	ret_hello[ret_header->hello_bytes] = '\0';
	return strlen(ret_hello) == ret_header->hello_bytes;
}

bool warm_file_verify(int fd, const struct warm_header *header)
{
	cleanup_free unsigned char *chunk = malloc(CHUNK_BYTES);
	uint64_t end = header->stream_at + header->stream_bytes;
	struct checksum sum;

	if (!chunk)
		return false;
	checksum_open(&sum);
	for (uint64_t at = sizeof(*header); at < end;) {
		size_t size_bytes = at == sizeof(*header)    ? header->stream_at - at
				    : end - at < CHUNK_BYTES ? end - at
							     : CHUNK_BYTES;
		bool fits = size_bytes <= CHUNK_BYTES;

		if (!fits || read_at(fd, chunk, size_bytes, at) < 0)
			return false;
		checksum_add(&sum, chunk, size_bytes);
		at += size_bytes;
	}
	return checksum_close(&sum) == header->checksum;
}

/* The texts, padded to whole pages. */
static int write_texts(int fd, const struct warm_text *text, struct warm_header *header,
		       struct checksum *sum)
{
	size_t size_bytes = header->stream_at - sizeof(*header);
	cleanup_free unsigned char *page = calloc(1, header->stream_at);

	if (!page)
		return -1;
	memcpy(page + sizeof(*header), text->key, header->key_bytes);
	memcpy(page + sizeof(*header) + header->key_bytes, text->hello, header->hello_bytes);
	checksum_add(sum, page + sizeof(*header), size_bytes);
	return write_all(fd, page, header->stream_at, WRITE_MS);
}

/* Fill the chunk, unless the stream ends before. Less than it: its end. */
static ssize_t read_chunk(int stream_fd, unsigned char *chunk, int64_t deadline_ms)
{
	size_t used_bytes = 0;

	while (used_bytes < CHUNK_BYTES) {
		struct pollfd ready = { .fd = stream_fd, .events = POLLIN };
		int64_t left_ms = deadline_ms - clock_ms();
		int found = poll(&ready, 1, left_ms > 0 ? (int)left_ms : 0);
		ssize_t got;

		if (found <= 0) {
			errno = found == 0 ? ETIMEDOUT : errno;
			return -1;
		}
		got = read(stream_fd, chunk + used_bytes, CHUNK_BYTES - used_bytes);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used_bytes += (size_t)got;
	}
	return (ssize_t)used_bytes;
}

static int copy_stream(int fd, int stream_fd, int timeout_ms, uint64_t max_bytes,
		       struct warm_header *header, struct checksum *sum)
{
	cleanup_free unsigned char *chunk = malloc(CHUNK_BYTES);
	int64_t deadline_ms = clock_ms() + timeout_ms;
	ssize_t got = CHUNK_BYTES;

	if (!chunk)
		return -1;
	while (got == CHUNK_BYTES) {
		got = read_chunk(stream_fd, chunk, deadline_ms);
		if (got < 0)
			return -1;
		header->stream_bytes += (uint64_t)got;
		if (header->stream_bytes > max_bytes) {
			errno = EFBIG;
			return -1;
		}
		checksum_add(sum, chunk, (size_t)got);
		if (write_all(fd, chunk, (size_t)got, WRITE_MS) < 0)
			return -1;
	}
	return 0;
}

int warm_file_write(int fd, const struct warm_text *text, int stream_fd, int timeout_ms,
		    uint64_t max_bytes, struct warm_header *ret_header, struct fault *fault)
{
	struct warm_header header = { .key_bytes = strlen(text->key),
				      .hello_bytes = strlen(text->hello) };
	struct checksum sum;

	header.stream_at = page_up(sizeof(header) + header.key_bytes + header.hello_bytes);
	memcpy(header.magic, MAGIC, sizeof(header.magic));
	snprintf(header.qemu_version, sizeof(header.qemu_version), "%s", text->qemu_version);
	checksum_open(&sum);
	if (header.hello_bytes > WARM_HELLO_MAX_BYTES)
		return fault_set(fault, REASON_INTERNAL, "the hello is too long to be saved");
	if (write_texts(fd, text, &header, &sum) < 0 ||
	    copy_stream(fd, stream_fd, timeout_ms, max_bytes, &header, &sum) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "the machine cannot be saved");
	header.checksum = checksum_close(&sum);
	*ret_header = header;
	return 0;
}

int warm_file_seal(int fd, const struct warm_header *header, struct fault *fault)
{
	if (pwrite(fd, header, sizeof(*header), 0) == sizeof(*header))
		return 0;
	return fault_set_errno(fault, REASON_INTERNAL, errno, "the machine cannot be saved");
}
