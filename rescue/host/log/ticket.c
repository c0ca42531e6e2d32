/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ticket.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_S 86400
/* Some file systems (FAT) begin with 1980, and round. */
#define FAT_FIRST_S (INT64_C(315532800) - 2 * DAY_S)
#define FAT_LAST_S  (INT64_C(315532800) + 9 * DAY_S)

static const char *const words[] = { "none", "verified", "committing", "committed" };

const char *ticket_state_word(enum ticket_state state)
{
	return words[state];
}

static void write_path(const struct image *image, const char *word, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "%s.grow-disk.%s", image->beside, word);
}

void ticket_fresh_path(const struct image *image, char *out, size_t out_bytes)
{
	write_path(image, "new", out, out_bytes);
}

void ticket_find(const struct image *image, struct ticket *ret_ticket)
{
	struct stat status;

	for (int state = TICKET_COMMITTED; state > TICKET_NONE; state--) {
		ret_ticket->state = (enum ticket_state)state;
		write_path(image, words[state], ret_ticket->path, sizeof(ret_ticket->path));
		if (lstat(ret_ticket->path, &status) == 0)
			return;
	}
	*ret_ticket = (struct ticket){ .state = TICKET_NONE };
}

int ticket_foreign(const struct ticket *ticket, struct fault *fault, const char *format, ...)
{
	char what[300];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	fault_set(fault, REASON_LOG_FOREIGN, "%.180s does not belong to this image: %s",
		  ticket->path, what);
	if (ticket->state == TICKET_VERIFIED)
		return fault_hint(fault, "If it comes from somewhere else, move it away");
	return fault_hint(fault, "The image may be half committed, and only that log can complete "
				 "it: move nothing away; restore the missing or changed file (is "
				 "the directory of the log mounted?), or a backup of the image");
}

const char *ticket_distrust(const char *path, const struct image *image)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat file, around, owner;

	if (lstat(path, &file) < 0 || !S_ISREG(file.st_mode))
		return "it is not a regular file";
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
	if (stat(folder, &around) == 0 && !(around.st_mode & S_ISVTX))
		return NULL;
	if (file.st_uid == geteuid() || file.st_uid == 0)
		return NULL;
	if (stat(image_at(image), &owner) == 0 && owner.st_uid == file.st_uid)
		return NULL;
	return "it belongs to another user";
}

int ticket_read(const struct ticket *ticket, const struct image *image,
		struct ticket_facts *ret_facts, struct fault *fault)
{
	const char *wrong = ticket_distrust(ticket->path, image);
	cleanup_free char *text = malloc(TICKET_MAX_BYTES);
	cleanup_fd int fd = -1;
	ssize_t got;

	if (wrong)
		return ticket_foreign(ticket, fault, "%s", wrong);
	fd = open(ticket->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (!text || fd < 0)
		return ticket_foreign(ticket, fault, "it cannot be read");
	got = read(fd, text, TICKET_MAX_BYTES);
	if (got < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be read",
				       ticket->path);
	wrong = got == TICKET_MAX_BYTES ? "it is too long"
					: ticket_parse(text, (size_t)got, ret_facts);
	return wrong ? ticket_foreign(ticket, fault, "%s", wrong) : 0;
}

int ticket_time(const char *path, char ret_time[TICKET_TIME_CHARS + 1])
{
	struct stat status;
	struct tm broken;
	char seconds[32];

	if (stat(path, &status) < 0 || !gmtime_r(&status.st_mtim.tv_sec, &broken))
		return -1;
	strftime(seconds, sizeof(seconds), "%Y-%m-%d %H:%M:%S", &broken);
	snprintf(ret_time, TICKET_TIME_CHARS + 1, "%s.%09ld +0000", seconds,
		 status.st_mtim.tv_nsec);
	return 0;
}

int ticket_stamp(const char *path)
{
	const struct timespec times[2] = { { 0, 0 }, { 0, 0 } };

	return utimensat(AT_FDCWD, path, times, 0);
}

bool ticket_is_stamped(const struct ticket *ticket)
{
	struct stat status;
	int64_t second;

	if (stat(ticket->path, &status) < 0)
		return false;
	second = status.st_mtim.tv_sec;
	return (second >= 0 && second < DAY_S) || (second >= FAT_FIRST_S && second < FAT_LAST_S);
}

int ticket_enter(struct ticket *ticket, const struct image *image, enum ticket_state state)
{
	char from[sizeof(ticket->path)], to[sizeof(ticket->path)];

	if (ticket->state == TICKET_NONE)
		ticket_fresh_path(image, from, sizeof(from));
	else
		memcpy(from, ticket->path, sizeof(from));
	write_path(image, words[state], to, sizeof(to));
	if (rename(from, to) < 0)
		return -1;
	ticket->state = state;
	memcpy(ticket->path, to, sizeof(to));
	return 0;
}
