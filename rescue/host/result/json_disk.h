/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the result's object tells of the disk, from the events of the machine (docs/protocol.md).
 * New references, owned by the caller; JSON's null where there is none. */
#ifndef RESULT_JSON_DISK_H
#define RESULT_JSON_DISK_H

#include "result.h"

/* target: the entry that is grown (event_last_target), or NULL. plan: the event, or NULL. */
json_t *result_table(const json_t *events, const json_t *target);
json_t *result_partition(const json_t *plan, const json_t *target);

/* The swap partition that made room. */
json_t *result_moved(const json_t *plan);

/* An array: what lies between the partition and the file system, the outermost first. */
json_t *result_layers(const json_t *events);

json_t *result_filesystem(const struct result *result, const json_t *plan);

#endif
