/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recover.h"

#include "base/cleanup.h"
#include "flush.h"
#include "host/image/detect.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int stale(const struct commit *commit, struct fault *fault)
{
	const struct log *log = commit->log;

	fault_set(fault, REASON_LOG_STALE,
		  "%.150s has changed since an earlier run left the log %.150s, and committing "
		  "that log would undo the change",
		  image_at(commit->image), log->path);
	if (log->ticket.state == TICKET_VERIFIED)
		return fault_hint(fault,
				  "If the image is correct as it is, run grow-disk --discard, then "
				  "grow-disk again; otherwise restore a backup first");
	return fault_hint(fault,
			  "The commit had begun. Restore a backup of the image, or decide that it "
			  "is correct as it is; then remove the log and %.80s",
			  strrchr(log->ticket.path, '/') + 1);
}

int recover_check_guard(const struct image *image, const struct log *log, struct fault *fault)
{
	struct stat status;

	if (stat(image->guard, &status) < 0)
		return 0;
	if (!image->guarded) {
		fault_set(fault, REASON_LOG_STALE,
			  "Both %.120s and %.120s exist; the second is that image in the middle of "
			  "a commit: you must choose",
			  image->path, image->guard);
		return fault_hint(
			fault,
			"If the first is correct (a restored backup), remove the second, its log "
			"and its ticket. If not, move the first away and run grow-disk --recover");
	}
	if (log->ticket.state != TICKET_NONE)
		return 0;
	fault_set(fault, REASON_LOG_FOREIGN,
		  "The image is at %.250s, in the middle of a commit, and the ticket of that "
		  "commit is missing",
		  image->guard);
	return fault_hint(fault, "Restore a backup");
}

int recover_refuse_reader(const struct image *image, const struct log *log, struct fault *fault)
{
	if (log->ticket.state == TICKET_NONE)
		return 0;
	fault_set(fault, REASON_COMMIT_BEGUN,
		  log->ticket.state == TICKET_VERIFIED
			  ? "An earlier run left a complete log of %.300s that is not committed yet"
			  : "The commit of an earlier run into %.300s was interrupted",
		  image->path);
	return fault_hint(fault,
			  log->ticket.state == TICKET_VERIFIED
				  ? "Commit it first (grow-disk --recover IMAGE), or discard it "
				    "(grow-disk --discard IMAGE)"
				  : "Finish it first: grow-disk --recover IMAGE");
}

