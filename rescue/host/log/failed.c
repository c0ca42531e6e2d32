/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "failed.h"

#include "host/confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void failed_path(const struct image *image, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "%s.grow-disk.failed", image->beside);
}

/* Move it, from another file system as well if need be. */
static int move(struct log *log, const char *to, const struct programs *programs,
		struct fault *fault)
{
	const char *argv[] = { "cp", "--sparse=always", "--", log->path, to, NULL };
	struct program program = {
		.argv = argv, .grants = { { log->path, MAY_READ }, { to, MAY_READ | MAY_WRITE } }
	};
	struct program_end end;
	int fd = -1;

	if (rename(log->path, to) == 0) {
		log->ours = false;
		return 0;
	}
	if (errno == EXDEV)
		fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be made", to);
	(void)close(fd);
	if (program_run(programs, &program, &end, fault) < 0)
		return -1;
	program_end_close(&end);
	return end.exit_status == 0 ? 0
				    : program_fault(&end, REASON_NO_SPACE, fault,
						    "%.200s cannot be copied", log->path);
}

/* A log that was not beside the image named it by its whole path. */
static int rebase(const char *path, const struct image *image, const struct programs *programs,
		  struct fault *fault)
{
	char backing[NAME_MAX + 3];
	const char *argv[] = { "qemu-img", "rebase", "-u",
			       "-f",	   "qcow2",  "-b",
			       backing,	   "-F",     image_format_word(image->format),
			       path,	   NULL };
	struct program program = { .argv = argv, .grants = { { path, MAY_READ | MAY_WRITE } } };
	struct program_end end;

	snprintf(backing, sizeof(backing), "./%s", image->name);
	if (program_run(programs, &program, &end, fault) < 0)
		return -1;
	program_end_close(&end);
	return end.exit_status == 0 ? 0
				    : program_fault(&end, REASON_INTERNAL, fault,
						    "%.200s cannot be given its image", path);
}

int failed_keep(struct log *log, const struct image *image, const struct programs *programs,
		struct fault *fault)
{
	char path[PATH_MAX + 32];
	struct stat status;

	failed_path(image, path, sizeof(path));
	if (move(log, path, programs, fault) == 0 &&
	    (log->work_dir[0] == '\0' || rebase(path, image, programs, fault) == 0) &&
	    stat(image->path, &status) == 0 &&
	    utimensat(AT_FDCWD, path, (struct timespec[]){ status.st_mtim, status.st_mtim }, 0) ==
		    0)
		return 0;
	(void)unlink(path);
	return -1;
}
