/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commit into an image file, by qemu-img. */
#include "commit.h"

#include "flush.h"
#include "holes.h"
#include "host/confine/landlock.h"
#include "host/image/detect.h"
#include "host/image/qemu_option.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTION_BYTES (2 * PATH_MAX + 512)

void commit_log_option(const struct commit *commit, char *option, size_t option_bytes)
{
	char name[QEMU_NAME_BYTES];

	image_qemu_name(commit->image, commit->image->fd, name);
	snprintf(option, option_bytes,
		 "driver=qcow2,file.driver=file,file.locking=off,file.filename=/proc/self/fd/%d,"
		 "backing.driver=%s,backing.file.driver=file,backing.file.locking=off,"
		 "backing.file.filename=%s",
		 commit->log->fd, image_format_word(commit->facts.format), name);
}

/* qemu-img rewrites one line: "    (12.34/100%)\r". */
static void on_output(void *context, const char *bytes, size_t size_bytes)
{
	const struct commit *commit = context;
	const char *last = memrchr(bytes, '(', size_bytes);
	char number[8];

	if (!commit->on_percent || !last)
		return;
	snprintf(number, sizeof(number), "%.*s", (int)(bytes + size_bytes - last - 1), last + 1);
	commit->on_percent(commit->context, atoi(number));
}

static int run_qemu_img(struct commit *commit, struct fault *fault)
{
	char option[OPTION_BYTES];
	const char *argv[] = { "qemu-img", "commit", "-p", "-d", "--image-opts", option, NULL };
	struct image *image = commit->image;
	struct interrupt *interrupt = commit->programs->interrupt;
	struct program program = {
		.argv = argv,
		.finishes = true,
		.fds = { image->fd, commit->log->fd },
		.grants = { { image_at(image), MAY_READ | MAY_WRITE },
			    { commit->log->path, MAY_READ | MAY_WRITE },
			    { image_has_others(image) ? "/" : NULL, MAY_READ | MAY_WRITE } },
		.on_output = on_output,
		.context = commit,
	};
	struct program_end end;
	struct fault why;

	commit_log_option(commit, option, sizeof(option));
	if (program_run(commit->programs, &program, &end, &why) < 0)
		return commit_unfinished(commit, fault, "The commit did not begin: %.200s",
					 why.message);
	program_end_close(&end);
	if (end.exit_status == 0)
		return 0;
	if (interrupt->signal_number != 0 && end.signal_number != 0)
		snprintf(end.complaint, sizeof(end.complaint), "interrupted by %s",
			 interrupt_name(interrupt));
	return commit_unfinished(commit, fault, "The commit did not finish: %.200s",
				 end.complaint[0] ? end.complaint : "qemu-img failed");
}

/* A raw image may have ended within a sector, and QEMU left it so; the partition now ends
 * with the sector. */
static int complete_sector(struct commit *commit, struct fault *fault)
{
	struct stat status;
	int fd = commit->image->fd;

	if (commit->facts.format != IMAGE_RAW)
		return 0;
	if (fstat(fd, &status) == 0 &&
	    (status.st_size % TABLE_SECTOR_BYTES == 0 ||
	     ftruncate(fd, (status.st_size + TABLE_SECTOR_BYTES - 1) / TABLE_SECTOR_BYTES *
				   TABLE_SECTOR_BYTES) == 0))
		return 0;
	return commit_unfinished(commit, fault, "%.200s cannot be made whole: %s",
				 image_at(commit->image), strerror(errno));
}

int commit_file(struct commit *commit, bool again, struct fault *fault)
{
	struct image *image = commit->image;

	if ((again && commit_repair(commit, fault) < 0) ||
	    commit_remove_bitmaps(commit, fault) < 0 || run_qemu_img(commit, fault) < 0 ||
	    complete_sector(commit, fault) < 0)
		return -1;
	if (commit->facts.format == IMAGE_RAW)
		holes_dig(image->fd, commit->facts.size_before_bytes,
			  commit->facts.size_after_bytes);
	if (flush_file(image->fd, NULL) == 0)
		return 0;
	return commit_unfinished(commit, fault, "%.200s cannot be flushed to its disk: %s",
				 image_at(image), strerror(errno));
}
