/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfs_log.h"

#include "base/bytes.h"
#include "superblock.h"

#define BLOCK_BYTES	 512
#define HEADER_MAGIC	 0xfeedbabeu
#define HEADER_DATA	 32768	/* of a record, that its first header block is for */
#define RECORD_MAX_BYTES 262144 /* with all its header blocks */
#define UNMOUNT		 0x20	/* flag of an operation */

/* Offsets in a record's header, and in the header of an operation. */
enum {
	AT_CYCLE = 4,
	AT_VERSION = 8,
	AT_DATA_BYTES = 12,
	AT_OPERATIONS = 40,
	AT_SIZE = 320,
	AT_OPERATION_FLAGS = 9
};

struct ring {
	int fd;
	uint64_t at_bytes, blocks;
};

static int read_block(const struct ring *ring, uint64_t block, uint8_t out[BLOCK_BYTES],
		      struct fault *fault)
{
	return superblock_read(ring->fd, ring->at_bytes + block % ring->blocks * BLOCK_BYTES, out,
			       BLOCK_BYTES, fault);
}

/* The round that a block was written in; 0: never. */
static int read_cycle(const struct ring *ring, uint64_t block, uint32_t *ret_cycle,
		      struct fault *fault)
{
	uint8_t bytes[BLOCK_BYTES];

	if (read_block(ring, block, bytes, fault) < 0)
		return -1;
	*ret_cycle = be32_at(bytes) == HEADER_MAGIC ? be32_at(bytes + AT_CYCLE) : be32_at(bytes);
	return 0;
}

/* The first block that the round of block 0 has not reached; the number of blocks, if it
 * has reached all. */
static int find_head(const struct ring *ring, uint64_t *ret_head, struct fault *fault)
{
	uint64_t low = 0, high = ring->blocks; /* low is of that round, high is not */
	uint32_t first, cycle;

	if (read_cycle(ring, 0, &first, fault) < 0)
		return -1;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (read_cycle(ring, middle, &cycle, fault) < 0)
			return -1;
		if (cycle == first)
			low = middle;
		else
			high = middle;
	}
	*ret_head = high;
	return 0;
}

static uint32_t divide_up(uint32_t dividend, uint32_t divisor)
{
	return (dividend + divisor - 1) / divisor;
}

/* How many blocks the header of a record takes. */
static uint32_t header_blocks(const uint8_t *header)
{
	uint32_t size_bytes = be32_at(header + AT_SIZE);

	if ((be32_at(header + AT_VERSION) & 2) == 0 || size_bytes <= HEADER_DATA ||
	    size_bytes > RECORD_MAX_BYTES)
		return 1;
	return divide_up(size_bytes, HEADER_DATA);
}

/* The record that begins at this block ends before the head: is it of an unmount? */
static int look_at_record(const struct ring *ring, uint64_t block, const uint8_t *header,
			  uint64_t distance, bool *ret_clean, struct fault *fault)
{
	uint32_t data_blocks = divide_up(be32_at(header + AT_DATA_BYTES), BLOCK_BYTES);
	uint8_t operation[BLOCK_BYTES];

	if (be32_at(header + AT_OPERATIONS) != 1 || header_blocks(header) + data_blocks != distance)
		return 0;
	if (read_block(ring, block + header_blocks(header), operation, fault) < 0)
		return -1;
	*ret_clean = (operation[AT_OPERATION_FLAGS] & UNMOUNT) != 0;
	return 0;
}

int xfs_log_look(int fd, uint64_t at_bytes, uint64_t size_bytes, bool *ret_clean,
		 struct fault *fault)
{
	const struct ring ring = { fd, at_bytes, size_bytes / BLOCK_BYTES };
	const uint64_t distance_max = RECORD_MAX_BYTES / BLOCK_BYTES;
	uint8_t header[BLOCK_BYTES];
	uint64_t head;

	*ret_clean = false;
	if (ring.blocks == 0)
		return 0;
	if (find_head(&ring, &head, fault) < 0)
		return -1;
	/* Back to the last record's header. */
	for (uint64_t distance = 1; distance <= distance_max && distance <= ring.blocks;
	     distance++) {
		uint64_t block = head + ring.blocks - distance;

		if (read_block(&ring, block, header, fault) < 0)
			return -1;
		if (be32_at(header) == HEADER_MAGIC)
			return look_at_record(&ring, block, header, distance, ret_clean, fault);
	}
	return 0;
}
