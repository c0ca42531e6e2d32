/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commit into a block device: close the disk, write what the log holds, open it. Each step may
 * be done again from the start. */
#include "commit.h"

#include "base/cleanup.h"
#include "flush.h"
#include "host/block/block.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#define PIECE_BYTES (UINT64_C(1) << 20)

static int cannot_write(struct commit *commit, struct fault *fault)
{
	return commit_unfinished(commit, fault, "%.200s cannot be written: %s", commit->image->path,
				 strerror(errno));
}

/* What the block service cannot do. */
static int cannot_read(struct commit *commit, const struct fault *why, struct fault *fault)
{
	if (why->reason == REASON_INTERRUPTED)
		return commit_unfinished(commit, fault,
					 "The commit did not finish: interrupted by %s",
					 interrupt_name(commit->programs->interrupt));
	return commit_unfinished(commit, fault, "%.250s", why->message);
}

static bool is_zero(const uint8_t *bytes, size_t size_bytes)
{
	return size_bytes == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size_bytes - 1) == 0);
}

/* Zeros become holes of a thin volume, where the device can have such. */
static int write_piece(int fd, uint64_t at, const uint8_t *bytes, size_t size_bytes)
{
	if (is_zero(bytes, size_bytes) && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
						    (off_t)at, (off_t)size_bytes) == 0)
		return 0;
	while (size_bytes > 0) {
		ssize_t put = pwrite(fd, bytes, size_bytes, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			if (put == 0)
				errno = EIO;
			return -1;
		}
		bytes += put;
		at += (uint64_t)put;
		size_bytes -= (size_t)put;
	}
	return 0;
}

static int copy_extent(struct commit *commit, struct block_disk *log, struct block_extent extent,
		       uint8_t *bytes, struct fault *fault)
{
	struct fault why;

	while (extent.bytes > 0) {
		size_t piece = extent.bytes < PIECE_BYTES ? extent.bytes : PIECE_BYTES;

		if (block_read(log, extent.at, bytes, piece, &why) < 0)
			return cannot_read(commit, &why, fault);
		closing_mask(&commit->facts.closing, extent.at, bytes, piece);
		if (write_piece(commit->image->fd, extent.at, bytes, piece) < 0)
			return cannot_write(commit, fault);
		extent.at += piece;
		extent.bytes -= piece;
	}
	return 0;
}

static int copy_all(struct commit *commit, struct block_disk *log, struct fault *fault)
{
	cleanup_free struct block_extent *extents = NULL;
	cleanup_free uint8_t *bytes = malloc(PIECE_BYTES);
	uint64_t done = 0, total = 0;
	size_t count = 0;
	struct fault why;

	if (!bytes)
		return commit_unfinished(commit, fault, "Memory has run out");
	if (block_extents(log, &extents, &count, &why) < 0)
		return cannot_read(commit, &why, fault);
	for (size_t i = 0; i < count; i++)
		total += extents[i].bytes;
	for (size_t i = 0; i < count; i++) {
		if (copy_extent(commit, log, extents[i], bytes, fault) < 0)
			return -1;
		done += extents[i].bytes;
		if (commit->on_percent)
			commit->on_percent(commit->context, (int)(done * 100 / total));
	}
	return 0;
}

/* The device is read and written at a time: what the log holds is read from the log alone. */
static int copy_log(struct commit *commit, struct fault *fault)
{
	struct block_files files = { .image = commit->image,
				     .log_path = commit->log->path,
				     .log_fd = commit->log->fd,
				     .work_folder = commit->work_folder };
	struct block block = { 0 };
	struct block_disk log = { 0 };
	struct fault why;
	int result = -1;

	commit->programs->interrupt->patience_ms = INTERRUPT_GRACE_MS;
	if (block_start(&block, &files, commit->programs, &why) < 0 ||
	    block_add_log(&block, &files, &why) < 0 || block_open(&block, "log", &log, &why) < 0)
		cannot_read(commit, &why, fault);
	else
		result = copy_all(commit, &log, fault);
	block_disk_close(&log);
	block_close(&block);
	commit->programs->interrupt->patience_ms = 0;
	return result;
}

int commit_close_device(struct commit *commit, struct fault *fault)
{
	if (closing_close(&commit->facts.closing, commit->image->fd) == 0 &&
	    flush_file(commit->image->fd, NULL) == 0)
		return 0;
	return cannot_write(commit, fault);
}

int commit_device(struct commit *commit, struct fault *fault)
{
	int fd = commit->image->fd;

	if (copy_log(commit, fault) < 0)
		return -1;
	if (flush_file(fd, NULL) < 0 || closing_open(&commit->facts.closing, fd, false) < 0 ||
	    flush_file(fd, NULL) < 0)
		return cannot_write(commit, fault);
	/* The host's kernel may know its partitions; that it does not is no fault. */
	(void)ioctl(fd, BLKRRPART);
	return 0;
}
