/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result for those who watch many hosts: a Prometheus text file, and an entry in the
 * system's log. */
#ifndef RESULT_METRICS_H
#define RESULT_METRICS_H

#include "base/fault.h"

#include <jansson.h>

enum result_log { RESULT_LOG_NONE, RESULT_LOG_JOURNAL, RESULT_LOG_SYSLOG };

/* Where these logs listen. */
#define RESULT_JOURNAL_SOCKET "/run/systemd/journal/socket"
#define RESULT_SYSLOG_SOCKET  "/dev/log"

/* Write the metrics of a result (result_object) as node_exporter's textfile collector reads
 * them, by a file beside it and a rename, so that no reader sees half of it; mode 0644. A file
 * that is not of this kind is not replaced. Faults: usage, folder-not-writable, no-space,
 * disk-io, no-memory. */
int result_write_metrics(const json_t *object, const char *path, struct fault *fault);

/* The same as text, to be freed; NULL when out of memory. now_s: Unix time. */
char *result_format_metrics(const json_t *object, int64_t now_s);

/* Send one entry: to the journal with fields (its native protocol), to syslog as one line.
 * Never waits. Fault disk-io: nobody listens, or takes it. */
int result_send_log(const json_t *object, enum result_log to, const char *socket_path,
		    struct fault *fault);

#endif
