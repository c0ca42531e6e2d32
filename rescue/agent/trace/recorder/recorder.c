/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder.h"

#include "agent/devices/uevent.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "helpers.h"
#include "kernel_log.h"
#include "listing.h"
#include "mounted.h"
#include "nodes.h"
#include "processes.h"
#include "queue.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define SEQNUM_FILE "/sys/kernel/uevent_seqnum"
#define PRIORITY    50 /* of SCHED_FIFO: before all programs */

struct recorder {
	struct queue queue;
	struct processes processes;
	struct nodes nodes;
	struct mounted mounted;
	struct kernel_log log;
	struct listing listing;
	int uevent_fd, helper_fd;
	uint64_t last_seqnum; /* 0: none yet */
	int stop_fd;	      /* readable: time to end */
	pthread_t listener, sender;
	bool listening, sending;
	void (*on_record)(void *context, enum event_kind kind, json_t *fields);
	void *context;
	pthread_mutex_t lock; /* the listener holds it while it reads */
	int64_t last_uevent_us;
	uint64_t helpers_due; /* events that each have an mdev */
};

struct recorder *recorder_open(struct fault *fault)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder) {
		fault_set(fault, REASON_NO_MEMORY, "no memory to record");
		return NULL;
	}
	queue_init(&recorder->queue);
	pthread_mutex_init(&recorder->lock, NULL);
	recorder->processes.helpers_after_seqnum = UINT64_MAX;
	recorder->processes.fd = recorder->nodes.fd = recorder->nodes.dir_fd = -1;
	recorder->mounted.fd = recorder->log.fd = recorder->stop_fd = -1;
	recorder->uevent_fd = uevent_open(fault);
	recorder->helper_fd = recorder->uevent_fd < 0 ? -1 : helpers_open(fault);
	if (recorder->helper_fd < 0 || processes_open(&recorder->processes, fault) < 0) {
		recorder_close(recorder);
		return NULL;
	}
	return recorder;
}

/* The kernel numbers its events: a gap is a loss. */
static void check_seqnum(struct recorder *recorder, uint64_t seqnum)
{
	if (recorder->last_seqnum != 0 && seqnum > recorder->last_seqnum + 1)
		queue_put(&recorder->queue, EVENT_LOST, clock_us(),
			  json_pack("{s:s, s:I, s:I, s:I}", "what", "uevents", "count",
				    (json_int_t)(seqnum - recorder->last_seqnum - 1),
				    "first_seqnum", (json_int_t)(recorder->last_seqnum + 1),
				    "last_seqnum", (json_int_t)(seqnum - 1)));
	if (seqnum > recorder->last_seqnum)
		recorder->last_seqnum = seqnum;
}

static void put_uevent(struct recorder *recorder, const struct uevent *event)
{
	json_t *fields = json_pack("{s:s, s:s, s:s, s:I}", "action", event->action, "devpath",
				   event->devpath, "subsystem", event->subsystem, "seqnum",
				   (json_int_t)event->seqnum);

	if (fields && event->devtype[0] != '\0')
		json_object_set_new(fields, "devtype", json_string(event->devtype));
	if (fields && event->devname[0] != '\0')
		json_object_set_new(fields, "devname", json_string(event->devname));
	queue_put(&recorder->queue, EVENT_UEVENT, clock_us(), fields);
}

static void read_uevents(struct recorder *recorder)
{
	struct pollfd ready = { .fd = recorder->uevent_fd, .events = POLLIN };

	while (poll(&ready, 1, 0) > 0) {
		struct uevent event;
		struct fault fault;
		bool overrun = false;

		if (uevent_receive(recorder->uevent_fd, &event, &overrun, &fault) <= 0)
			continue; /* an overrun shows as a gap of the numbers */
		check_seqnum(recorder, event.seqnum);
		put_uevent(recorder, &event);
		recorder->last_uevent_us = clock_us();
		if (event.seqnum > recorder->processes.helpers_after_seqnum)
			recorder->helpers_due++;
	}
}

static void read_helpers(void *context)
{
	struct recorder *recorder = context;

	helpers_read(recorder->helper_fd, &recorder->processes, &recorder->queue);
}

/* Processes first: who did something is known when it is read what was done. */
static void read_all(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->lock);
	read_helpers(recorder);
	processes_read(&recorder->processes, &recorder->queue, read_helpers, recorder);
	read_uevents(recorder);
	nodes_read(&recorder->nodes, &recorder->processes, &recorder->queue);
	kernel_log_read(&recorder->log, &recorder->queue);
	pthread_mutex_unlock(&recorder->lock);
}

