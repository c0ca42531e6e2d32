/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "queue.h"

#include "base/io.h"

void queue_init(struct queue *queue)
{
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->changed, NULL);
	queue->first = queue->count = 0;
	queue->lost = 0;
	queue->closed = false;
}

/* The lock is held, and there is room. */
static void append(struct queue *queue, enum event_kind kind, int64_t t_us, json_t *fields)
{
	json_object_set_new(fields, "t_us", json_integer(t_us));
	queue->records[(queue->first + queue->count) % QUEUE_RECORDS] =
		(struct record){ kind, fields };
	queue->count++;
}

/* The lock is held. Two records at least must fit: this one, and the next. */
static void tell_lost(struct queue *queue)
{
	json_t *fields;

	if (queue->lost == 0 || queue->count + 2 > QUEUE_RECORDS)
		return;
	fields = json_pack("{s:s, s:I}", "what", "records", "count", (json_int_t)queue->lost);
	if (!fields)
		return;
	append(queue, EVENT_LOST, clock_us(), fields);
	queue->lost = 0;
}

void queue_put(struct queue *queue, enum event_kind kind, int64_t t_us, json_t *fields)
{
	pthread_mutex_lock(&queue->lock);
	tell_lost(queue);
	if (fields && !queue->closed && queue->count < QUEUE_RECORDS) {
		append(queue, kind, t_us, fields);
	} else {
		queue->lost++;
		json_decref(fields);
	}
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
}

bool queue_take(struct queue *queue, struct record *ret_record)
{
	bool found;

	pthread_mutex_lock(&queue->lock);
	while (queue->count == 0 && !queue->closed)
		pthread_cond_wait(&queue->changed, &queue->lock);
	tell_lost(queue);
	found = queue->count > 0;
	if (found) {
		*ret_record = queue->records[queue->first];
		queue->first = (queue->first + 1) % QUEUE_RECORDS;
		queue->count--;
	}
	pthread_mutex_unlock(&queue->lock);
	return found;
}
