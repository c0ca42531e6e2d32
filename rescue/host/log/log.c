/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include "base/cleanup.h"
#include "checksum.h"
#include "host/confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOG_SUFFIX     ".grow-disk.log"
#define LONGEST_SUFFIX ".grow-disk.committing"
#define OTHER_NAME     "it belongs to an image of another name"
/* What is written lies far apart: a log of larger clusters is up to seven times as long. QEMU
 * describes 8 TiB with clusters of 4 KiB, 2 PiB with 64 KiB, 2 EiB with 2 MiB. */
#define SMALL_CLUSTERS_BYTES (UINT64_C(4) << 40)
#define LARGE_CLUSTERS_BYTES (UINT64_C(2) << 50)
#define LARGEST_BYTES	     (UINT64_C(2) << 60)

/* Inodes alone repeat: the first file of each new file system has the same. The number of the
 * device is left out: it may be another one after the next boot. */
static int make_key(struct log *log, const struct image *image, struct fault *fault)
{
	char text[PATH_MAX + 32], sum[CHECKSUM_CHARS + 1];
	struct stat status;

	if (stat(image_at(image), &status) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be looked at",
				       image->path);
	if (image->is_device)
		snprintf(text, sizeof(text), "%s", image->name);
	else
		snprintf(text, sizeof(text), "%ju %s", (uintmax_t)status.st_ino, image->path);
	checksum_of(text, strlen(text), sum);
	snprintf(log->key, sizeof(log->key), "%.*s", LOG_KEY_CHARS, sum);
	return 0;
}

int log_name(struct log *log, const struct image *image, const char *work_dir, const char *key,
	     struct fault *fault)
{
	int used;

	log->fd = log->read_fd = -1;
	log->key[0] = '\0';
	snprintf(log->work_dir, sizeof(log->work_dir), "%s", work_dir);
	if (strlen(image->name) + strlen(LONGEST_SUFFIX) > NAME_MAX) {
		fault_set(fault, REASON_FOLDER_NOT_WRITABLE,
			  "The name of %.300s is too long: a run needs names beside it that are "
			  "%zu bytes longer",
			  image->path, strlen(LONGEST_SUFFIX));
		return fault_hint(fault, "Rename the image");
	}
	if (work_dir[0] == '\0') {
		used = snprintf(log->path, sizeof(log->path), "%s" LOG_SUFFIX, image->beside);
		snprintf(log->backing, sizeof(log->backing), "./%s", image->name);
	} else {
		if (key)
			snprintf(log->key, sizeof(log->key), "%s", key);
		else if (make_key(log, image, fault) < 0)
			return -1;
		used = snprintf(log->path, sizeof(log->path), "%s/%s.%s" LOG_SUFFIX, work_dir,
				image->name, log->key);
		snprintf(log->backing, sizeof(log->backing), "%s", image->path);
	}
	return used < (int)sizeof(log->path)
		       ? 0
		       : fault_set(fault, REASON_FOLDER_NOT_WRITABLE,
				   "The path of the log in %.300s is too long", work_dir);
}

void log_name_throwaway(struct log *log, const struct image *image, const char *path)
{
	snprintf(log->path, sizeof(log->path), "%s", path);
	snprintf(log->backing, sizeof(log->backing), "%s", image->path);
}

static int refuse_taken(const struct log *log, struct fault *fault)
{
	fault_set(fault, REASON_IMAGE_LOCKED, "Another run works with the log %.300s", log->path);
	return fault_hint(fault, "Wait until it has ended, or name another --work-dir");
}