static void *listen_on(void *context)
{
	struct recorder *recorder = context;
	const struct sched_param priority = { .sched_priority = PRIORITY };
	struct pollfd ready[] = { { .fd = recorder->stop_fd, .events = POLLIN },
				  { .fd = recorder->processes.fd, .events = POLLIN },
				  { .fd = recorder->helper_fd, .events = POLLIN },
				  { .fd = recorder->uevent_fd, .events = POLLIN },
				  { .fd = recorder->nodes.fd, .events = POLLIN },
				  { .fd = recorder->log.fd, .events = POLLIN },
				  { .fd = recorder->mounted.fd, .events = POLLPRI } };

	/* Late is better than not at all. */
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
	for (;;) {
		if (poll(ready, sizeof(ready) / sizeof(ready[0]), -1) < 0)
			continue;
		read_all(recorder);
		if (ready[6].revents)
			mounted_read(&recorder->mounted, &recorder->queue);
		if (ready[0].revents)
			return NULL;
	}
}

/* The number of the kernel's last event. */
static bool read_seqnum(uint64_t *ret_seqnum)
{
	cleanup_file FILE *file = fopen(SEQNUM_FILE, "re");

	return file && fscanf(file, "%" SCNu64, ret_seqnum) == 1;
}

static void record_seqnum(struct recorder *recorder, const char *moment)
{
	uint64_t seqnum;

	if (read_seqnum(&seqnum))
		queue_put(&recorder->queue, EVENT_SEQNUM, clock_us(),
			  json_pack("{s:s, s:I}", "moment", moment, "seqnum", (json_int_t)seqnum));
}

int recorder_start(struct recorder *recorder, struct fault *fault)
{
	int error;

	if (nodes_open(&recorder->nodes, fault) < 0 || kernel_log_open(&recorder->log, fault) < 0 ||
	    mounted_open(&recorder->mounted, fault) < 0)
		return -1;
	recorder->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (recorder->stop_fd < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "no event descriptor");
	record_seqnum(recorder, "begin");
	error = pthread_create(&recorder->listener, NULL, listen_on, recorder);
	if (error != 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, error, "no thread to record");
	recorder->listening = true;
	return 0;
}

static void *send_on(void *context)
{
	struct recorder *recorder = context;
	struct record record;

	while (queue_take(&recorder->queue, &record))
		recorder->on_record(recorder->context, record.kind, record.fields);
	return NULL;
}

int recorder_send(struct recorder *recorder,
		  void (*on_record)(void *context, enum event_kind kind, json_t *fields),
		  void *context, struct fault *fault)
{
	int error;

	recorder->on_record = on_record;
	recorder->context = context;
	error = pthread_create(&recorder->sender, NULL, send_on, recorder);
	if (error != 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, error,
				       "no thread to send what is recorded");
	recorder->sending = true;
	return 0;
}

/* The kernel's number is read first: what comes later is nobody's loss. */
static void stop_listening(struct recorder *recorder)
{
	const uint64_t one = 1;

	record_seqnum(recorder, "end");
	if (write(recorder->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(recorder->listener, NULL);
}

void recorder_close(struct recorder *recorder)
{
	struct record record;

	if (!recorder)
		return;
	if (recorder->listening)
		stop_listening(recorder);
	queue_close(&recorder->queue);
	if (recorder->sending)
		pthread_join(recorder->sender, NULL);
	else
		while (queue_take(&recorder->queue, &record))
			json_decref(record.fields);
	close_fdp(&recorder->uevent_fd);
	close_fdp(&recorder->helper_fd);
	close_fdp(&recorder->processes.fd);
	close_fdp(&recorder->nodes.fd);
	close_fdp(&recorder->nodes.dir_fd);
	close_fdp(&recorder->log.fd);
	close_fdp(&recorder->mounted.fd);
	close_fdp(&recorder->stop_fd);
	free(recorder);
}

void recorder_mark(struct recorder *recorder, const char *what, const char *text)
{
	if (recorder)
		queue_put(&recorder->queue, EVENT_MARK, clock_us(),
			  json_pack("{s:s, s:s*}", "what", what, "text", text));
}

int recorder_hold_up(const char *event, unsigned ms, struct fault *fault)
{
	return helpers_hold_up(event, ms, fault);
}

unsigned recorder_list(struct recorder *recorder, const char *disk, const char *moment)
{
	return listing_record(&recorder->listing, disk, moment, &recorder->queue);
}

void recorder_look(struct recorder *recorder)
{
	mounted_look(&recorder->mounted);
}

/* Under the lock: no event of a later number is read before the number is known. */
void recorder_expect_helpers(struct recorder *recorder, bool expected)
{
	uint64_t seqnum;

	pthread_mutex_lock(&recorder->lock);
	recorder->processes.helpers_after_seqnum =
		expected && read_seqnum(&seqnum) ? seqnum : UINT64_MAX;
	recorder->processes.helpers_started = recorder->helpers_due = 0;
	pthread_mutex_unlock(&recorder->lock);
}

bool recorder_is_quiet(struct recorder *recorder, int64_t quiet_us)
{
	const struct processes *processes = &recorder->processes;
	int64_t since_us;
	bool quiet;

	pthread_mutex_lock(&recorder->lock);
	since_us = clock_us() - quiet_us;
	quiet = processes->helpers_running <= 0 &&
		processes->helpers_started >= recorder->helpers_due &&
		recorder->last_uevent_us <= since_us && processes->last_us <= since_us;
	pthread_mutex_unlock(&recorder->lock);
	return quiet;
}
