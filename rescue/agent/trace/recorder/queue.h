/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was recorded and not yet sent, in the order of recording: put in by the
 * thread that records, which must not wait, taken out by the one that sends. */
#ifndef RECORDER_QUEUE_H
#define RECORDER_QUEUE_H

#include "wire/event.h"

#include <pthread.h>

#define QUEUE_RECORDS 16384

struct record {
	enum event_kind kind;
	json_t *fields; /* owned by whoever has the record */
};

struct queue {
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct record records[QUEUE_RECORDS]; /* a ring */
	size_t first, count;
	unsigned long long lost; /* there was no room, or no memory */
	bool closed;
};

void queue_init(struct queue *queue);

/* Takes over fields (made with json_pack), and adds t_us. What does not fit is
 * counted, and told by a `lost` as soon as something fits again. */
void queue_put(struct queue *queue, enum event_kind kind, int64_t t_us, json_t *fields);

/* Nothing more will be put in. */
void queue_close(struct queue *queue);

/* Wait for the next record. False: closed, and empty. */
bool queue_take(struct queue *queue, struct record *ret_record);

#endif
