/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "room.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define MIB	     (UINT64_C(1) << 20)
#define SECTOR_BYTES 512
#define MBR_LARGEST  (UINT64_C(1) << 41) /* no MBR disk can use more than 2 TiB */
/* What a grow writes is small: group descriptors and bitmaps, in the log and in the image. */
#define ALWAYS_BYTES   (64 * MIB)
#define GROWN_PER_BYTE 4096
#define COMMIT_BYTES   MIB /* for metadata of a qcow2 */

bool room_free(const char *folder, uint64_t *ret_bytes)
{
	struct statvfs status;

	if (statvfs(folder, &status) < 0 || status.f_blocks == 0)
		return false;
	*ret_bytes = (uint64_t)status.f_bavail * status.f_frsize;
	return true;
}

int room_need(const char *folder, const char *name, uint64_t bytes, const char *remedy,
	      struct fault *fault)
{
	char has[TEXT_SIZE_CHARS], needs[TEXT_SIZE_CHARS];
	uint64_t room_bytes;

	if (!room_free(folder, &room_bytes) || room_bytes >= bytes)
		return 0;
	fault_set(fault, REASON_NO_SPACE, "%.300s has %s free, and about %s are needed", name,
		  text_of_size(has, room_bytes), text_of_size(needs, bytes));
	return fault_hint(fault, "Free some space there, or %s", remedy);
}

/* A commit that breaks off at such a limit would leave the image under another name. */
static int check_session_limit(const struct image *image, uint64_t added_bytes, struct fault *fault)
{
	char needs[TEXT_SIZE_CHARS], most[TEXT_SIZE_CHARS];
	struct rlimit limit;
	struct stat status;
	uint64_t length_bytes;

	if (image->format != IMAGE_QCOW2 || stat(image->path, &status) < 0 ||
	    getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return 0;
	length_bytes = (uint64_t)status.st_size + added_bytes;
	if (length_bytes <= limit.rlim_cur)
		return 0;
	fault_set(fault, REASON_NO_SPACE,
		  "The image may become a file of %s, and the limit of this session (ulimit -f) is "
		  "%s; the image is unchanged",
		  text_of_size(needs, length_bytes), text_of_size(most, limit.rlim_cur));
	return fault_hint(fault, "Raise that limit (ulimit -f unlimited), then try again");
}

int room_for_commit(const struct image *image, const char *log_path, struct fault *fault)
{
	const uint64_t added_bytes = room_taken(log_path) + COMMIT_BYTES;

	if (image->is_device)
		return 0;
	if (room_need(image->folder, image->folder, added_bytes, "move the image to another disk",
		      fault) < 0)
		return -1;
	return check_session_limit(image, added_bytes, fault);
}

uint64_t room_taken(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}

static void add(struct room *room, enum reason reason, uint64_t bytes)
{
	room->limits[room->count++] = (struct room_limit){ reason, bytes };
}

static bool holds(int fd, uint64_t bytes)
{
	return bytes <= INT64_MAX && ftruncate(fd, (off_t)bytes) == 0;
}

/* The longest file there can be, to the sector. */
static uint64_t longest(int fd, uint64_t fits_bytes, uint64_t too_long_bytes)
{
	uint64_t fits = fits_bytes / SECTOR_BYTES, too_long = too_long_bytes / SECTOR_BYTES;

	while (too_long - fits > 1) {
		uint64_t middle = fits + (too_long - fits) / 2;

		if (holds(fd, middle * SECTOR_BYTES))
			fits = middle;
		else
			too_long = middle;
	}
	return fits * SECTOR_BYTES;
}

/* A length that a file may not have is an error here, not a signal that kills us. */
static int find_longest_file(const struct image *image, uint64_t size_after_bytes,
			     const char *probe_path, struct room *room, struct fault *fault)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	uint64_t wanted = size_after_bytes > MBR_LARGEST ? size_after_bytes : MBR_LARGEST;
	cleanup_fd int fd = -1;

	(void)unlink(probe_path); /* of a run that was killed */
	fd = open(probe_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		fault_set_errno(fault,
				errno == ENOSPC || errno == EDQUOT ? REASON_NO_SPACE
				: errno == EIO			   ? REASON_DISK_IO
								   : REASON_FOLDER_NOT_WRITABLE,
				errno, "%.300s cannot be created", probe_path);
		return fault_hint(
			fault,
			"Check the permissions of the directory and the free space on its disk");
	}
	sigaction(SIGXFSZ, &ignore, &before);
	if (!holds(fd, wanted)) {
		room->image_limit_bytes = longest(fd, image->size_bytes, wanted);
		add(room, REASON_IMAGE_LIMIT, room->image_limit_bytes);
	}
	sigaction(SIGXFSZ, &before, NULL);
	(void)unlink(probe_path);
	return 0;
}

