/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_log.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define DEVICE	     "/dev/kmsg"
#define RECORD_BYTES 8192
#define OUR_LINE     "grow-disk: recording"

bool kernel_log_parse(char *record, unsigned *ret_level, uint64_t *ret_number, int64_t *ret_us,
		      const char **ret_text)
{
	char *text = strchr(record, ';'), *end;
	unsigned priority;
	uint64_t number;
	int64_t us;

	if (!text || sscanf(record, "%u,%" SCNu64 ",%" SCNd64 ",", &priority, &number, &us) != 3)
		return false;
	end = strchr(text, '\n'); /* after it, the device's names */
	if (end)
		*end = '\0';
	*ret_level = priority & 7;
	*ret_number = number;
	*ret_us = us;
	*ret_text = text + 1;
	return true;
}

/* Write a line, and read when the log says that this was. */
static int measure_offset(struct kernel_log *log)
{
	cleanup_fd int writer = open(DEVICE, O_WRONLY | O_CLOEXEC);
	int64_t before_us = clock_us(), after_us;
	char record[RECORD_BYTES];
	ssize_t got;

	if (writer < 0 || lseek(log->fd, 0, SEEK_END) < 0 ||
	    write(writer, "<7>" OUR_LINE "\n", sizeof("<7>" OUR_LINE "\n") - 1) < 0)
		return -1;
	after_us = clock_us();
	while ((got = read(log->fd, record, sizeof(record) - 1)) > 0) {
		const char *text;
		unsigned level;
		uint64_t number;
		int64_t us;

		record[got] = '\0';
		if (!kernel_log_parse(record, &level, &number, &us, &text) ||
		    strcmp(text, OUR_LINE) != 0)
			continue;
		log->offset_us = before_us + (after_us - before_us) / 2 - us;
		return 0;
	}
	return -1;
}

int kernel_log_open(struct kernel_log *log, struct fault *fault)
{
	log->fd = open(DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd >= 0 && measure_offset(log) == 0 && lseek(log->fd, 0, SEEK_SET) == 0)
		return 0;
	close_fdp(&log->fd);
	return fault_set_errno(fault, REASON_INTERNAL, errno,
			       "the kernel's log cannot be read from " DEVICE);
}

static void take(struct kernel_log *log, struct queue *queue, char *record)
{
	char safe[WIRE_TEXT_MAX_BYTES + 1];
	const char *text;
	unsigned level;
	uint64_t number;
	int64_t us;

	if (!kernel_log_parse(record, &level, &number, &us, &text))
		return;
	if (number > log->next_number)
		queue_put(queue, EVENT_LOST, clock_us(),
			  json_pack("{s:s, s:I}", "what", "log", "count",
				    (json_int_t)(number - log->next_number)));
	log->next_number = number + 1;
	us += log->offset_us;
	text_make_safe(safe, sizeof(safe), text, strlen(text));
	queue_put(queue, EVENT_LOG, us > 0 ? us : 0,
		  json_pack("{s:i, s:s}", "level", (int)level, "text", safe));
}

void kernel_log_read(struct kernel_log *log, struct queue *queue)
{
	char record[RECORD_BYTES];

	for (;;) {
		ssize_t got = read(log->fd, record, sizeof(record) - 1);

		if (got < 0 && errno == EPIPE)
			continue; /* some were overwritten: the next number tells how many */
		if (got <= 0)
			return;
		record[got] = '\0';
		take(log, queue, record);
	}
}
