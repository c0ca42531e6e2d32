/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress for people, on standard error: a bar on a terminal, one line for
 * each stage elsewhere. */
#ifndef VM_PROGRESS_H
#define VM_PROGRESS_H

#include "wire/event.h"

#include <stdint.h>

enum progress_style { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_NONE };

struct progress {
	enum progress_style style;
	const char *stage; /* static; NULL: none yet */
	int percent;	   /* of the stage; -1: unknown */
	int64_t drawn_ms;  /* when the bar was drawn last */
	bool on_screen;	   /* a bar is there to be cleared */
};

/* AUTO becomes BAR on a terminal, else LINES; BAR becomes LINES where TERM is "dumb". */
void progress_open(struct progress *progress, enum progress_style style);

/* The virtual machine, or the sealed process, is being started. Left out, the first thing to be
 * shown is what it does with the disk. */
void progress_start(struct progress *progress, bool is_sealed);

/* Follow an accepted event. */
void progress_event(struct progress *progress, enum event_kind kind, const json_t *event);

/* Clear the bar: what is written next starts on a clean line. */
void progress_close(struct progress *progress);

#endif
