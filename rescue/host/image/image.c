/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include "base/cleanup.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUARD_SUFFIX ".grow-disk.image"

const char *image_format_word(enum image_format format)
{
	return format == IMAGE_QCOW2 ? "qcow2" : "raw";
}

const char *image_at(const struct image *image)
{
	return image->guarded ? image->guard : image->path;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* Files that a run leaves are no images. */
static int refuse_own_files(const struct image *image, struct fault *fault)
{
	static const char *const own[] = { ".grow-disk.log",	   ".grow-disk.new",
					   ".grow-disk.verified",  ".grow-disk.committing",
					   ".grow-disk.committed", ".grow-disk.failed" };

	if (ends_with(image->name, GUARD_SUFFIX)) {
		fault_set(fault, REASON_COMMIT_BEGUN,
			  "%.300s is an image in the middle of a commit: do not use it",
			  image->path);
		return fault_hint(fault, "Finish it: grow-disk --recover %.*s",
				  (int)(strlen(image->name) - strlen(GUARD_SUFFIX)), image->name);
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!ends_with(image->name, own[i]))
			continue;
		fault_set(fault, REASON_IMAGE_NOT_A_FILE, "%.300s belongs to grow-disk itself",
			  image->path);
		return fault_hint(fault, "Name the disk image");
	}
	return 0;
}

/* What QEMU's programs take for a disk on another host: "nbd://host/export", "rbd:pool/image". */
static int refuse_network(const char *path, struct fault *fault)
{
	static const char *const prefixes[] = { "nbd:", "rbd:", "json:" };
	size_t letters = strspn(path, "abcdefghijklmnopqrstuvwxyz+");
	bool found = letters > 0 && strncmp(path + letters, "://", 3) == 0;
	struct stat status;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		found = found || strncmp(path, prefixes[i], strlen(prefixes[i])) == 0;
	if (!found || lstat(path, &status) == 0)
		return 0;
	fault_set(fault, REASON_IMAGE_NOT_A_FILE,
		  "%.300s is a disk on the network, and no file or block device", path);
	return fault_hint(fault, "Attach it as a block device (nbd-client, rbd map, iscsiadm), and "
				 "name that");
}

/* The last link may lead to a file that an unfinished commit has moved. */
static int resolve(const char *path, char real[PATH_MAX], struct fault *fault)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	char link[PATH_MAX];
	ssize_t got;

	if (realpath(path, real))
		return 0;
	got = readlink(path, link, sizeof(link) - 1);
	if (errno != ENAMETOOLONG && got < 0 && strlen(path) < PATH_MAX &&
	    path[strlen(path) - 1] != '/') {
		snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
			 slash ? path : ".");
		if (realpath(folder[0] ? folder : "/", real)) {
			size_t used = strlen(real);

			snprintf(real + used, PATH_MAX - used, "%s%s", used > 1 ? "/" : "",
				 slash ? slash + 1 : path);
			return 0;
		}
	}
	fault_set(fault, REASON_IMAGE_NOT_FOUND,
		  "There is no file %.300s, or the links on its path lead nowhere", path);
	return fault_hint(fault, "Check the path");
}

int image_find(const char *path, bool only_read, struct image *ret_image, struct fault *fault)
{
	struct image *image = ret_image;
	struct stat status;
	char *slash;

	*image = (struct image){ .fd = -1, .read_fd = -1, .only_read = only_read };
	if (path[0] == '\0')
		return fault_set(fault, REASON_USAGE, "The name of the image is empty");
	if (refuse_network(path, fault) < 0 || resolve(path, image->path, fault) < 0)
		return -1;
	image->is_device = stat(image->path, &status) == 0 && S_ISBLK(status.st_mode);
	strcpy(image->beside, image->path);
	slash = strrchr(image->beside, '/');
	image->name = slash + 1;
	snprintf(image->folder, sizeof(image->folder), "%.*s",
		 slash == image->beside ? 1 : (int)(slash - image->beside), image->path);
	if (image->is_device)
		return 0;
	if (strlen(image->path) + sizeof(GUARD_SUFFIX) + 16 > PATH_MAX)
		return fault_set(
			fault, REASON_FOLDER_NOT_WRITABLE,
			"The path of %.200s is too long: a run needs longer names beside it",
			image->path);
	strcpy(image->guard, image->path);
	strcat(image->guard, GUARD_SUFFIX);
	if (refuse_own_files(image, fault) < 0)
		return -1;
	return image_locate(image, fault);
}

int image_locate(struct image *image, struct fault *fault)
{
	struct stat status;

	image->guarded = stat(image->path, &status) < 0 && stat(image->guard, &status) == 0;
	if (stat(image_at(image), &status) == 0)
		return 0;
	fault_set(fault, REASON_IMAGE_NOT_FOUND, "There is no file %.300s", image->path);
	return fault_hint(fault, "Check the path");
}

