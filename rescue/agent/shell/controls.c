/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "controls.h"

#include "wire/limits.h"

int controls_open(struct controls *controls, int fd, struct fault *fault)
{
	if (line_reader_open(&controls->reader, fd, WIRE_LINE_MAX_BYTES) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the host's lines");
	return 0;
}

void controls_close(struct controls *controls)
{
	line_reader_close(&controls->reader);
}

void controls_read(struct controls *controls)
{
	struct control control;
	struct fault ignored;
	size_t size_bytes;
	char *line;

	(void)line_reader_fill(&controls->reader);
	while (line_reader_next(&controls->reader, &line, &size_bytes) > 0)
		if (control_parse(line, &control, &ignored) == 0)
			controls->on_control(controls->context, &control);
}
