/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last lines, for people. */
#include "milestones.h"

#include "base/text.h"

#include <string.h>

/* Behind how many of the count last lines was the unended one begun? */
static size_t place_of(const struct milestones *milestones, const struct milestones_line *line,
		       size_t count)
{
	const unsigned long since = milestones->lines - line->begun_at;

	return since < count ? count - since : 0;
}

size_t milestones_last(const struct milestones *milestones,
		       const char *ret_lines[MILESTONES_LAST + SOURCES])
{
	size_t ended = 0, count;

	for (size_t i = 0; i < MILESTONES_LAST; i++) {
		const char *line = milestones->last[(milestones->next + i) % MILESTONES_LAST];

		if (line[0] != '\0')
			ret_lines[ended++] = line;
	}
	count = ended;
	for (int source = SOURCES - 1; source >= 0; source--) {
		const struct milestones_line *line = &milestones->lines_of[source];
		const size_t place = place_of(milestones, line, ended) + (count - ended);

		if (line->bytes == 0)
			continue;
		memmove(ret_lines + place + 1, ret_lines + place,
			(count - place) * sizeof(ret_lines[0]));
		ret_lines[place] = line->text;
		count++;
	}
	return count;
}

json_t *milestones_console(const struct milestones *milestones)
{
	const char *lines[MILESTONES_LAST + SOURCES];
	size_t count = milestones_last(milestones, lines);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		char safe[3 * MILESTONES_LINE_BYTES];

		text_make_safe(safe, sizeof(safe), lines[i], strlen(lines[i]));
		json_array_append_new(list, json_string(safe));
	}
	return list;
}
