/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every program needs to start and may always read. */
#ifndef CONFINE_SYSTEM_RULES_H
#define CONFINE_SYSTEM_RULES_H

/* Allow the system's libraries and facts, and the program at this path with what
 * belongs to it. What is not there does no harm. */
void system_rules_allow(int rules_fd, const char *program_path);

#endif
