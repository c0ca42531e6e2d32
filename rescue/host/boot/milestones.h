/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a system has come, read from its serial console, and from what a BIOS shows on the
 * screen. Pure: bytes in, facts out. */
#ifndef BOOT_MILESTONES_H
#define BOOT_MILESTONES_H

#include "host_keys.h"

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define MILESTONES_LINE_BYTES 512 /* longer lines are judged by their beginning */
#define MILESTONES_LAST	      12  /* lines that are kept */

/* From weak to strong. */
enum milestone {
	MILESTONE_NONE,
	MILESTONE_LOADER,     /* the firmware found something to start */
	MILESTONE_SCREEN,     /* what is on the screen stays, or is what is wanted */
	MILESTONE_KERNEL,     /* a kernel speaks */
	MILESTONE_ROOT,	      /* its root file system is mounted */
	MILESTONE_LOGIN,      /* a prompt for a login */
	MILESTONE_CLOUD_INIT, /* cloud-init has finished */
	MILESTONE_EXPECTED    /* what the user expects */
};

/* Where bytes come from. */
enum milestones_source { SOURCE_CONSOLE, SOURCE_SCREEN, SOURCES };

/* A line that is not ended yet, without the sequences that steer a terminal. */
struct milestones_line {
	char text[MILESTONES_LINE_BYTES];
	size_t bytes;
	unsigned long begun_at; /* when so many lines had ended */
	enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI, ESCAPE_STRING } escape;
};

/* Zero-initialise, then set expect. */
struct milestones {
	const regex_t *expect; /* extended, of one line; borrowed; NULL: nothing */
	enum milestone reached;
	const char *bad;     /* a sign that something is wrong: a sentence; static; NULL: none */
	bool has_cloud_init; /* it has spoken: the login prompt is not the end */
	struct host_keys host_keys;
	unsigned long lines; /* ended so far */

	struct milestones_line lines_of[SOURCES];

	/* The last lines that are not empty; of MILESTONES_LAST, the next one is overwritten. */
	char last[MILESTONES_LAST][MILESTONES_LINE_BYTES];
	size_t next;
};

/* Read on. What a line says counts when it has ended; what waits for keys, and what is expected,
 * also at the end of the data. */
void milestones_feed(struct milestones *milestones, enum milestones_source source, const char *data,
		     size_t size_bytes);

/* It has come so far, as is known from elsewhere. */
void milestones_reach(struct milestones *milestones, enum milestone milestone);

/* Nothing more comes: what is begun has ended. */
void milestones_end(struct milestones *milestones);

/* The last lines, oldest first, with the unended ones where they began; not made safe. How many;
 * texts are borrowed. */
size_t milestones_last(const struct milestones *milestones,
		       const char *ret_lines[MILESTONES_LAST + SOURCES]);

/* The same lines, made safe, as an array of texts. NULL: out of memory. */
json_t *milestones_console(const struct milestones *milestones);

/* "none", "loader", "screen", "kernel", "root", "login", "cloud-init", "expected"; and what people
 * read: "a login prompt". Static storage. */
const char *milestone_word(enum milestone milestone);
const char *milestone_name(enum milestone milestone);

#endif
