/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events that tell a fact and leave the phase of a sequence as it is: the table's entries and
 * repairs, limits, layers, and what the guest asks for. Each is taken at its time alone. All
 * faults: guest-protocol. */
#ifndef VM_EVENT_SEQUENCE_FACTS_H
#define VM_EVENT_SEQUENCE_FACTS_H

#include "event_sequence.h"

int sequence_refuse(struct fault *fault, enum event_kind kind, const char *why);

/* Is the event's moment "before" or "after"? false with a fault for any other word. */
bool sequence_moment(const json_t *object, enum event_kind kind, struct fault *fault,
		     bool *ret_after);

int sequence_take_table(const struct event_sequence *sequence, const json_t *object,
			enum event_kind kind, struct fault *fault);
int sequence_take_table_repair(struct event_sequence *sequence, const json_t *object,
			       struct fault *fault);
int sequence_take_limit(struct event_sequence *sequence, const json_t *object, struct fault *fault);
int sequence_take_layer(const struct event_sequence *sequence, struct fault *fault);
int sequence_take_tools(struct event_sequence *sequence, struct fault *fault);
int sequence_take_key(struct event_sequence *sequence, struct fault *fault);

#endif
