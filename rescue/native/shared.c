/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A file that is open. */
struct place {
	struct shared_file *file;
	size_t at;
};

struct shared *shared_make(void)
{
	void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static struct shared_file *find(struct shared *shared, const char *name)
{
	for (int i = 0; i < SHARED_FILES; i++)
		if (strcmp(shared->files[i].name, name) == 0)
			return &shared->files[i];
	errno = ENOENT;
	return NULL;
}

const struct shared_file *shared_find(struct shared *shared, const char *path)
{
	return find(shared, path);
}

static struct shared_file *make(struct shared *shared, const char *path)
{
	struct shared_file *file = find(shared, path);

	if (file)
		return file;
	if (strncmp(path, SHARED_FOLDER "/", sizeof(SHARED_FOLDER)) != 0 ||
	    strlen(path) >= SHARED_NAME_BYTES)
		return NULL;
	file = find(shared, "");
	if (file)
		strcpy(file->name, path);
	return file;
}

static ssize_t read_place(void *cookie, char *bytes, size_t size_bytes)
{
	struct place *place = cookie;
	size_t left = place->file->size_bytes - place->at;

	if (size_bytes > left)
		size_bytes = left;
	memcpy(bytes, place->file->bytes + place->at, size_bytes);
	place->at += size_bytes;
	return (ssize_t)size_bytes;
}

static ssize_t write_place(void *cookie, const char *bytes, size_t size_bytes)
{
	struct place *place = cookie;
	size_t room = SHARED_FILE_BYTES - place->at;

	if (size_bytes > room) {
		errno = ENOSPC;
		return 0;
	}
	memcpy(place->file->bytes + place->at, bytes, size_bytes);
	place->at += size_bytes;
	place->file->size_bytes = place->at;
	return (ssize_t)size_bytes;
}

static int close_place(void *cookie)
{
	free(cookie);
	return 0;
}

FILE *shared_open(struct shared *shared, const char *path, const char *mode)
{
	const cookie_io_functions_t operations = { .read = read_place,
						   .write = write_place,
						   .close = close_place };
	bool writes = mode[0] == 'w';
	struct shared_file *file = writes ? make(shared, path) : find(shared, path);
	struct place *place = file ? malloc(sizeof(*place)) : NULL;
	FILE *stream;

	if (!place)
		return NULL;
	*place = (struct place){ .file = file };
	if (writes)
		file->size_bytes = 0;
	stream = fopencookie(place, writes ? "w" : "r", operations);
	if (!stream)
		free(place);
	return stream;
}

int shared_remove(struct shared *shared, const char *path)
{
	struct shared_file *file = path[0] != '\0' ? find(shared, path) : NULL;

	if (!file)
		return -1;
	file->name[0] = '\0';
	file->size_bytes = 0;
	return 0;
}
