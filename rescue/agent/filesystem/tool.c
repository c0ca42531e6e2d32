#include "tool.h"

#include "base/text.h"

#include <string.h>

void tool_output_add(struct tool_output *output, const char *bytes, size_t size_bytes)
{
	if (size_bytes >= sizeof(output->text)) {
		bytes += size_bytes - (sizeof(output->text) - 1);
		size_bytes = sizeof(output->text) - 1;
	}
	if (output->used_bytes + size_bytes >= sizeof(output->text)) {
		size_t drop = output->used_bytes + size_bytes - (sizeof(output->text) - 1);

		memmove(output->text, output->text + drop, output->used_bytes - drop);
		output->used_bytes -= drop;
	}
	memcpy(output->text + output->used_bytes, bytes, size_bytes);
	output->used_bytes += size_bytes;
}

const char *tool_output_last_line(const struct tool_output *output, const char *program)
{
	static char line[256];
	size_t end = output->used_bytes, begin, name = strlen(program);

	while (end > 0 && (output->text[end - 1] == '\n' || output->text[end - 1] == '\r'))
		end--;
	begin = end;
	while (begin > 0 && output->text[begin - 1] != '\n')
		begin--;
	if (end - begin > name + 2 && memcmp(output->text + begin, program, name) == 0 &&
	    memcmp(output->text + begin + name, ": ", 2) == 0)
		begin += name + 2;
	text_make_safe(line, sizeof(line), output->text + begin, end - begin);
	return line;
}
