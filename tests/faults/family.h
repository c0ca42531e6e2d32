/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes below this one, its children's children too, and their command lines. */
#ifndef FAULTS_FAMILY_H
#define FAULTS_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FAMILY_MAX	  256
#define FAMILY_LINE_BYTES 8192

/* Every living one, no zombies; ret_pids has room for FAMILY_MAX. How many there are. */
size_t family_find(pid_t *ret_pids);

/* Has any of them this text in its command line? */
bool family_says(const char *text);

/* The command line with blanks between the arguments, in FAMILY_LINE_BYTES + 1 bytes. */
void process_line(pid_t pid, char *ret_line);
bool process_says(pid_t pid, const char *text);

#endif
