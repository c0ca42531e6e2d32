/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commit.h"

#include "base/cleanup.h"
#include "flush.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* Nobody writes any more: what changes the image from now on is to be seen by its time, if
 * that is on the disk. What is not flushed may be lost with the power, and the image have an
 * earlier time again. */
static void note_image_time(const struct commit *commit)
{
	struct stat status;

	if (commit->log->ticket.state != TICKET_COMMITTING ||
	    flush_file(commit->image->fd, NULL) < 0 || fstat(commit->image->fd, &status) < 0)
		return;
	(void)utimensat(AT_FDCWD, commit->log->ticket.path,
			(struct timespec[]){ status.st_mtim, status.st_mtim }, 0);
}

int commit_unfinished(struct commit *commit, struct fault *fault, const char *format, ...)
{
	char why[300];
	const char *at = image_at(commit->image);
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	note_image_time(commit);
	if (commit->log->ticket.state == TICKET_COMMITTED)
		fault_set(fault, REASON_COMMIT_UNFINISHED,
			  "%s. The grown disk is complete in %.150s", why, at);
	else
		fault_set(fault, REASON_COMMIT_UNFINISHED,
			  "%s. The grown disk is complete in the log %.100s; do not use the %s "
			  "%.100s before that is committed",
			  why, commit->log->path,
			  commit->image->is_device ? "device" : "image, now", at);
	return fault_hint(fault,
			  "Remove the cause and run grow-disk on this %s again: it finishes "
			  "the commit first",
			  commit->image->is_device ? "device, with the same --work-dir," : "image");
}

static void describe_failure(struct fault *fault, const char *what, const char *path,
			     const char *where)
{
	int number = errno;

	fault_set_errno(fault,
			number == ENOSPC || number == EDQUOT ? REASON_NO_SPACE : REASON_DISK_IO,
			number, "%s %.300s", what, path);
	fault_hint(fault, "Make room in %.150s, or look at the disk behind it", where);
}

/* The text in its file, under its first name. */
static int write_fresh(struct commit *commit, const char *path, struct fault *fault)
{
	cleanup_free char *text = ticket_format(&commit->facts);
	cleanup_fd int fd = -1;
	size_t length = text ? strlen(text) : 0;

	if (!text)
		return fault_set(fault, REASON_INTERNAL, "The ticket cannot be written as JSON");
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, length) != (ssize_t)length || write(fd, "\n", 1) != 1 ||
	    ticket_stamp(path) < 0 || flush_file(fd, NULL) < 0) {
		describe_failure(fault, "Cannot write the ticket", path, commit->image->folder);
		return -1;
	}
	return 0;
}

/* From the rename on the log will be committed. */
static int enter_verified(struct commit *commit, struct fault *fault)
{
	char fresh[PATH_MAX + 32];

	ticket_fresh_path(commit->image, fresh, sizeof(fresh));
	if (write_fresh(commit, fresh, fault) < 0 || image_check_mark(commit->image, fault) < 0) {
		(void)unlink(fresh);
		return -1;
	}
	if (ticket_enter(&commit->log->ticket, commit->image, TICKET_VERIFIED) < 0) {
		describe_failure(fault, "Cannot rename the ticket", fresh, commit->image->folder);
		(void)unlink(fresh);
		return -1;
	}
	commit->log->ours = false;
	if (flush_folder(commit->image->folder) < 0)
		return commit_unfinished(commit, fault, "%.200s cannot be flushed: %s",
					 commit->image->folder, strerror(errno));
	return 0;
}

static int flush_log(struct commit *commit, struct fault *fault)
{
	struct log *log = commit->log;

	if (flush_file(log->fd, commit->programs->interrupt) < 0) {
		if (interrupt_check(commit->programs->interrupt, fault) < 0)
			return -1;
		describe_failure(fault, "Cannot flush the log", log->path, log->path);
		return -1;
	}
	if (log->work_dir[0] == '\0' || flush_folder(log->work_dir) == 0)
		return 0;
	describe_failure(fault, "Cannot flush the directory", log->work_dir, log->work_dir);
	return -1;
}

