/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include "base/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_MS     100
#define BAR_MAX_CHARS 40
#define WIDTH_DEFAULT 80

void progress_open(struct progress *progress, enum progress_style style)
{
	const char *terminal = getenv("TERM");
	bool dumb = terminal && strcmp(terminal, "dumb") == 0;

	if (style == PROGRESS_AUTO)
		style = isatty(STDERR_FILENO) && terminal ? PROGRESS_BAR : PROGRESS_LINES;
	if (style == PROGRESS_BAR && dumb)
		style = PROGRESS_LINES;
	*progress = (struct progress){ .style = style, .percent = -1 };
}

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

/* stage [=====>    ]  57 %, never as wide as the terminal: a full line wraps. */
static void draw(struct progress *progress)
{
	int stage_chars = (int)strlen(progress->stage), width = terminal_width() - 1;
	int bar_chars = width - stage_chars - (int)strlen(" [] 100 %");
	int full_chars;
	char bar[BAR_MAX_CHARS + 1];

	progress->drawn_ms = clock_ms();
	progress->on_screen = true;
	if (bar_chars > BAR_MAX_CHARS)
		bar_chars = BAR_MAX_CHARS;
	if (bar_chars < 4 || progress->percent < 0) {
		fprintf(stderr, "\r%.*s\033[K", width, progress->stage);
		return;
	}
	full_chars = bar_chars * progress->percent / 100;
	memset(bar, ' ', sizeof(bar));
	memset(bar, '=', (size_t)full_chars);
	if (full_chars < bar_chars)
		bar[full_chars] = '>';
	fprintf(stderr, "\r%s [%.*s] %3d %%\033[K", progress->stage, bar_chars, bar,
		progress->percent);
}

static void show(struct progress *progress, const char *stage, int percent)
{
	bool new_stage = progress->stage != stage;
	bool same = !new_stage && progress->percent == percent;

	progress->stage = stage;
	progress->percent = percent;
	if (progress->style == PROGRESS_LINES && new_stage)
		fprintf(stderr, "%s\n", stage);
	else if (progress->style == PROGRESS_BAR && !same &&
		 (new_stage || percent == 100 || clock_ms() - progress->drawn_ms >= REDRAW_MS))
		draw(progress);
}

void progress_start(struct progress *progress, bool is_sealed)
{
	show(progress, is_sealed ? "starting the sealed process" : "starting the virtual machine",
	     -1);
}

static int percent_of(const json_t *event)
{
	const char *state = json_string_value(json_object_get(event, "state"));
	const json_t *percent = json_object_get(event, "percent");

	if (percent)
		return (int)json_integer_value(percent);
	return state && strcmp(state, "end") == 0 ? 100 : -1;
}

void progress_event(struct progress *progress, enum event_kind kind, const json_t *event)
{
	static const char checking[] = "checking the file system";
	static const char checking_again[] = "checking the grown file system";
	const char *moment = json_string_value(json_object_get(event, "moment"));
	bool after = moment && strcmp(moment, "after") == 0;

	if (kind == EVENT_DISK && progress->stage)
		show(progress, "reading the disk", -1);
	else if (kind == EVENT_CHECK)
		show(progress, after ? checking_again : checking, percent_of(event));
	else if (kind == EVENT_RESIZE)
		show(progress, "growing the file system", percent_of(event));
	else if (kind == EVENT_VERIFY)
		show(progress, "reading the result back", -1);
}

void progress_close(struct progress *progress)
{
	if (progress->on_screen)
		fprintf(stderr, "\r\033[K");
	progress->on_screen = false;
}