static void find_space(const struct image *image, const char *folder, struct room *room)
{
	uint64_t bytes, spare;

	if (!folder || !room_free(folder, &bytes) || bytes <= ALWAYS_BYTES)
		return;
	spare = bytes - ALWAYS_BYTES;
	if (spare < (QCOW2_SIZE_MAX - image->size_bytes) / GROWN_PER_BYTE)
		add(room, REASON_NO_SPACE,
		    image->size_bytes + spare / 1024 * (1024 * GROWN_PER_BYTE));
}

int room_find(const struct image *image, uint64_t size_after_bytes, const char *probe_path,
	      const char *log_folder, struct room *ret_room, struct fault *fault)
{
	*ret_room = (struct room){ .image_limit_bytes = UINT64_MAX };
	if (image->is_device) {
		ret_room->image_limit_bytes = image->size_bytes;
	} else if (image->format == IMAGE_QCOW2) {
		ret_room->image_limit_bytes = qcow2_largest_bytes(&image->qcow2);
		add(ret_room, REASON_IMAGE_LIMIT, ret_room->image_limit_bytes);
	} else if (find_longest_file(image, size_after_bytes, probe_path, ret_room, fault) < 0) {
		return -1;
	}
	if (!image->is_device)
		find_space(image, image->folder, ret_room);
	if (ret_room->count < ROOM_LIMITS_MAX)
		find_space(image, log_folder, ret_room);
	return 0;
}

/* Why a file cannot be that long: a limit of this session, or the file system. */
static int refuse_length(const struct image *image, uint64_t size_bytes, struct fault *fault)
{
	char size[TEXT_SIZE_CHARS], most[TEXT_SIZE_CHARS];
	struct rlimit limit;

	text_of_size(size, size_bytes);
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < size_bytes) {
		fault_set(fault, REASON_IMAGE_LIMIT,
			  "The grow needs a file of %s, and the limit of this session (ulimit -f) "
			  "is %s",
			  size, text_of_size(most, limit.rlim_cur));
		return fault_hint(fault, "Raise that limit, or convert the image to qcow2");
	}
	fault_set(fault, REASON_IMAGE_LIMIT, "The file system of %.300s cannot hold a file of %s",
		  image->folder, size);
	return fault_hint(fault, "Move the image to another file system, or convert it to qcow2");
}

int room_check(const struct room *room, const struct image *image, uint64_t size_after_bytes,
	       const char *log_folder, struct fault *fault)
{
	uint64_t size = size_after_bytes, needed;
	char limit[TEXT_SIZE_CHARS];

	if (size > room->image_limit_bytes && image->format == IMAGE_RAW)
		return refuse_length(image, size, fault);
	if (size > room->image_limit_bytes) {
		fault_set(fault, REASON_IMAGE_LIMIT,
			  "A qcow2 image with clusters of %llu bytes cannot be larger than %s",
			  (unsigned long long)qcow2_cluster_bytes(&image->qcow2),
			  text_of_size(limit, room->image_limit_bytes));
		return fault_hint(fault,
				  "Convert it to larger clusters: qemu-img convert -O qcow2 -o "
				  "cluster_size=2M OLD NEW");
	}
	/* What is beyond 2 TiB is the guest's to refuse. */
	if (size > MBR_LARGEST)
		size = MBR_LARGEST;
	if (size < image->size_bytes)
		size = image->size_bytes;
	needed = ALWAYS_BYTES + (size - image->size_bytes) / GROWN_PER_BYTE;
	if (!image->is_device && room_need(image->folder, image->folder, needed,
					   "move the image to another disk", fault) < 0)
		return -1;
	return log_folder ? room_need(log_folder, log_folder, needed,
				      "put the log on another disk (--work-dir)", fault)
			  : 0;
}
