/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES   32 /* "P6\n1280 800\n255\n" */
#define PIXEL_BYTES  3
#define SIDE_MAX     4096
#define PICTURE_MAX  (SCREEN_CELLS_MAX * SCREEN_CELL_PIXELS * SCREEN_CELL_PIXELS * PIXEL_BYTES)
#define CURSOR_CELLS 2 /* a cursor of 9 x 16 pixels can lie in two */
/* When the firmware has said that it starts a loader, three dots may not be on the screen yet, and
 * the cursor is to move: a cursor here and one there. */
#define LOADER_CELLS   8
#define ALIKE_PER_CENT 75
#define FNV_BEGIN      2166136261u
#define FNV_PRIME      16777619u
#define LOOKS_IN_A_ROW 2

/* FNV-1a, of one cell; those at the edges are smaller. */
static uint32_t sum_cell(const unsigned char *pixels, unsigned width, unsigned height, unsigned x,
			 unsigned y)
{
	const unsigned right = x + SCREEN_CELL_PIXELS < width ? x + SCREEN_CELL_PIXELS : width;
	const unsigned bottom = y + SCREEN_CELL_PIXELS < height ? y + SCREEN_CELL_PIXELS : height;
	uint32_t sum = FNV_BEGIN;

	for (unsigned row = y; row < bottom; row++)
		for (size_t i = PIXEL_BYTES * ((size_t)row * width + x);
		     i < PIXEL_BYTES * ((size_t)row * width + right); i++)
			sum = (sum ^ pixels[i]) * FNV_PRIME;
	return sum;
}

bool screen_parse(const unsigned char *ppm, size_t size_bytes, struct screen_look *ret_look)
{
	char head[HEAD_BYTES + 1];
	unsigned width, height, columns, rows;
	int head_bytes = 0;
	const size_t copied = size_bytes < HEAD_BYTES ? size_bytes : HEAD_BYTES;

	memcpy(head, ppm, copied);
	head[copied] = '\0';
	if (sscanf(head, "P6\n%5u %5u\n255%*1[\n]%n", &width, &height, &head_bytes) != 2 ||
	    head_bytes == 0 || width == 0 || width > SIDE_MAX || height == 0 || height > SIDE_MAX)
		return false;
	columns = (width + SCREEN_CELL_PIXELS - 1) / SCREEN_CELL_PIXELS;
	rows = (height + SCREEN_CELL_PIXELS - 1) / SCREEN_CELL_PIXELS;
	if ((uint64_t)columns * rows > SCREEN_CELLS_MAX ||
	    (uint64_t)width * height * PIXEL_BYTES != size_bytes - (size_t)head_bytes)
		return false;
	ret_look->columns = columns;
	ret_look->rows = rows;
	for (unsigned i = 0; i < columns * rows; i++)
		ret_look->cells[i] =
			sum_cell(ppm + head_bytes, width, height, i % columns * SCREEN_CELL_PIXELS,
				 i / columns * SCREEN_CELL_PIXELS);
	return true;
}

static bool has_size_of(const struct screen_look *look, const struct screen_look *other)
{
	return look->columns == other->columns && look->rows == other->rows;
}

static bool differs_by(const struct screen_look *look, const struct screen_look *before,
		       unsigned cells)
{
	unsigned different = 0;

	if (!has_size_of(look, before))
		return true;
	for (unsigned i = 0; i < look->columns * look->rows; i++)
		different += look->cells[i] != before->cells[i];
	return different > cells;
}

bool screen_is_still(const struct screen_look *look, const struct screen_look *before)
{
	return !differs_by(look, before, CURSOR_CELLS);
}

/* What most cells are, by the vote of Boyer and Moore; where no half agrees, any of them. */
static uint32_t background(const struct screen_look *look)
{
	uint32_t candidate = 0;
	unsigned votes = 0;

	for (unsigned i = 0; i < look->columns * look->rows; i++) {
		if (votes == 0)
			candidate = look->cells[i];
		if (look->cells[i] == candidate)
			votes++;
		else
			votes--;
	}
	return candidate;
}

bool screen_is_like(const struct screen_look *look, const struct screen_look *other)
{
	const uint32_t ground = background(other);
	unsigned shown = 0, same = 0;

	if (!has_size_of(look, other))
		return false;
	for (unsigned i = 0; i < look->columns * look->rows; i++) {
		if (look->cells[i] == ground && other->cells[i] == ground)
			continue;
		shown++;
		same += look->cells[i] == other->cells[i];
	}
	return 100 * same >= ALIKE_PER_CENT * shown;
}

bool screen_is_blank(const struct screen_look *look)
{
	for (unsigned i = 1; i < look->columns * look->rows; i++)
		if (look->cells[i] != look->cells[0])
			return false;
	return true;
}

int screen_open(struct screen *screen, struct fault *fault)
{
	screen->fd = memfd_create("grow-disk-screen", MFD_CLOEXEC);
	screen->write_fd = screen->fd < 0 ? -1 : reopen(screen->fd, O_WRONLY);
	if (screen->write_fd >= 0)
		return 0;
	return fault_set_errno(fault, REASON_NO_MEMORY, errno, "No memory for the screen");
}

void screen_close(struct screen *screen)
{
	close_fdp(&screen->fd);
	close_fdp(&screen->write_fd);
}

void screen_clear(struct screen *screen)
{
	(void)!ftruncate(screen->fd, 0);
	(void)lseek(screen->write_fd, 0, SEEK_SET);
}

/* What QEMU has written; NULL if that is nothing, or too much. */
static unsigned char *read_picture(int fd, size_t *ret_bytes)
{
	struct stat status;
	unsigned char *bytes;

	if (fstat(fd, &status) < 0 || status.st_size <= 0 ||
	    status.st_size > PICTURE_MAX + HEAD_BYTES)
		return NULL;
	*ret_bytes = (size_t)status.st_size;
	bytes = malloc(*ret_bytes);
	if (bytes && pread(fd, bytes, *ret_bytes, 0) != status.st_size) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

void screen_take(struct screen *screen, bool loader_runs, int64_t now_ms)
{
	size_t size_bytes = 0;
	cleanup_free unsigned char *picture = read_picture(screen->fd, &size_bytes);
	cleanup_free struct screen_look *look = malloc(sizeof(*look));

	if (!picture || !look || !screen_parse(picture, size_bytes, look))
		return;
	if (loader_runs && !screen->has_loader) {
		screen->loader = *look;
		screen->has_loader = true;
	}
	if (!screen_is_still(look, &screen->last))
		screen->changed_ms = now_ms;
	screen->alike =
		screen->wanted && screen_is_like(look, screen->wanted) ? screen->alike + 1 : 0;
	screen->last = *look;
}

bool screen_is_up(const struct screen *screen, int64_t quiet_ms, int64_t now_ms)
{
	if (screen->wanted)
		return screen->alike >= LOOKS_IN_A_ROW;
	return screen->has_loader && !screen_is_blank(&screen->last) &&
	       differs_by(&screen->last, &screen->loader, LOADER_CELLS) &&
	       now_ms - screen->changed_ms >= quiet_ms;
}
