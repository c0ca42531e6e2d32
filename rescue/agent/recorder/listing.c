#include "listing.h"

#include "base/io.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A node that is there, but not a block device, is none. */
static bool record_one(const char *name, const char *moment, struct queue *queue)
{
	char path[300];
	struct stat status;
	bool present;

	snprintf(path, sizeof(path), "/dev/%s", name);
	present = lstat(path, &status) == 0 && S_ISBLK(status.st_mode);
	queue_put(queue, EVENT_LISTING, clock_us(),
		  json_pack("{s:s, s:s, s:b}", "moment", moment, "path", path, "present",
			    (int)present));
	return present;
}

unsigned listing_record(const char *disk, const char *moment, struct queue *queue)
{
	char path[320];
	DIR *parts;
	struct dirent *entry;
	unsigned missing = record_one(disk, moment, queue) ? 0 : 1;

	snprintf(path, sizeof(path), "/sys/block/%s", disk);
	parts = opendir(path);
	/* The folder of a partition begins with the name of its disk. */
	while (parts && (entry = readdir(parts)) != NULL)
		if (strncmp(entry->d_name, disk, strlen(disk)) == 0 &&
		    !record_one(entry->d_name, moment, queue))
			missing++;
	if (parts)
		closedir(parts);
	return missing;
}
