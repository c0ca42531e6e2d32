/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a partition can hold: how people call it, and what grows it inside of its own system.
 * For messages alone: nothing is decided by this table. */
#ifndef BASE_CONTENT_H
#define BASE_CONTENT_H

/* A line of the table may go, once grow-disk grows that kind itself. */
struct content {
	const char *word;   /* libblkid's */
	const char *name;   /* "NTFS" */
	const char *grower; /* "cryptsetup resize"; NULL: it cannot be grown */
};

/* The content of that word; NULL: no line of the table has it. Static storage. */
const struct content *content_find(const char *word);

/* How people call it: the word itself, where no line has it. */
const char *content_name(const char *word);

#endif
