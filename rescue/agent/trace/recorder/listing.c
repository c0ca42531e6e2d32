/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listing.h"

#include "base/io.h"
#include "base/text.h"
#include "wire/limits.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LINKS_DIR "/dev/disk/by-label"

static bool record_path(const char *path, bool present, const char *moment, struct queue *queue)
{
	char safe[WIRE_TEXT_MAX_BYTES + 1];

	text_make_safe(safe, sizeof(safe), path, strlen(path));
	queue_put(queue, EVENT_LISTING, clock_us(),
		  json_pack("{s:s, s:s, s:b}", "moment", moment, "path", safe, "present",
			    (int)present));
	return present;
}

/* A node that is there, but not a block device, is none. */
static bool record_node(const char *name, const char *moment, struct queue *queue)
{
	char path[LISTING_PATH_BYTES];
	struct stat status;

	snprintf(path, sizeof(path), "/dev/%s", name);
	return record_path(path, lstat(path, &status) == 0 && S_ISBLK(status.st_mode), moment,
			   queue);
}

static unsigned record_nodes(const char *disk, const char *moment, struct queue *queue)
{
	unsigned missing = record_node(disk, moment, queue) ? 0 : 1;
	char path[LISTING_PATH_BYTES];
	struct dirent *entry;
	DIR *parts;

	snprintf(path, sizeof(path), "/sys/block/%s", disk);
	parts = opendir(path);
	/* The folder of a partition begins with the name of its disk. */
	while (parts && (entry = readdir(parts)) != NULL)
		if (strncmp(entry->d_name, disk, strlen(disk)) == 0 &&
		    !record_node(entry->d_name, moment, queue))
			missing++;
	if (parts)
		closedir(parts);
	return missing;
}

static void find_links(struct listing *listing)
{
	DIR *links = opendir(LINKS_DIR);
	struct dirent *entry;

	while (links && listing->count < LISTING_LINKS_MAX && (entry = readdir(links)) != NULL)
		if (entry->d_name[0] != '.')
			snprintf(listing->links[listing->count++], LISTING_PATH_BYTES,
				 LINKS_DIR "/%s", entry->d_name);
	if (links)
		closedir(links);
	listing->begun = true;
}

unsigned listing_record(struct listing *listing, const char *disk, const char *moment,
			struct queue *queue)
{
	unsigned missing = record_nodes(disk, moment, queue);
	struct stat status;

	if (!listing->begun)
		find_links(listing);
	for (size_t i = 0; i < listing->count; i++)
		if (!record_path(listing->links[i], lstat(listing->links[i], &status) == 0, moment,
				 queue))
			missing++;
	return missing;
}
