/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a log belongs to a block device. Nothing tells when a device was written last, and its
 * name may be another one's by now: what is on it decides. */
#include "recover.h"

#include "base/cleanup.h"
#include "flush.h"
#include "host/block/block.h"
#include "host/image/device.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int differs(const struct commit *commit, struct fault *fault)
{
	const struct log *log = commit->log;

	if (log->ticket.state == TICKET_VERIFIED) {
		fault_set(fault, REASON_LOG_STALE,
			  "%.150s has changed since an earlier run left the log %.150s, or it is "
			  "another device",
			  commit->image->path, log->path);
		return fault_hint(fault,
				  "If that log is of another device, run --recover on it; if this "
				  "one is correct as it is, run grow-disk --discard with the same "
				  "--work-dir");
	}
	fault_set(
		fault, REASON_LOG_STALE,
		"%.150s is not the device of which the log %.150s is half committed: that one has "
		"no partition table until it is finished; or it was written since",
		commit->image->path, log->path);
	return fault_hint(
		fault,
		"Run --recover on the other device. Only if there is none, and this one is "
		"correct as it is, remove the log and %.80s",
		strrchr(log->ticket.path, '/') + 1);
}

/* The sum of what the device has where the log has something. */
static int take_sum(struct commit *commit, const char *work_folder, char sum[CHECKSUM_CHARS + 1],
		    struct fault *fault)
{
	struct block_files files = { .image = commit->image,
				     .log_path = commit->log->path,
				     .log_fd = commit->log->fd,
				     .work_folder = work_folder };
	cleanup_free struct block_extent *extents = NULL;
	struct block block = { 0 };
	struct block_disk image = { 0 }, log = { 0 };
	size_t count = 0;
	int result = block_start(&block, &files, commit->programs, fault);

	if (result == 0)
		result = block_open(&block, "image", &image, fault);
	if (result == 0)
		result = block_add_log(&block, &files, fault);
	if (result == 0)
		result = block_open(&block, "log", &log, fault);
	if (result == 0)
		result = block_extents(&log, &extents, &count, fault);
	if (result == 0)
		result = closing_sum(&image, extents, count, &commit->facts.closing, sum, fault);
	block_disk_close(&image);
	block_disk_close(&log);
	block_close(&block);
	return result;
}

int recover_check_device(struct commit *commit, const char *work_folder, struct fault *fault)
{
	const struct ticket_facts *facts = &commit->facts;
	const bool begun = commit->log->ticket.state == TICKET_COMMITTING;
	char sum[CHECKSUM_CHARS + 1];
	struct fault why;

	if (facts->closing.count == 0)
		return ticket_foreign(&commit->log->ticket, fault, "it is of an image file");
	/* It may have been enlarged once more. */
	if (image_file_bytes(commit->image) < facts->image_bytes)
		return differs(commit, fault);
	if (begun && closing_is_closed(&facts->closing, facts->superblock_at, commit->image->fd))
		return 0;
	if (take_sum(commit, work_folder, sum, &why) < 0) {
		*fault = why;
		return begun && why.reason == REASON_DISK_IO
			       ? commit_unfinished(commit, fault, "%.300s", why.message)
			       : -1;
	}
	return strcmp(sum, facts->closing.content_sum[begun ? 1 : 0]) == 0 ? 0
									   : differs(commit, fault);
}

int recover_open_device(const struct image *image, const struct log *log, struct fault *fault)
{
	struct ticket_facts facts;

	if (ticket_read(&log->ticket, image, &facts, fault) < 0)
		return -1;
	if (!closing_is_touched(&facts.closing, image->fd) ||
	    (closing_open(&facts.closing, image->fd, true) == 0 &&
	     flush_file(image->fd, NULL) == 0))
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be written",
			       image->path);
}

/* Does that file of the folder belong to a ticket, and which name is it of? */
static bool is_ticket(const char *name, char stem[NAME_MAX + 1])
{
	static const char *const ends[] = { ".grow-disk.verified", ".grow-disk.committing" };
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (length <= end || strcmp(name + length - end, ends[i]) != 0)
			continue;
		snprintf(stem, NAME_MAX + 1, "%.*s", (int)(length - end), name);
		return true;
	}
	return false;
}

int recover_find_device(struct image *image, const char *work_dir, struct fault *fault)
{
	cleanup_dir DIR *folder = opendir(work_dir);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		struct image other = *image;
		struct ticket ticket;
		struct ticket_facts facts;
		char stem[NAME_MAX + 1];
		struct fault ignored;

		if (!is_ticket(entry->d_name, stem))
			continue;
		if (device_place_by(&other, work_dir, stem, fault) < 0)
			return -1;
		ticket_find(&other, &ticket);
		if (ticket.state != TICKET_NONE &&
		    ticket_read(&ticket, &other, &facts, &ignored) == 0 &&
		    closing_is_closed(&facts.closing, facts.superblock_at, image->fd))
			return device_place_by(image, work_dir, stem, fault);
	}
	return 0;
}
