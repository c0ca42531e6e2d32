/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include "base/cleanup.h"
#include "wire/member.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char mark[] = "# HELP grow_disk_";

/* A value of a label. */
static void write_label(FILE *to, const char *name, const char *value)
{
	fprintf(to, "%s=\"", name);
	for (; *value; value++)
		if (*value == '\n')
			fputs("\\n", to);
		else if (*value == '"' || *value == '\\')
			fprintf(to, "\\%c", *value);
		else
			fputc(*value, to);
	fputc('"', to);
}

static void begin(FILE *to, const char *name, const char *help)
{
	fprintf(to, "# HELP grow_disk_%s %s\n# TYPE grow_disk_%s gauge\n", name, help, name);
}

static void begin_sample(FILE *to, const json_t *object, const char *name)
{
	fprintf(to, "grow_disk_%s{", name);
	write_label(to, "image", member_text(object, "image"));
}

static void write_number(FILE *to, const json_t *object, const char *name, const char *help,
			 const json_t *value)
{
	if (!json_is_integer(value) && !json_is_boolean(value))
		return; /* what is not known has no sample */
	begin(to, name, help);
	begin_sample(to, object, name);
	fprintf(to, "} %" JSON_INTEGER_FORMAT "\n",
		json_is_integer(value) ? json_integer_value(value)
				       : (json_int_t)json_is_true(value));
}

static void write_stages(FILE *to, const json_t *object)
{
	const char *name;
	json_t *value;
	bool begun = false;

	json_object_foreach (json_object_get(object, "timings_ms"), name, value) {
		if (!json_is_integer(value))
			continue;
		if (!begun)
			begin(to, "stage_seconds", "Time that each stage of the last run took.");
		begun = true;
		begin_sample(to, object, "stage_seconds");
		fputc(',', to);
		write_label(to, "stage", name);
		fprintf(to, "} %" JSON_INTEGER_FORMAT ".%03d\n", json_integer_value(value) / 1000,
			(int)(json_integer_value(value) % 1000));
	}
}

static void write_all_metrics(FILE *to, const json_t *object, int64_t now_s)
{
	write_number(to, object, "exit_status",
		     "Exit status of the last run: 0 is as asked, see docs/reason-codes.md.",
		     json_object_get(object, "status"));
	write_number(to, object, "changed", "Whether the last run changed the image.",
		     json_object_get(object, "changed"));
	write_number(to, object, "size_before_bytes", "Size of the disk before the last run.",
		     json_object_get(object, "size_before_bytes"));
	write_number(to, object, "size_after_bytes", "Size that the last run was to give it.",
		     json_object_get(object, "size_after_bytes"));
	write_stages(to, object);
	begin(to, "run_info", "The last run: its action, reason code and accelerator.");
	begin_sample(to, object, "run_info");
	fputc(',', to);
	write_label(to, "action", member_text(object, "action"));
	fputc(',', to);
	write_label(to, "reason", member_text(object, "reason"));
	fputc(',', to);
	write_label(to, "accelerator", member_text(object, "accelerator"));
	fputs("} 1\n", to);
	begin(to, "end_timestamp_seconds", "When the last run ended, in Unix time.");
	begin_sample(to, object, "end_timestamp_seconds");
	fprintf(to, "} %" PRId64 "\n", now_s);
}

char *result_format_metrics(const json_t *object, int64_t now_s)
{
	char *out = NULL;
	size_t bytes;
	FILE *to = open_memstream(&out, &bytes);
	bool failed;

	if (!to)
		return NULL;
	write_all_metrics(to, object, now_s);
	failed = ferror(to);
	if (fclose(to) == 0 && !failed)
		return out;
	free(out);
	return NULL;
}

/* Is there nothing, or metrics of an earlier run? */
static bool may_replace(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char head[sizeof(mark) - 1];
	struct stat status;

	if (fd < 0)
		return errno == ENOENT;
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       (status.st_size == 0 || (read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
					memcmp(head, mark, sizeof(head)) == 0));
}

static int write_whole(int fd, const char *data)
{
	size_t left = strlen(data);

	while (left > 0) {
		ssize_t written = write(fd, data, left);

		if (written < 0 && errno != EINTR)
			return -1;
		data += written > 0 ? written : 0;
		left -= written > 0 ? (size_t)written : 0;
	}
	return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -1 : 0;
}

static enum reason reason_of(int error)
{
	if (error == ENOSPC || error == EDQUOT)
		return REASON_NO_SPACE;
	return error == EACCES || error == EPERM || error == ENOENT || error == EROFS
		       ? REASON_FOLDER_NOT_WRITABLE
		       : REASON_DISK_IO;
}

int result_write_metrics(const json_t *object, const char *path, struct fault *fault)
{
	cleanup_free char *data = object ? result_format_metrics(object, time(NULL)) : NULL;
	cleanup_fd int fd = -1;
	char fresh[PATH_MAX];
	int error;

	if (!data)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	if (!may_replace(path)) {
		fault_set(fault, REASON_USAGE,
			  "%.300s exists and does not contain metrics of grow-disk", path);
		return fault_hint(fault, "Name another file");
	}
	/* The collector reads names that end with .prom. */
	if (snprintf(fresh, sizeof(fresh), "%s.new.XXXXXX", path) >= (int)sizeof(fresh))
		return fault_set(fault, REASON_USAGE, "The name of the metrics is too long");
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd >= 0 && write_whole(fd, data) == 0 && rename(fresh, path) == 0)
		return 0;
	error = errno;
	if (fd >= 0)
		unlink(fresh);
	return fault_set_errno(fault, reason_of(error), error, "%.300s cannot be written", path);
}