int commit_verify(struct commit *commit, struct fault *fault)
{
	struct ticket_facts *facts = &commit->facts;

	snprintf(facts->work_dir, sizeof(facts->work_dir), "%s", commit->log->work_dir);
	snprintf(facts->key, sizeof(facts->key), "%s", commit->log->key);
	if (commit_keep_table(commit, fault) < 0 ||
	    checksum_of_file(commit->log->fd, commit->log->path, commit->programs->interrupt,
			     facts->log_sum, fault) < 0 ||
	    flush_log(commit, fault) < 0 || image_check_mark(commit->image, fault) < 0)
		return -1;
	if (ticket_time(commit->image->path, facts->image_time) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be looked at",
				       commit->image->path);
	facts->image_bytes = image_file_bytes(commit->image);
	if (interrupt_check(commit->programs->interrupt, fault) < 0)
		return -1;
	return enter_verified(commit, fault);
}

/* While it is half of the old and half of the new the image is not at its name, so that
 * nothing can start from it (a block device is closed, commit_device.c). A file that cannot be
 * renamed (it is a mount point, or belongs to another user in a folder for everybody) stays where
 * it is. */
static void guard(struct image *image)
{
	if (!image->is_device && !image->guarded && rename(image->path, image->guard) == 0)
		image->guarded = true;
}

/* In whatever order the two renames reach the disk, the next run can tell what is there. */
static int enter_committing(struct commit *commit, struct fault *fault)
{
	struct ticket *ticket = &commit->log->ticket;

	guard(commit->image);
	/* A device is closed first: a ticket in this state is of one that was. */
	if (commit->image->is_device && commit_close_device(commit, fault) < 0)
		return -1;
	if (ticket->state == TICKET_COMMITTING) {
		cleanup_fd int fd = -1;

		if (ticket_stamp(ticket->path) == 0)
			fd = open(ticket->path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || flush_file(fd, NULL) < 0)
			return commit_unfinished(commit, fault, "The ticket cannot be marked: %s",
						 strerror(errno));
	} else if (ticket_enter(ticket, commit->image, TICKET_COMMITTING) < 0) {
		return commit_unfinished(commit, fault, "The ticket cannot be renamed: %s",
					 strerror(errno));
	}
	if (flush_folder(commit->image->folder) < 0)
		return commit_unfinished(commit, fault, "%.200s cannot be flushed: %s",
					 commit->image->folder, strerror(errno));
	return 0;
}

int commit_tidy(struct commit *commit, struct fault *fault)
{
	struct image *image = commit->image;
	struct stat status;

	if (image->guarded) {
		if (stat(image->path, &status) == 0)
			return commit_unfinished(commit, fault,
						 "While it was committed, another file was put at "
						 "%.200s",
						 image->path);
		if (rename(image->guard, image->path) < 0)
			return commit_unfinished(commit, fault, "%.200s cannot be renamed: %s",
						 image->guard, strerror(errno));
		image->guarded = false;
	}
	if (flush_folder(image->folder) < 0)
		return commit_unfinished(commit, fault, "%.200s cannot be flushed: %s",
					 image->folder, strerror(errno));
	(void)unlink(commit->log->ticket.path);
	(void)unlink(commit->log->path);
	commit->log->ticket.state = TICKET_NONE;
	return 0;
}

int commit_run(struct commit *commit, struct fault *fault)
{
	enum ticket_state from = commit->log->ticket.state;
	struct image *image = commit->image;

	if (enter_committing(commit, fault) < 0 ||
	    (image->is_device ? commit_device(commit, fault)
			      : commit_file(commit, from == TICKET_COMMITTING, fault)) < 0)
		return -1;
	if (ticket_enter(&commit->log->ticket, image, TICKET_COMMITTED) < 0)
		return commit_unfinished(commit, fault, "The ticket cannot be renamed: %s",
					 strerror(errno));
	return commit_tidy(commit, fault);
}
