/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a run with one machine: greeting, hello, request, disk, events, end. */
#ifndef VM_CONVERSATION_H
#define VM_CONVERSATION_H

#include "host/vm/talk/session.h"
#include "host/vm/warm/warm.h"
#include "wire/request.h"

/* The subject of a conversation. All of it is borrowed. */
struct conversation {
	const struct request *request;
	const struct disk_plan *disk;
	const char *tools_path; /* of the tools disk */
	int key_fd;		/* of the key, where the request has one */
	enum attach attach;
	bool disk_at_power_on; /* else it is attached when its time has come */
	bool disk_awaited;     /* the caller says when */
	bool keep_disk;	       /* let the guest unmount and flush after a fault too */
	enum accel accel;
	unsigned memory_mib;
	bool confined; /* by Landlock */
};

/* 0: the guest has come to an end of its own; session->verdict is its done or
 * fault, and it is not yet reported. -1: the run is over without one. */
int conversation_run(const struct conversation *conversation, struct session *session,
		     struct warm *warm, struct fault *fault);

/* Only up to the hello, and save the machine. */
int conversation_prepare(const struct conversation *conversation, struct session *session,
			 struct warm *warm, struct fault *fault);

#endif
