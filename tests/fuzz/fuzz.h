/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share: the call that an engine makes, invariants, and
 * descriptors whose bytes are the input, so that production code reads them
 * by its own read(2), poll(2) and recvmsg(2) without one system call. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One input. Returns 0; whatever is wrong ends in abort(3) or a sanitizer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

/* The engine's hook for mutations that know the format, and its own mutations. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size_bytes, size_t max_bytes, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size_bytes, size_t max_bytes);

/* An invariant: tells where it was broken, and aborts. */
#define MUST(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *condition, const char *file, int line);

/* What the target's production code has accepted: by this, the replay knows that
 * inputs which begin with "real" still get there. */
extern unsigned fuzz_accepted;

/* Whether a text may reach a terminal: no C0, DEL, C1, no line separators and
 * no bidi controls. Written apart from base/text.c, on bytes, to judge it. */
bool fuzz_text_is_safe(const char *text, size_t size_bytes);

/* The descriptors that are served from memory. */
#define FUZZ_FD	      1000000
#define FUZZ_CHANNELS 3

/* In front of the bytes of a channel: how they are cut, four times the low
 * nibble's power of two, in turn. "oooo" is 32 KiB each, "`bdf" 1, 4, 16, 64. */
#define FUZZ_CHUNKS 4

/* Let FUZZ_FD + channel give these bytes (borrowed), cut as chunks says. */
void fuzz_channel(int channel, const uint8_t *data, size_t size_bytes,
		  const uint8_t chunks[FUZZ_CHUNKS]);

/* How many bytes of that channel nobody has read yet; and what was sent into it by sendmsg(2) since
 * fuzz_channel or the last call of this (FUZZ_SENT_MAX bytes at most: more is a broken invariant).
 */
#define FUZZ_SENT_MAX 65536
size_t fuzz_left(int channel);
const uint8_t *fuzz_take_sent(size_t *ret_size_bytes);

/* Let pread(2) of FUZZ_FD give these bytes (borrowed). */
void fuzz_disk(const uint8_t *data, size_t size_bytes);

/* Read the input (its chunks in front) as lines by base/io.c, judge that they
 * are the input's own lines, and hand out each. Stops where the reader must.
 * This bit of the first chunk bounds lines at 64 bytes instead ("p" for "`"):
 * short inputs reach the bound as well. */
#define FUZZ_NARROW	  0x10
#define FUZZ_NARROW_BYTES 64
void fuzz_lines(const uint8_t *data, size_t size_bytes, size_t max_bytes,
		void (*take)(const char *line, size_t line_bytes));

/* Around one input: jansson's values come from memory that costs little, and
 * that is as closely watched. At the end all of them must have been freed. */
void fuzz_arena_begin(void);
void fuzz_arena_end(void);

/* Let recvmsg(2) of FUZZ_FD give this datagram (borrowed), once. A sender of
 * port 0 is the kernel; without credentials there is no control message. */
struct fuzz_datagram {
	const uint8_t *data;
	size_t size_bytes;
	unsigned port;
	unsigned uid;
	bool credentials;
};
void fuzz_datagram(const struct fuzz_datagram *datagram);

#endif
