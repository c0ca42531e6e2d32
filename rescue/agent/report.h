/* Telling the host: events with their clock, and the beat. */
#ifndef AGENT_REPORT_H
#define AGENT_REPORT_H

#include "wire/event.h"

#include <stdint.h>

struct report {
	int fd;		   /* the wire */
	const char *stage; /* what the job is busy with; static text */
	int64_t last_beat_ms;
	long long beats;
};

/* Send one event; takes over fields (made with json_pack). A wire that does
 * not take it within the deadline is given up: the job goes on without. */
void report_event(struct report *report, enum event_kind kind, json_t *fields);

/* Send a beat if one is due. */
void report_beat(struct report *report);

/* Enter a stage: it names the beats from now on, and leaves a mark in the
 * kernel's log where there is one. */
void report_stage(struct report *report, const char *stage);

#endif