static int refuse_kind(const struct image *image, mode_t mode, struct fault *fault)
{
	if (S_ISDIR(mode)) {
		fault_set(fault, REASON_IMAGE_NOT_A_FILE, "%.300s is a directory", image->path);
		return fault_hint(fault, "Name the disk image in it");
	}
	fault_set(fault, REASON_IMAGE_NOT_A_FILE, "%.300s is no regular file and no block device",
		  image->path);
	return fault_hint(fault, "Name a disk image");
}

int image_check_kind(const struct image *image, struct fault *fault)
{
	struct stat status;

	if (stat(image_at(image), &status) < 0)
		return 0; /* it is being moved: the lock looks again */
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return refuse_kind(image, status.st_mode, fault);
	if (access(image_at(image), R_OK) < 0) {
		fault_set_errno(fault, REASON_IMAGE_UNREADABLE, errno, "%s may not read %.300s",
				image_user(), image->path);
		return fault_hint(fault, "Ask its owner, or run as its owner");
	}
	if (!image->only_read && access(image_at(image), W_OK) < 0) {
		fault_set_errno(fault, REASON_IMAGE_NOT_WRITABLE, errno, "%s may not write %.300s",
				image_user(), image->path);
		return fault_hint(fault, "Ask its owner, or check whether it is immutable or on a "
					 "read-only file system");
	}
	return 0;
}

/* It can be opened for writing, and refuse each write. */
static int check_device_writable(const struct image *image, struct fault *fault)
{
	int read_only = 0;

	if (ioctl(image->fd, BLKROGET, &read_only) < 0 || !read_only)
		return 0;
	fault_set(fault, REASON_IMAGE_NOT_WRITABLE, "The block device %.300s is read-only",
		  image->path);
	return fault_hint(fault, "To allow changes: blockdev --setrw, or activate it for writing");
}

int image_check_writable(const struct image *image, struct fault *fault)
{
	struct stat status;

	if (image->is_device)
		return check_device_writable(image, fault);
	if (stat(image_at(image), &status) == 0 && (status.st_mode & 0222) == 0) {
		fault_set(fault, REASON_IMAGE_NOT_WRITABLE, "%.300s is marked read-only",
			  image->path);
		return fault_hint(fault, "To allow changes: chmod u+w");
	}
	if (access(image->folder, W_OK | X_OK) == 0)
		return 0;
	fault_set_errno(fault, REASON_FOLDER_NOT_WRITABLE, errno,
			"%s may not write to the directory %.300s, which the redo log needs",
			image_user(), image->folder);
	return fault_hint(fault, "Make the directory writable, or move the image");
}

int image_check_empty(const struct image *image, struct fault *fault)
{
	if (image_file_bytes(image) > 0)
		return 0;
	fault_set(fault, REASON_IMAGE_FORMAT, "%.300s is empty", image->path);
	return fault_hint(fault, "Name a disk image");
}

int image_mark(const char *path, struct image_mark *ret_mark)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -1;
	if (S_ISBLK(status.st_mode)) { /* whose node tells nothing of what is written */
		*ret_mark = (struct image_mark){ .device = status.st_rdev };
		return 0;
	}
	*ret_mark = (struct image_mark){ .device = status.st_dev,
					 .inode = status.st_ino,
					 .bytes = status.st_size,
					 .mtime_s = status.st_mtim.tv_sec,
					 .mtime_ns = status.st_mtim.tv_nsec };
	return 0;
}

static bool same_mark(const struct image_mark *a, const struct image_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
	       a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns;
}

int image_check_mark(const struct image *image, struct fault *fault)
{
	struct image_mark now;

	if (image_mark(image->path, &now) == 0 && same_mark(&now, &image->seen) &&
	    (!image->is_device || image_file_bytes(image) == image->size_bytes))
		return 0;
	fault_set(
		fault, REASON_IMAGE_LOCKED,
		"Another program changed or replaced %.300s during the run; the log was discarded",
		image->path);
	return fault_hint(fault, "Stop that program, then try again");
}

bool image_is_same(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool image_is(const struct image *image, const char *path)
{
	struct stat mine, other;

	return stat(image_at(image), &mine) == 0 && stat(path, &other) == 0 &&
	       image_is_same(&mine, &other);
}

uint64_t image_file_bytes(const struct image *image)
{
	off_t end = lseek(image->fd, 0, SEEK_END);

	return end < 0 ? 0 : (uint64_t)end;
}

const char *image_driver_word(const struct image *image)
{
	return image->is_device ? "host_device" : "file";
}

const char *image_user(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return user ? user->pw_name : "This user";
}

void image_close(struct image *image)
{
	close_fdp(&image->fd);
	close_fdp(&image->read_fd);
}
