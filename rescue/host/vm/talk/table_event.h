/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What events of the partition table have to say. Pure. */
#ifndef VM_TALK_TABLE_EVENT_H
#define VM_TALK_TABLE_EVENT_H

#include <jansson.h>
#include <stdbool.h>

/* Does an entry have the fields of its kind of table, and none of another? */
bool table_event_fits(const json_t *object);

/* The bit of a repair by its word; 0: it is unknown. */
unsigned table_event_repair(const char *word);

#endif