/* Open the log, and see that it is the one. */
static int check_log(struct commit *commit, struct fault *fault)
{
	struct log *log = commit->log;
	const struct ticket *ticket = &log->ticket;
	const char *wrong = ticket_distrust(log->path, commit->image);
	struct qcow2_header header;
	struct stat status;
	char sum[CHECKSUM_CHARS + 1];

	if (lstat(log->path, &status) < 0)
		return ticket_foreign(ticket, fault, "its log %.200s is not there", log->path);
	if (wrong)
		return ticket_foreign(ticket, fault, "of its log %.200s: %s", log->path, wrong);
	log->fd = open(log->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (log->fd < 0)
		return ticket_foreign(ticket, fault, "its log %.200s cannot be opened: %s",
				      log->path, strerror(errno));
	if (log_take(log, fault) < 0 ||
	    checksum_of_file(log->fd, log->path, commit->programs->interrupt, sum, fault) < 0)
		return -1;
	if (strcmp(sum, commit->facts.log_sum) != 0)
		return ticket_foreign(ticket, fault, "its log %.200s was changed", log->path);
	/* The image and its folder may have another name by now. */
	if (log_check(log, true, &header, &wrong, fault) < 0)
		return -1;
	return wrong ? ticket_foreign(ticket, fault, "of its log %.200s: %s", log->path, wrong) : 0;
}

/* What belongs to the disk besides: whoever gave us the image may have given us the ticket as
 * well. */
static int check_others(struct commit *commit, bool allow_others, struct fault *fault)
{
	struct image *image = commit->image;
	struct fault why;

	image->format = commit->facts.format;
	if (image->format != IMAGE_QCOW2)
		return 0;
	if (image_read_qcow2(image, &why) < 0)
		return why.reason == REASON_DISK_IO
			       ? commit_unfinished(commit, fault, "%.300s", why.message)
			       : ticket_foreign(&commit->log->ticket, fault,
						"the image is not qcow2");
	if (image->qcow2.version > 3 || image->qcow2.incompatible & ~UINT64_C(31))
		return ticket_foreign(&commit->log->ticket, fault,
				      "the image uses unknown qcow2 features");
	return image_check_others(image, (struct image_accepts){ allow_others }, fault);
}

static bool is_one_of(const char *sum, const char *before, const char *after)
{
	return strcmp(sum, before) == 0 || strcmp(sum, after) == 0;
}

/* Before the commit has begun the disk is what it was; later each part may be old or new. */
static bool is_right(const struct commit *commit, const struct marks *marks)
{
	const struct ticket_facts *facts = &commit->facts;
	int newest = commit->log->ticket.state == TICKET_VERIFIED ? 0 : 1;

	return is_one_of(marks->sector, facts->sector_sum[0], facts->sector_sum[newest]) &&
	       is_one_of(marks->superblock[0], facts->superblock_sum[0][0],
			 facts->superblock_sum[newest][0]) &&
	       is_one_of(marks->superblock[1], facts->superblock_sum[0][1],
			 facts->superblock_sum[newest][1]);
}

static int check_times(struct commit *commit, struct fault *fault)
{
	const struct ticket *ticket = &commit->log->ticket;
	const struct ticket_facts *facts = &commit->facts;
	char now[TICKET_TIME_CHARS + 1] = "", noted[TICKET_TIME_CHARS + 1] = "";
	struct stat status;

	(void)ticket_time(image_at(commit->image), now);
	if (ticket->state == TICKET_VERIFIED) {
		if (stat(image_at(commit->image), &status) == 0 &&
		    (uint64_t)status.st_size == facts->image_bytes &&
		    strcmp(now, facts->image_time) == 0)
			return 0;
		return stale(commit, fault);
	}
	(void)ticket_time(ticket->path, noted);
	return ticket_is_stamped(ticket) || strcmp(now, noted) == 0 ? 0 : stale(commit, fault);
}

static int check_marks(struct commit *commit, const char *work_folder, struct fault *fault)
{
	struct block_files files = { .image = commit->image, .work_folder = work_folder };
	struct block block = { 0 };
	struct block_disk disk = { 0 };
	struct marks marks;
	int result;

	result = block_start(&block, &files, commit->programs, fault);
	if (result == 0)
		result = block_open(&block, "image", &disk, fault);
	if (result == 0)
		result = marks_take(&disk, commit->facts.superblock_at, &marks, fault);
	block_disk_close(&disk);
	block_close(&block);
	if (result == 0)
		return is_right(commit, &marks) ? 0 : stale(commit, fault);
	if (commit->log->ticket.state == TICKET_COMMITTING && fault->reason == REASON_DISK_IO) {
		struct fault why = *fault;

		return commit_unfinished(commit, fault, "%.300s", why.message);
	}
	return -1;
}

int recover_open(struct commit *commit, bool allow_others, const char *work_folder,
		 struct fault *fault)
{
	struct log *log = commit->log;
	struct ticket_facts *facts = &commit->facts;

	if (ticket_read(&log->ticket, commit->image, facts, fault) < 0 ||
	    log_name(log, commit->image, facts->work_dir, facts->key, fault) < 0)
		return -1;
	if (log->ticket.state == TICKET_COMMITTED) {
		commit->image->format = facts->format;
		return 0;
	}
	if (check_log(commit, fault) < 0 || check_others(commit, allow_others, fault) < 0)
		return -1;
	if (commit->image->is_device)
		return recover_check_device(commit, work_folder, fault);
	if (check_times(commit, fault) < 0)
		return -1;
	return check_marks(commit, work_folder, fault);
}

static int refuse_discard(const struct log *log, struct fault *fault)
{
	if (log->ticket.state == TICKET_COMMITTED) {
		fault_set(fault, REASON_COMMIT_BEGUN,
			  "The commit of %.250s is complete; only its files remain to be removed",
			  log->path);
		return fault_hint(fault, "Remove them: grow-disk --recover IMAGE");
	}
	fault_set(fault, REASON_COMMIT_BEGUN,
		  "The commit of %.250s has begun: without the log the image would be half old and "
		  "half new",
		  log->path);
	return fault_hint(fault, "Finish it: grow-disk --recover IMAGE");
}

static int put_image_back(struct image *image, struct fault *fault)
{
	if (!image->guarded)
		return 0;
	if (rename(image->guard, image->path) == 0 && flush_folder(image->folder) == 0) {
		image->guarded = false;
		return 0;
	}
	fault_set_errno(fault, REASON_DISK_IO, errno, "%.200s cannot be renamed to %.200s",
			image->guard, image->path);
	return fault_hint(fault, "Check the permissions of the directory");
}

int recover_discard(struct image *image, struct log *log, bool *ret_discarded, struct fault *fault)
{
	struct ticket_facts facts;
	struct fault ignored;
	struct stat status;

	if (log->ticket.state == TICKET_NONE) {
		*ret_discarded = log_sweep(log, image);
		return 0;
	}
	if (log->ticket.state != TICKET_VERIFIED)
		return refuse_discard(log, fault);
	if (lstat(log->ticket.path, &status) < 0 || !S_ISREG(status.st_mode))
		return ticket_foreign(&log->ticket, fault, "it is not a regular file");
	/* A ticket that cannot be read says nothing of where its log is. */
	if (ticket_read(&log->ticket, image, &facts, &ignored) == 0 &&
	    log_name(log, image, facts.work_dir, facts.key, fault) < 0)
		return -1;
	if (put_image_back(image, fault) < 0 ||
	    (image->is_device && recover_open_device(image, log, fault) < 0))
		return -1;
	if (unlink(log->ticket.path) < 0 || flush_folder(image->folder) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be removed",
				       log->ticket.path);
	(void)log_sweep(log, image);
	*ret_discarded = true;
	return 0;
}