int log_take(const struct log *log, struct fault *fault)
{
	return flock(log->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK
		       ? refuse_taken(log, fault)
		       : 0;
}

int log_check_free(const struct log *log, struct fault *fault)
{
	cleanup_fd int fd = open(log->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return refuse_taken(log, fault);
	return 0;
}

int log_reserve(struct log *log, struct fault *fault)
{
	log->fd = open(log->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	log->ours = log->fd >= 0;
	if (log->ours)
		(void)flock(log->fd, LOCK_EX | LOCK_NB); /* it is new */
	log->read_fd = log->ours ? open(log->path, O_RDONLY | O_CLOEXEC) : -1;
	if (log->read_fd >= 0)
		return 0;
	fault_set_errno(fault,
			errno == ENOSPC || errno == EDQUOT ? REASON_NO_SPACE
			: errno == EIO			   ? REASON_DISK_IO
							   : REASON_FOLDER_NOT_WRITABLE,
			errno, "The log %.300s cannot be created", log->path);
	return fault_hint(fault, "Make the directory writable, remove an entry of that name, or "
				 "put the log elsewhere (--work-dir)");
}

int log_create(struct log *log, const struct image *image, uint64_t size_bytes,
	       const struct programs *programs, struct fault *fault)
{
	char file[64], size[32], options[64];
	const char *clusters = size_bytes <= SMALL_CLUSTERS_BYTES   ? "4k"
			       : size_bytes <= LARGE_CLUSTERS_BYTES ? "64k"
								    : "2M";
	/* -u: QEMU does not open the image, whose format and size it is told. */
	const char *argv[] = {
		"qemu-img", "create",	  "-q",	   "-u", "-f",
		"qcow2",    "-o",	  options, "-F", image_format_word(image->format),
		"-b",	    log->backing, file,	   size, NULL
	};
	struct program program = { .argv = argv,
				   .fds = { log->fd },
				   .cpu_seconds = 900,
				   .grants = { { log->path, MAY_READ | MAY_WRITE } } };
	struct program_end end;

	if (size_bytes > LARGEST_BYTES) {
		fault_set(fault, REASON_IMAGE_LIMIT,
			  "No log of QEMU can describe %" PRIu64 " bytes", size_bytes);
		return fault_hint(fault, "Ask for less");
	}
	snprintf(file, sizeof(file), "/proc/self/fd/%d", log->fd);
	snprintf(size, sizeof(size), "%" PRIu64, size_bytes);
	snprintf(options, sizeof(options), "cluster_size=%s", clusters);
	if (ftruncate(log->fd, 0) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be emptied",
				       log->path);
	if (program_run(programs, &program, &end, fault) < 0)
		return -1;
	program_end_close(&end);
	if (end.exit_status == 0)
		return 0;
	program_fault(&end, REASON_NO_SPACE, fault, "The log cannot be created");
	return fault_hint(fault, "Free some space in the directory of %.180s", log->path);
}

static int unreadable(const struct log *log, struct fault *fault)
{
	return fault_set_errno(fault, REASON_DISK_IO, errno, "The log %.300s cannot be read",
			       log->path);
}

/* What is wrong with it by its header alone; NULL: nothing. */
static const char *header_wrong(const struct log *log, bool any_name,
				const struct qcow2_header *header)
{
	if (header->incompatible != 0 || header->crypt_method != 0)
		return "its qcow2 features are not those of a log";
	if (any_name)
		return NULL;
	return header->backing_at == 0 || header->backing_bytes != strlen(log->backing) ||
			       header->backing_bytes > QCOW2_BACKING_MAX
		       ? OTHER_NAME
		       : NULL;
}

int log_check(const struct log *log, bool any_name, struct qcow2_header *ret_header,
	      const char **ret_wrong, struct fault *fault)
{
	uint8_t head[QCOW2_HEADER_BYTES];
	char name[QCOW2_BACKING_MAX + 1];
	ssize_t got = pread(log->fd, head, sizeof(head), 0);

	*ret_wrong = NULL;
	if (got < 0)
		return unreadable(log, fault);
	if (qcow2_parse(head, (size_t)got, ret_header) < 0 || ret_header->version != 3)
		*ret_wrong = "it is not qcow2 of version 3";
	else
		*ret_wrong = header_wrong(log, any_name, ret_header);
	if (*ret_wrong || any_name)
		return 0;
	got = pread(log->fd, name, ret_header->backing_bytes, (off_t)ret_header->backing_at);
	if (got < 0)
		return unreadable(log, fault);
	if (got != (ssize_t)ret_header->backing_bytes ||
	    memcmp(name, log->backing, (size_t)got) != 0)
		*ret_wrong = OTHER_NAME;
	return 0;
}

bool log_sweep(const struct log *log, const struct image *image)
{
	char beside[PATH_MAX + 32], fresh[PATH_MAX + 32];
	struct stat status;
	bool found = lstat(log->path, &status) == 0;

	snprintf(beside, sizeof(beside), "%s" LOG_SUFFIX, image->beside);
	ticket_fresh_path(image, fresh, sizeof(fresh));
	(void)unlink(log->path);
	(void)unlink(beside);
	(void)unlink(fresh);
	return found;
}

void log_close(struct log *log)
{
	if (log->ours)
		(void)unlink(log->path);
	log->ours = false;
	if (log->fd > 0)
		close_fdp(&log->fd);
	if (log->read_fd > 0)
		close_fdp(&log->read_fd);
}
