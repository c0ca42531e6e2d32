/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's monitor protocol: JSON lines over one socket. QEMU is not trusted
 * more than the guest that might have taken it over: lines are bounded. */
#ifndef VM_QEMU_QMP_H
#define VM_QEMU_QMP_H

#include "base/fault.h"
#include "base/io.h"

#include <jansson.h>

enum qmp_kind { QMP_GREETING, QMP_RETURN, QMP_ERROR, QMP_EVENT };

/* Zero-initialise. */
struct qmp {
	struct line_reader reader;
	int fd; /* borrowed */
};

int qmp_open(struct qmp *qmp, int fd, struct fault *fault);
void qmp_close(struct qmp *qmp);

/* Send a command; takes over the reference of arguments, which may be NULL. A
 * copy of fd goes with it, unless it is -1. */
int qmp_send(struct qmp *qmp, const char *command, json_t *arguments, int fd, struct fault *fault);

/* The next message after line_reader_fill. 1 a message, which belongs to the
 * caller, 0 none yet, -1 not the protocol (REASON_INTERNAL). */
int qmp_next(struct qmp *qmp, enum qmp_kind *ret_kind, json_t **ret_message, struct fault *fault);

/* "7.2.22" from a greeting; "unknown" if it does not tell. */
void qmp_version(const json_t *greeting, char *out, size_t out_bytes);

/* QEMU's sentence from an error, safe to show. */
void qmp_error_text(const json_t *message, char *out, size_t out_bytes);

/* Return true if an event says that the disk failed, and fill the fault:
 * REASON_NO_SPACE or REASON_DISK_IO. The machine has stopped itself. */
bool qmp_is_disk_failure(const json_t *event, struct fault *fault);

/* Return true if it failed because the file may not become larger. */
bool qmp_is_file_limit(const json_t *event);

#endif
