/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of the virtual machine: --keep-log, --events; and of the result: --metrics, --log.
 */
#include "grow.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* An earlier log, trace or metrics may be replaced: lines of text. A disk, be it the backing file
 * of this one, may not. */
static bool replaces_other(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[512];
	ssize_t got = fd < 0 ? 0 : read(fd, head, sizeof(head));

	for (ssize_t i = 0; i < got; i++)
		if (head[i] == '\0')
			return true;
	return false;
}

static int check_file(const struct grow *grow, const char *option, const char *path,
		      struct fault *fault)
{
	const char *slash;
	char folder[PATH_MAX];
	struct stat status;

	if (!path)
		return 0;
	if (image_is(&grow->image, path))
		return fault_set(fault, REASON_USAGE, "%s would overwrite the image", option);
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return fault_set(fault, REASON_USAGE, "%s needs the name of a file", option);
	if (replaces_other(path))
		return fault_set(fault, REASON_USAGE,
				 "%s would overwrite %.300s, which has other contents", option,
				 path);
	slash = strrchr(path, '/');
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
	if (access(folder, W_OK) < 0)
		return fault_set(fault, REASON_USAGE, "The directory of %.200s is not writable",
				 path);
	return 0;
}

int grow_check_kept(const struct grow *grow, struct fault *fault)
{
	if (check_file(grow, "--keep-log", grow->options->keep_log, fault) < 0)
		return -1;
	if (check_file(grow, "--metrics", grow->options->metrics, fault) < 0)
		return -1;
	return check_file(grow, "--events", grow->options->events, fault);
}

static bool is_named(const json_t *event, const char *name)
{
	const char *word = json_string_value(json_object_get(event, "event"));

	return word && strcmp(word, name) == 0;
}

static void write_line(FILE *file, const json_t *object)
{
	(void)json_dumpf(object, file, JSON_COMPACT);
	(void)fputc('\n', file);
}

static void copy_console(const struct grow *grow, FILE *to)
{
	cleanup_file FILE *from = fopen(grow->machines.console_path, "re");
	char bytes[4096];
	size_t got;

	while (from && (got = fread(bytes, 1, sizeof(bytes), from)) > 0)
		(void)fwrite(bytes, 1, got, to);
}

/* The events, then the console. */
static void write_log(const struct grow *grow, FILE *file)
{
	size_t i;
	json_t *event;

	json_array_foreach (grow->machines.grower.vm.events, i, event)
		write_line(file, event);
	copy_console(grow, file);
}

static json_int_t time_us(const json_t *event)
{
	const json_t *us = json_object_get(event, "t_us");

	return us ? json_integer_value(us)
		  : json_integer_value(json_object_get(event, "t_ms")) * 1000;
}

/* In the form of a trace of trace-boot: in the order of the times. */
static void write_trace(const struct grow *grow, FILE *file)
{
	const json_t *events = grow->machines.grower.vm.events;
	json_t *head = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i}", "event", "trace",
				 "version", 1, "attach", "scsi", "attach_at", "login", "seq", "no",
				 "log", "no", "method", "agent", "cpus", 1);
	json_t *sorted = json_array(), *event;
	size_t i;

	write_line(file, head);
	json_decref(head);
	json_array_foreach ((json_t *)events, i, event) {
		json_t *copy;
		size_t place = json_array_size(sorted);

		if (is_named(event, "beat"))
			continue;
		copy = json_copy(event);
		(void)json_object_del(copy, "host_ms");
		while (place > 0 && time_us(json_array_get(sorted, place - 1)) > time_us(copy))
			place--;
		(void)json_array_insert_new(sorted, place, copy);
	}
	json_array_foreach (sorted, i, event)
		write_line(file, event);
	json_decref(sorted);
}

static void write_kept(const struct grow *grow, const char *path,
		       void (*write_it)(const struct grow *grow, FILE *file))
{
	FILE *file;

	if (!path || image_is(&grow->image, path))
		return;
	file = fopen(path, "we");
	if (file)
		write_it(grow, file);
	if (!file || ferror(file) | (fclose(file) != 0))
		console_say(&grow->console, "%s cannot be written", path);
}

void grow_write_kept(const struct grow *grow)
{
	if (!grow->machines.grower.started)
		return;
	write_kept(grow, grow->options->keep_log, write_log);
	write_kept(grow, grow->options->events, write_trace);
}

void grow_publish(const struct grow *grow, const json_t *object)
{
	const struct grow_options *options = grow->options;
	struct fault fault;

	if (options->metrics && result_write_metrics(object, options->metrics, &fault) < 0)
		console_say(&grow->console, "there are no metrics: %s", fault.message);
	if (options->log != RESULT_LOG_NONE &&
	    result_send_log(object, options->log,
			    options->log == RESULT_LOG_JOURNAL ? RESULT_JOURNAL_SOCKET
							       : RESULT_SYSLOG_SOCKET,
			    &fault) < 0)
		console_say(&grow->console, "the result is not logged: %s", fault.message);
}
