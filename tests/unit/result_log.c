/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/result/log.c: what a journal and a syslog get. */
#include "host/result/metrics.h"
#include "unit.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DONE                                                                                       \
	"{\"image\":\"/a\\nPRIORITY=0\",\"action\":\"grow\",\"changed\":true,\"reason\":null,"     \
	"\"status\":0,\"size_before_bytes\":1,\"size_after_bytes\":2,"                             \
	"\"timings_ms\":{\"check\":7,\"resize\":null,\"total\":9}}"
#define REFUSED                                                                                    \
	"{\"image\":\"/a\",\"action\":\"grow\",\"changed\":false,\"reason\":\"size-smaller\","     \
	"\"status\":10,\"message\":\"It is larger\",\"timings_ms\":{}}"

struct listener {
	char folder[32], path[48], got[4096];
	int fd;
	size_t bytes;
};

static int set_up(void **state)
{
	static struct listener listener;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(listener.folder, "/tmp/grow-disk-unit.XXXXXX");
	if (!mkdtemp(listener.folder))
		return -1;
	snprintf(listener.path, sizeof(listener.path), "%s/socket", listener.folder);
	strcpy(address.sun_path, listener.path);
	listener.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	*state = &listener;
	return bind(listener.fd, (struct sockaddr *)&address, sizeof(address));
}

static int tear_down(void **state)
{
	struct listener *listener = *state;

	close(listener->fd);
	unlink(listener->path);
	return rmdir(listener->folder);
}

static void take(struct listener *listener, const char *result, enum result_log to)
{
	json_t *object = json_loads(result, 0, NULL);
	struct fault fault;
	ssize_t got;

	assert_non_null(object);
	assert_int_equal(result_send_log(object, to, listener->path, &fault), 0);
	json_decref(object);
	got = recv(listener->fd, listener->got, sizeof(listener->got) - 1, 0);
	assert_true(got > 0);
	listener->bytes = (size_t)got;
	listener->got[got] = '\0';
}

/* The fields of a datagram, read as journald reads them, as lines NAME=value; newlines of
 * values as "|". */
static void read_fields(const struct listener *listener, char *out)
{
	const char *at = listener->got, *end = at + listener->bytes;

	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *equals;
		size_t bytes;

		assert_non_null(line);
		equals = memchr(at, '=', (size_t)(line - at));
		if (equals) {
			out += sprintf(out, "%.*s\n", (int)(line - at), at);
			at = line + 1;
			continue;
		}
		assert_true(end - line > 9);
		bytes = 0;
		for (int i = 7; i >= 0; i--)
			bytes = bytes << 8 | (unsigned char)line[1 + i];
		assert_true((size_t)(end - line) > 9 + bytes && line[9 + bytes] == '\n');
		out += sprintf(out, "%.*s=", (int)(line - at), at);
		for (size_t i = 0; i < bytes; i++)
			*out++ = line[9 + i] == '\n' ? '|' : line[9 + i];
		*out++ = '\n';
		at = line + 10 + bytes;
	}
	*out = '\0';
}

static void the_journal_gets_fields(void **state)
{
	char fields[8192];

	take(*state, DONE, RESULT_LOG_JOURNAL);
	read_fields(*state, fields);
	assert_string_equal(fields, "MESSAGE=/a|PRIORITY=0: grow done, 1 -> 2 bytes\n"
				    "PRIORITY=6\n"
				    "SYSLOG_IDENTIFIER=grow-disk\n"
				    "GROW_DISK_IMAGE=/a|PRIORITY=0\n"
				    "GROW_DISK_ACTION=grow\n"
				    "GROW_DISK_STATUS=0\n"
				    "GROW_DISK_CHANGED=1\n"
				    "GROW_DISK_SIZE_BEFORE_BYTES=1\n"
				    "GROW_DISK_SIZE_AFTER_BYTES=2\n"
				    "GROW_DISK_CHECK_MS=7\n"
				    "GROW_DISK_TOTAL_MS=9\n");
	take(*state, REFUSED, RESULT_LOG_JOURNAL);
	read_fields(*state, fields);
	assert_string_equal(fields, "MESSAGE=It is larger [size-smaller]\n"
				    "PRIORITY=4\n"
				    "SYSLOG_IDENTIFIER=grow-disk\n"
				    "GROW_DISK_IMAGE=/a\n"
				    "GROW_DISK_ACTION=grow\n"
				    "GROW_DISK_REASON=size-smaller\n"
				    "GROW_DISK_STATUS=10\n"
				    "GROW_DISK_CHANGED=0\n");
}

static void syslog_gets_one_line(void **state)
{
	struct listener *listener = *state;
	char wanted[256];

	take(listener, DONE, RESULT_LOG_SYSLOG);
	snprintf(wanted, sizeof(wanted),
		 "<14>grow-disk[%ld]: /a?PRIORITY=0: grow done, 1 -> 2 bytes", (long)getpid());
	assert_string_equal(listener->got, wanted);
	take(listener, REFUSED, RESULT_LOG_SYSLOG);
	snprintf(wanted, sizeof(wanted), "<12>grow-disk[%ld]: It is larger [size-smaller]",
		 (long)getpid());
	assert_string_equal(listener->got, wanted);
}

static void nobody_listens(void **state)
{
	json_t *object = json_loads(REFUSED, 0, NULL);
	struct fault fault;

	(void)state;
	assert_int_equal(result_send_log(object, RESULT_LOG_JOURNAL, "/absent/socket", &fault), -1);
	assert_int_equal(fault.reason, REASON_DISK_IO);
	assert_string_equal(fault.message, "The journal (/absent/socket) accepts no entry: No such "
					   "file or directory");
	json_decref(object);
}

/* A journal that does not read must not stop a grow. */
static void a_full_queue_is_a_fault(void **state)
{
	struct listener *listener = *state;
	json_t *object = json_loads(REFUSED, 0, NULL);
	struct fault fault;
	int sent = 0;

	while (sent < 100000 &&
	       result_send_log(object, RESULT_LOG_JOURNAL, listener->path, &fault) == 0)
		sent++;
	assert_in_range(sent, 1, 99999);
	assert_int_equal(fault.reason, REASON_DISK_IO);
	json_decref(object);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(the_journal_gets_fields, set_up, tear_down),
	cmocka_unit_test_setup_teardown(syslog_gets_one_line, set_up, tear_down),
	cmocka_unit_test(nobody_listens),
	cmocka_unit_test_setup_teardown(a_full_queue_is_a_fault, set_up, tear_down),
};
UNIT_MAIN(tests)
