#include "accel_file.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WRITE_MS 1000

/* The cache folder of grow-disk, with or without making it. */
static int find_folder(char path[PATH_MAX], int make)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int length;

	if (cache && cache[0] == '/')
		length = snprintf(path, PATH_MAX, "%s", cache);
	else if (home && home[0] == '/')
		length = snprintf(path, PATH_MAX, "%s/.cache", home);
	else
		return -1;
	if (length >= PATH_MAX - 32)
		return -1;
	if (make)
		(void)mkdir(path, 0700); /* it exists: fine; it fails: so will the next */
	strcat(path, "/grow-disk");
	if (make)
		(void)mkdir(path, 0700);
	return 0;
}

size_t accel_file_read(char *text, size_t text_bytes)
{
	char folder[PATH_MAX], path[PATH_MAX + 16];
	cleanup_fd int fd = -1;
	ssize_t got;

	if (find_folder(folder, 0) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/accel", folder);
	/* O_NONBLOCK: a FIFO in its place must not hang us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	got = fd < 0 ? -1 : read(fd, text, text_bytes);
	return got < 0 ? 0 : (size_t)got;
}

void accel_file_write(const char *text)
{
	char folder[PATH_MAX], path[PATH_MAX + 16], new_path[PATH_MAX + 16];
	cleanup_fd int fd = -1;

	if (find_folder(folder, 1) < 0)
		return;
	snprintf(path, sizeof(path), "%s/accel", folder);
	snprintf(new_path, sizeof(new_path), "%s/accel.XXXXXX", folder);
	fd = mkstemp(new_path);
	if (fd < 0)
		return;
	if (write_all(fd, text, strlen(text), WRITE_MS) < 0 || rename(new_path, path) < 0)
		(void)unlink(new_path);
}
