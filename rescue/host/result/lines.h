/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a result for people: a label, a value, and what else is to be said of it. */
#ifndef RESULT_LINES_H
#define RESULT_LINES_H

#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

#define LINES_CHANGE_CHARS (3 * TEXT_SIZE_CHARS)

/* "121 MiB", "7.98 GiB": two decimals at most. */
void lines_size(char out[TEXT_SIZE_CHARS], uint64_t bytes);

/* "121 MiB -> 8 GiB", or one size that stays. */
void lines_change(char out[LINES_CHANGE_CHARS], uint64_t before_bytes, uint64_t after_bytes);

/* rest may be NULL. */
void lines_write(FILE *to, const char *label, const char *value, const char *rest);

#endif
