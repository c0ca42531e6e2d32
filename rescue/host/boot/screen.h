/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of a machine, looked at now and then: is a system up that prints nothing on its
 * serial console? A weak sign: what stays on the screen may be a login prompt, or a complaint.
 *
 * QEMU writes the screen as PPM (its command screendump) into memory that it shares with us. A
 * look keeps a checksum for each cell of 16 x 16 pixels. Source of the format: ppm(5). */
#ifndef BOOT_SCREEN_H
#define BOOT_SCREEN_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCREEN_CELL_PIXELS 16
#define SCREEN_CELLS_MAX   16384 /* 2048 x 2048 pixels */

struct screen_look {
	unsigned columns, rows; /* cells; 0: none */
	uint32_t cells[SCREEN_CELLS_MAX];
};

/* False if it is no whole PPM (P6, 8 bits), or too large. */
bool screen_parse(const unsigned char *ppm, size_t size_bytes, struct screen_look *ret_look);

/* Has it not changed, but for a cursor that blinks? */
bool screen_is_still(const struct screen_look *look, const struct screen_look *before);

/* Does it show the same, by and large: of the cells that are not the background of the other in
 * both, at most a quarter differs. */
bool screen_is_like(const struct screen_look *look, const struct screen_look *other);

/* Is there one colour, or nothing? */
bool screen_is_blank(const struct screen_look *look);

struct screen {
	int fd, write_fd;		  /* owned; QEMU gets write_fd; -1: none */
	const struct screen_look *wanted; /* borrowed; NULL: any that stays */
	struct screen_look loader, last;  /* when a boot loader was started; at the last look */
	bool has_loader;
	int64_t changed_ms; /* when it changed last */
	unsigned alike;	    /* looks in a row that are like the wanted one */
};

#define SCREEN_NONE ((struct screen){ .fd = -1, .write_fd = -1 })

/* Fault: no-memory. */
int screen_open(struct screen *screen, struct fault *fault);
void screen_close(struct screen *screen);

/* Before QEMU writes the next picture. */
void screen_clear(struct screen *screen);

/* After it has. loader_runs: a boot loader was started by then. */
void screen_take(struct screen *screen, bool loader_runs, int64_t now_ms);

/* Is a system up? It shows what is wanted, at two looks in a row; or, where nothing is wanted,
 * something else than the firmware did, which has not changed for quiet_ms. */
bool screen_is_up(const struct screen *screen, int64_t quiet_ms, int64_t now_ms);

#endif
