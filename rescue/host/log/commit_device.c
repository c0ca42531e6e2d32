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

struct copy {
	struct commit *commit;
	uint64_t done, total; /* in bytes */
};

static int take_piece(void *context, uint64_t at, const uint8_t *bytes, size_t size_bytes,
		      struct fault *fault)
{
	struct copy *copy = context;
	struct commit *commit = copy->commit;

	if (write_piece(commit->image->fd, at, bytes, size_bytes) < 0)
		return cannot_write(commit, fault);
	copy->done += size_bytes;
	if (commit->on_percent)
		commit->on_percent(commit->context, (int)(copy->done * 100 / copy->total));
	return 0;
}

static int copy_all(struct commit *commit, struct block_disk *log, struct fault *fault)
{
	cleanup_free struct block_extent *extents = NULL;
	struct copy copy = { .commit = commit };
	size_t count = 0;
	struct fault why;

	if (block_extents(log, &extents, &count, &why) < 0)
		return cannot_read(commit, &why, fault);
	for (size_t i = 0; i < count; i++)
		copy.total += extents[i].bytes;
	if (closing_read(log, extents, count, &commit->facts.closing, take_piece, &copy, &why) == 0)
		return 0;
	if (why.reason != REASON_COMMIT_UNFINISHED)
		return cannot_read(commit, &why, fault);
	*fault = why;
	return -1;
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
