/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling the host: events with their clock, and the beat. */
#ifndef AGENT_REPORT_H
#define AGENT_REPORT_H

#include "base/fault.h"
#include "wire/event.h"

#include <pthread.h>
#include <stdint.h>

/* A thread of its own beats, so that a read or a flush that takes long does
 * not look like a guest that hangs. But it speaks for the job only so long:
 * when the job has not shown itself for this time, it falls silent, and the
 * host will end the run. */
#define AGENT_REPORT_ABSENCE_MAX_MS (10 * 60 * 1000)

struct agent_report {
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t closing_changed;
	pthread_t beater;
	bool closing;
	int fd;		   /* the wire */
	const char *stage; /* what the job is busy with; static text */
	int64_t alive_ms;  /* when the job showed itself last */
	int64_t absence_max_ms;
	long long beats;
};

/* Begin to beat on fd (borrowed). The report must stay where it is until
 * agent_report_close. Fault: no-memory. */
int agent_report_open(struct agent_report *report, int fd, struct fault *fault);

/* Beat no more. Events can still be sent: the last one, which nothing may
 * follow. */
void agent_report_close(struct agent_report *report);

/* Send one event; takes over fields (made with json_pack). A wire that does
 * not take it within the deadline is given up: the job goes on without. */
void agent_report_event(struct agent_report *report, enum event_kind kind, json_t *fields);

/* The job shows itself; to be called now and then while it waits. */
void agent_report_alive(struct agent_report *report);

/* Enter a stage: it names the beats from now on, and leaves a mark in the
 * kernel's log where there is one. */
void agent_report_stage(struct agent_report *report, const char *stage);

#endif
