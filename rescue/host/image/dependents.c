/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dependents.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#define HEAD_BYTES	    65536
#define DATA_FILE_EXTENSION 0x44415441
#define NAMES_BYTES	    300

enum relation { RELATION_NONE, RELATION_OVERLAY, RELATION_DATA, RELATION_EXTENT };

/* Another file of the folder. */
struct neighbour {
	const struct image *image;
	const char *name;
	uint8_t *head;
	size_t head_bytes;
};

static uint32_t big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* A path as a neighbour writes it. */
static bool is_path_of_image(const struct neighbour *neighbour, const char *path, size_t length)
{
	char name[2 * PATH_MAX + 2];

	if (length >= 5 && memcmp(path, "file:", 5) == 0) {
		path += 5;
		length -= 5;
	}
	if (length == 0 || length >= PATH_MAX || memchr(path, '\0', length))
		return false;
	if (path[0] == '/')
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
	else
		snprintf(name, sizeof(name), "%s/%.*s", neighbour->image->folder, (int)length,
			 path);
	return image_is(neighbour->image, name);
}

/* Any text in the description of a disk: the option with the name has several spellings. */
static bool describes_image(const struct neighbour *neighbour, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		return is_path_of_image(neighbour, json_string_value(value),
					json_string_length(value));
	json_array_foreach ((json_t *)value, i, member)
		if (describes_image(neighbour, member))
			return true;
	json_object_foreach ((json_t *)value, key, member)
		if (describes_image(neighbour, member))
			return true;
	return false;
}

/* A file name as a neighbour writes it, which is not ended by NUL. */
static bool names_image(const struct neighbour *neighbour, const char *bytes, size_t length)
{
	json_t *description;
	bool found;

	if (length < 5 || memcmp(bytes, "json:", 5) != 0)
		return is_path_of_image(neighbour, bytes, length);
	description = json_loadb(bytes + 5, length - 5, 0, NULL);
	found = describes_image(neighbour, description);
	json_decref(description);
	return found;
}

/* The name of the external data file is a header extension. */
static bool has_data_file(const struct neighbour *neighbour, const struct qcow2_header *header)
{
	size_t at = header->version == 2 ? 72 : header->header_bytes;

	while (at + 8 <= neighbour->head_bytes) {
		uint32_t type = big_endian(neighbour->head + at);
		uint32_t length = big_endian(neighbour->head + at + 4);

		at += 8;
		if (type == 0 || length > neighbour->head_bytes - at)
			return false;
		if (type == DATA_FILE_EXTENSION)
			return names_image(neighbour, (const char *)neighbour->head + at, length);
		at += (length + 7) / 8 * 8;
	}
	return false;
}

static enum relation relation_of_qcow2(const struct neighbour *neighbour)
{
	struct qcow2_header header;
	uint64_t at;

	if (qcow2_parse(neighbour->head, neighbour->head_bytes, &header) < 0)
		return RELATION_NONE;
	at = header.backing_at;
	if (at != 0 && header.backing_bytes <= QCOW2_BACKING_MAX && at < neighbour->head_bytes &&
	    header.backing_bytes <= neighbour->head_bytes - at &&
	    names_image(neighbour, (const char *)neighbour->head + at, header.backing_bytes))
		return RELATION_OVERLAY;
	return has_data_file(neighbour, &header) ? RELATION_DATA : RELATION_NONE;
}

/* Extents of a VMDK descriptor: RW 131072 FLAT "vm-flat.vmdk" 0 */
static enum relation relation_of_vmdk(const struct neighbour *neighbour)
{
	const char *text = (const char *)neighbour->head;
	const char *end = text + neighbour->head_bytes;

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline ? newline : end;
		const char *first = memchr(line, '"', (size_t)(line_end - line));
		const char *last =
			first ? memchr(first + 1, '"', (size_t)(line_end - first - 1)) : NULL;

		if (last && (strncmp(line, "RW ", 3) == 0 || strncmp(line, "RDONLY ", 7) == 0) &&
		    names_image(neighbour, first + 1, (size_t)(last - first - 1)))
			return RELATION_EXTENT;
		line = line_end + 1;
	}
	return RELATION_NONE;
}

static enum relation relation_of(const struct image *image, const char *name, uint8_t *head)
{
	static const char vmdk[] = "# Disk Descript";
	char path[2 * PATH_MAX];
	cleanup_fd int fd = -1;
	struct stat status;
	struct neighbour neighbour = { .image = image, .name = name, .head = head };
	ssize_t got;

	snprintf(path, sizeof(path), "%s/%s", image->folder, name);
	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_size < QCOW2_HEADER_BYTES || image_is(image, path))
		return RELATION_NONE;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	got = fd < 0 ? -1 : pread(fd, head, 512, 0);
	if (got < 72)
		return RELATION_NONE;
	if (!qcow2_has_magic(head, (size_t)got) && memcmp(head, vmdk, sizeof(vmdk) - 1) != 0)
		return RELATION_NONE;
	got = pread(fd, head, HEAD_BYTES, 0);
	if (got < 72)
		return RELATION_NONE;
	head[got] = '\0';
	neighbour.head_bytes = (size_t)got;
	return qcow2_has_magic(head, (size_t)got) ? relation_of_qcow2(&neighbour)
						  : relation_of_vmdk(&neighbour);
}

static bool is_ours(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && end - name > 10 && strncmp(end - 10, ".grow-disk", 10) == 0 &&
	       (strcmp(end, ".log") == 0 || strcmp(end, ".failed") == 0);
}

static int refuse(const struct image *image, enum relation relation, const char *names,
		  struct fault *fault)
{
	char safe[NAMES_BYTES];

	text_make_safe(safe, sizeof(safe), names, strlen(names));
	if (relation == RELATION_OVERLAY) {
		fault_set(fault, REASON_IMAGE_HAS_DEPENDENTS,
			  "A change of %.150s would damage its overlays:%s", image->path, safe);
		return fault_hint(fault,
				  "Grow the overlay itself (--allow-backing), or make the "
				  "overlays independent first: qemu-img rebase -b '' OVERLAY");
	}
	fault_set(fault, REASON_IMAGE_HAS_DEPENDENTS,
		  "%.150s is part of another disk, which would not know the new size:%s",
		  image->path, safe);
	if (relation == RELATION_DATA)
		return fault_hint(fault, "Grow the qcow2 image that uses it (--allow-backing)");
	return fault_hint(fault, "Convert the VMDK image that uses it first: qemu-img convert -O "
				 "qcow2 OLD NEW.qcow2");
}

int dependents_check(const struct image *image, struct interrupt *interrupt, struct fault *fault)
{
	cleanup_dir DIR *folder = opendir(image->folder);
	cleanup_free uint8_t *head = malloc(HEAD_BYTES + 1);
	enum relation worst = RELATION_NONE;
	char names[NAMES_BYTES] = "";
	struct dirent *entry;

	if (!head)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	while (folder && (entry = readdir(folder))) {
		enum relation relation;
		size_t used = strlen(names);

		if (interrupt_check(interrupt, fault) < 0)
			return -1;
		if (is_ours(entry->d_name))
			continue;
		relation = relation_of(image, entry->d_name, head);
		if (relation == RELATION_NONE)
			continue;
		worst = worst == RELATION_NONE ? relation : worst;
		snprintf(names + used, sizeof(names) - used, " %s", entry->d_name);
	}
	return worst == RELATION_NONE ? 0 : refuse(image, worst, names, fault);
}
