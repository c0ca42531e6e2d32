/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commit.h"

#include "base/cleanup.h"
#include "host/confine/landlock.h"
#include "host/image/detect.h"
#include "host/image/qemu_option.h"
#include "host/image/tables.h"

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#define CHECK_LEAKS 3 /* qemu-img check: only leaked clusters, which are harmless */

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + TABLE_SECTOR_BYTES - 1) / TABLE_SECTOR_BYTES * TABLE_SECTOR_BYTES;
}

/* Copy bytes between two files; -1 with errno. What is missing is an error (EIO). */
static int copy(int from_fd, uint64_t from_at, int to_fd, uint64_t to_at, uint64_t bytes)
{
	cleanup_free char *piece = malloc(1 << 20);

	if (!piece)
		return -1;
	while (bytes > 0) {
		size_t wanted = bytes < 1 << 20 ? (size_t)bytes : 1 << 20;
		ssize_t got = pread(from_fd, piece, wanted, (off_t)from_at);

		if (got == 0)
			errno = EIO;
		if (got <= 0 || pwrite(to_fd, piece, (size_t)got, (off_t)to_at) != got)
			return -1;
		from_at += (uint64_t)got;
		to_at += (uint64_t)got;
		bytes -= (uint64_t)got;
	}
	return 0;
}

int commit_keep_table(struct commit *commit, struct fault *fault)
{
	struct log *log = commit->log;
	struct stat status;

	if (fstat(log->fd, &status) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be looked at",
				       log->path);
	commit->facts.table_at = round_up((uint64_t)status.st_size);
	commit->facts.table_bytes = 0;
	if (commit->facts.format != IMAGE_QCOW2)
		return 0;
	if (image_read_qcow2(commit->image, fault) < 0)
		return -1;
	commit->facts.table_bytes = (uint64_t)commit->image->qcow2.l1_entries * 8;
	if (copy(commit->image->fd, commit->image->qcow2.l1_at, log->fd, commit->facts.table_at,
		 commit->facts.table_bytes) == 0)
		return 0;
	fault_set_errno(
		fault, errno == ENOSPC || errno == EDQUOT ? REASON_NO_SPACE : REASON_DISK_IO, errno,
		"The tables of %.150s cannot be saved in %.150s", commit->image->path, log->path);
	return fault_hint(fault, "Free some space there, or check the disks that hold them");
}

/* A later run finishes the commit of a qcow2 image. Where the disk failed in the middle, tables
 * of the image may be in use and not counted, so that QEMU would not write there, or be gone
 * and hold data: QEMU writes an entry of the first-level table, cannot flush it, takes it back
 * in memory alone, and uses the cluster again. So that table becomes what it was, all clusters
 * are counted anew, and what the first try wrote is written again.
 *
 * The table may be longer by now, and lie elsewhere. (Second-level tables that were there before
 * stay where they are, and only get more entries.) */
static int put_table_back(struct commit *commit, struct fault *fault)
{
	static const char zeroes[4096];
	struct image *image = commit->image;
	const struct ticket_facts *facts = &commit->facts;
	struct fault why;
	struct stat status;
	uint64_t now_bytes, at;

	if (image_read_qcow2(image, &why) < 0)
		return commit_unfinished(commit, fault, "%.200s", why.message);
	now_bytes = (uint64_t)image->qcow2.l1_entries * 8;
	at = image->qcow2.l1_at;
	if (fstat(image->fd, &status) < 0 || image->qcow2.l1_entries > QCOW2_L1_ENTRIES_MAX ||
	    at % TABLE_SECTOR_BYTES != 0 || facts->table_bytes > now_bytes ||
	    at > (uint64_t)status.st_size || now_bytes > (uint64_t)status.st_size - at)
		return commit_unfinished(commit, fault,
					 "The first-level table of %.200s is not where it can be",
					 image_at(image));
	/* Look first: what cannot be read must not become half a table. */
	if (fstat(commit->log->fd, &status) < 0 ||
	    (uint64_t)status.st_size < facts->table_at + facts->table_bytes)
		return commit_unfinished(commit, fault, "The table behind the log is not whole");
	if (copy(commit->log->fd, facts->table_at, image->fd, at, facts->table_bytes) < 0)
		return commit_unfinished(
			commit, fault, "The table behind the log cannot be copied into %.200s: %s",
			image_at(image), strerror(errno));
	for (uint64_t done = facts->table_bytes; done < now_bytes;) {
		size_t piece = now_bytes - done < sizeof(zeroes) ? (size_t)(now_bytes - done)
								 : sizeof(zeroes);

		if (pwrite(image->fd, zeroes, piece, (off_t)(at + done)) != (ssize_t)piece)
			return commit_unfinished(commit, fault,
						 "The tables of %.200s cannot be written: %s",
						 image_at(image), strerror(errno));
		done += piece;
	}
	return 0;
}

/* A program of QEMU that changes the image. */
static int change_image(struct commit *commit, const char *const *argv, struct program_end *ret_end,
			struct fault *fault)
{
	const struct image *image = commit->image;
	struct program program = {
		.argv = argv,
		.finishes = true,
		.fds = { image->fd },
		.grants = { { image_at(image), MAY_READ | MAY_WRITE },
			    { image_has_others(image) ? "/" : NULL, MAY_READ | MAY_WRITE } },
	};
	struct fault why;

	if (program_run(commit->programs, &program, ret_end, &why) == 0)
		return 0;
	return commit_unfinished(commit, fault, "%.300s", why.message);
}

int commit_repair(struct commit *commit, struct fault *fault)
{
	char option[QEMU_OPTION_BYTES];
	const char *argv[] = {
		"qemu-img", "check", "-q", "-r", "all", "--image-opts", option, NULL
	};
	struct program_end end;

	if (commit->facts.format != IMAGE_QCOW2)
		return 0;
	if (put_table_back(commit, fault) < 0)
		return -1;
	image_qemu_option(commit->image, commit->image->fd, option);
	if (change_image(commit, argv, &end, fault) < 0)
		return -1;
	program_end_close(&end);
	if (end.exit_status == 0 || end.exit_status == CHECK_LEAKS)
		return 0;
	return commit_unfinished(commit, fault, "The tables of %.200s cannot be repaired: %.200s",
				 image_at(commit->image), end.complaint);
}

/* A commit that was killed may leave them in use, and QEMU makes no image larger that has
 * such. (Before the first commit there were none.) */
int commit_remove_bitmaps(struct commit *commit, struct fault *fault)
{
	char option[QEMU_OPTION_BYTES];
	struct program_end end;
	struct fault why;
	json_t *names, *name;
	size_t i;

	if (commit->facts.format != IMAGE_QCOW2)
		return 0;
	if (image_read_qcow2(commit->image, &why) < 0 ||
	    image_open_bitmaps(commit->image, commit->programs, &names, &why) < 0)
		return commit_unfinished(commit, fault, "%.200s", why.message);
	image_qemu_option(commit->image, commit->image->fd, option);
	json_array_foreach (names, i, name) {
		const char *argv[] = { "qemu-img", "bitmap",
				       "--remove", "--image-opts",
				       option,	   json_string_value(name),
				       NULL };

		if (!argv[5])
			continue;
		if (change_image(commit, argv, &end, fault) < 0) {
			json_decref(names);
			return -1;
		}
		program_end_close(&end);
	}
	json_decref(names);
	return 0;
}
