/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run came to: facts in, one JSON object or a few lines out. */
#ifndef RESULT_RESULT_H
#define RESULT_RESULT_H

#include "base/fault.h"
#include "host/image/image.h"
#include "host/image/room.h"
#include "host/log/fence.h"
#include "host/log/marks.h"

#include <jansson.h>

#define RESULT_UNKNOWN_MS (-1)

#define RESULT_CHECKS 2

/* Zero-initialise. All is borrowed. */
struct result {
	const char *action; /* "grow", "plan", "recover", "discard" */
	const struct image *image;
	bool image_known, format_known;
	bool changed, recovered, discarded;
	/* A complete log of an earlier run (plan): its state's word, and what it leads to. */
	const char *pending;
	uint64_t pending_before_bytes, pending_after_bytes;
	bool size_before_known, size_after_known;
	uint64_t size_before_bytes, size_after_bytes;
	const struct fault *fault; /* NULL: it was done */
	const struct room *room;
	struct fence_receipt fence;
	const struct marks *marks_before, *marks_after; /* with the fence */
	const json_t *events;				/* of the machine, an array; may be NULL */
	/* Of other machines, which only checked, before and after; each may be NULL. */
	const json_t *check_events[RESULT_CHECKS];
	json_t *boot; /* of --prove-boot: how far it came, as it stands in the object; may be NULL
		       */
	int64_t fence_ms, commit_ms, total_ms; /* RESULT_UNKNOWN_MS: not done */
};

/* The object of docs/man/grow-disk.1, section RESULT. Owned by the caller; NULL when out of
 * memory. */
json_t *result_object(const struct result *result);

/* Write the object, or lines for people made from it, on standard output; all of it. Faults:
 * no-space, disk-io; a reader that has gone away is "interrupted" where the result was all that
 * was asked for. */
int result_flush(struct fault *fault); /* what was printed before */
int result_print_json(const json_t *object, struct fault *fault);
int result_print_text(const json_t *object, struct fault *fault);

#endif
