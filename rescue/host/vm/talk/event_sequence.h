/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of events (docs/protocol.md): which may come next, and whether a
 * `done` is earned. Pure: it sees only events that fit the table. */
#ifndef VM_TALK_EVENT_SEQUENCE_H
#define VM_TALK_EVENT_SEQUENCE_H

#include "wire/event.h"
#include "wire/request.h"

#include <stdint.h>

/* How far the guest has come. Never goes back. */
enum sequence_phase {
	PHASE_SILENT,	   /* nothing yet: only hello may come */
	PHASE_UP,	   /* no disk is there */
	PHASE_DISK,	   /* the disk has been seen */
	PHASE_PLAN,	   /* the plan is known */
	PHASE_CHECK,	   /* the check before */
	PHASE_RESIZE,	   /* growing */
	PHASE_CHECK_AFTER, /* the check after */
	PHASE_VERIFY,	   /* read back */
	PHASE_OVER	   /* done or fault: nothing may come */
};

struct event_sequence {
	enum request_kind kind;		/* set by the host: what was requested */
	enum leave_checks leave_checks; /* set by the host: and which checks may be left out */
	bool is_grown;			/* set by the host: that this is the check after */
	bool partition_only;		/* set by the host: and that no file system is looked at */
	bool recording;			/* set by the host: and a recording of it */
	bool disk_attached;		/* set by the host, just before it attaches the disk */
	enum sequence_phase phase;
	uint64_t limits_seen;	     /* bit 1 << place among the guest's reasons */
	unsigned table_repairs_seen; /* bit 1 << place in table_repair_words */
	bool tools_asked;	     /* the guest wants the tools disk */
	bool has_key;		     /* set by the host: there is a key */
	bool key_asked;		     /* the guest wants it */
	bool will_change;	     /* the plan says so */
	bool after_left;	     /* no check after will come */
	bool running;		     /* between begin and end of a check or resize */
	bool succeeded;		     /* that check or resize has ended well */
	bool exited;		     /* the shell or the command has ended */
};

/* Take the next event. -1 with REASON_GUEST_PROTOCOL when it is out of order
 * or contradicts what came before. */
int event_sequence_accept(struct event_sequence *sequence, enum event_kind kind,
			  const json_t *object, struct fault *fault);

#endif
