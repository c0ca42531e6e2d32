/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the system's log. The journal takes a datagram of fields: NAME=value and a
 * newline; of a value that holds a newline the name, a newline, eight bytes of its length,
 * little-endian, and the value. */
#include "metrics.h"

#include "base/cleanup.h"
#include "wire/member.h"

#include <ctype.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PRIORITY_ERROR	 3
#define PRIORITY_WARNING 4
#define PRIORITY_INFO	 6
#define FACILITY_USER	 1
#define MESSAGE_BYTES	 2048

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* A fault of ours is an error, a refusal is for somebody to look at. */
static int priority(const json_t *object)
{
	const json_int_t status = number(object, "status");

	if (status == 0)
		return PRIORITY_INFO;
	return status == STATUS_INTERNAL || status == STATUS_HOST ? PRIORITY_ERROR
								  : PRIORITY_WARNING;
}

static void write_message(char out[MESSAGE_BYTES], const json_t *object)
{
	const char *image = member_text(object, "image");

	if (number(object, "status") != 0)
		snprintf(out, MESSAGE_BYTES, "%s [%s]", member_text(object, "message"),
			 member_text(object, "reason"));
	else if (json_is_true(json_object_get(object, "changed")))
		snprintf(out, MESSAGE_BYTES,
			 "%.1024s: %s done, %" JSON_INTEGER_FORMAT " -> %" JSON_INTEGER_FORMAT
			 " bytes",
			 image, member_text(object, "action"), number(object, "size_before_bytes"),
			 number(object, "size_after_bytes"));
	else
		snprintf(out, MESSAGE_BYTES, "%.1024s: %s: nothing to do", image,
			 member_text(object, "action"));
}

static void write_field(FILE *to, const char *prefix, const char *name, const char *suffix,
			const char *value)
{
	const uint64_t bytes = htole64(strlen(value));

	fputs(prefix, to);
	for (; *name; name++)
		fputc(toupper((unsigned char)*name), to);
	fputs(suffix, to);
	if (!strchr(value, '\n')) {
		fprintf(to, "=%s\n", value);
		return;
	}
	fputc('\n', to);
	fwrite(&bytes, sizeof(bytes), 1, to);
	fprintf(to, "%s\n", value);
}

/* A number, a text or a truth of the result; nothing of what is not known. */
static void write_value(FILE *to, const char *name, const char *suffix, const json_t *value)
{
	char digits[32];

	if (json_is_string(value))
		write_field(to, "GROW_DISK_", name, suffix, json_string_value(value));
	if (!json_is_integer(value) && !json_is_boolean(value))
		return;
	snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
		 json_is_integer(value) ? json_integer_value(value)
					: (json_int_t)json_is_true(value));
	write_field(to, "GROW_DISK_", name, suffix, digits);
}

static void write_journal(FILE *to, const json_t *object)
{
	static const char *const names[] = { "image",	    "action",
					     "reason",	    "status",
					     "changed",	    "recovered",
					     "hint",	    "size_before_bytes",
					     "accelerator", "size_after_bytes" };
	char message[MESSAGE_BYTES], digit[2] = { (char)('0' + priority(object)), '\0' };
	const char *name;
	json_t *value;

	write_message(message, object);
	write_field(to, "", "MESSAGE", "", message);
	write_field(to, "", "PRIORITY", "", digit);
	write_field(to, "", "SYSLOG_IDENTIFIER", "", "grow-disk");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		write_value(to, names[i], "", json_object_get(object, names[i]));
	json_object_foreach (json_object_get(object, "timings_ms"), name, value)
		write_value(to, name, "_MS", value);
}

/* One line: control characters would begin others. */
static void write_syslog(FILE *to, const json_t *object)
{
	char message[MESSAGE_BYTES];

	write_message(message, object);
	for (char *at = message; *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = '?';
	fprintf(to, "<%d>grow-disk[%ld]: %s", FACILITY_USER * 8 + priority(object), (long)getpid(),
		message);
}

static int send_datagram(const char *socket_path, const void *data, size_t bytes)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	return sendto(fd, data, bytes, MSG_NOSIGNAL, (const struct sockaddr *)&address,
		      sizeof(address)) < 0
		       ? -1
		       : 0;
}

int result_send_log(const json_t *object, enum result_log to, const char *socket_path,
		    struct fault *fault)
{
	cleanup_free char *data = NULL;
	size_t bytes = 0;
	FILE *memory = object ? open_memstream(&data, &bytes) : NULL;

	if (!memory)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	if (to == RESULT_LOG_JOURNAL)
		write_journal(memory, object);
	else
		write_syslog(memory, object);
	if (fclose(memory) != 0)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	if (send_datagram(socket_path, data, bytes) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s (%s) accepts no entry",
				       to == RESULT_LOG_JOURNAL ? "The journal" : "Syslog",
				       socket_path);
	return 0;
}
