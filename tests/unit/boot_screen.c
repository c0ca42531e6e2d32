/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/boot/screen.c: what is on a screen, and whether a system is up by that. */
#include "host/boot/screen.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH	    160
#define HEIGHT	    64 /* 10 x 4 cells */
#define HEAD	    "P6\n160 64\n255\n"
#define PICTURE_MAX (sizeof(HEAD) - 1 + 3 * WIDTH * HEIGHT)

/* A picture with that in the pixels at the begin of the first so many cells; their beginning is
 * letter, which is told apart. Returns its size. */
static size_t draw(unsigned char picture[PICTURE_MAX], unsigned cells, unsigned char letter)
{
	unsigned char *pixels = picture + sizeof(HEAD) - 1;

	memset(picture, 0, PICTURE_MAX);
	memcpy(picture, HEAD, sizeof(HEAD) - 1);
	for (unsigned i = 0; i < cells; i++)
		pixels[3 * ((size_t)(i / 10) * 16 * WIDTH + (size_t)(i % 10) * 16)] = letter;
	return PICTURE_MAX;
}

static struct screen_look look_at(unsigned cells, unsigned char letter)
{
	static struct screen_look look;
	unsigned char picture[PICTURE_MAX];

	assert_true(screen_parse(picture, draw(picture, cells, letter), &look));
	return look;
}

static void a_picture_is_read(void **state)
{
	struct screen_look look = look_at(11, 'x');

	(void)state;
	assert_int_equal(look.columns, 10);
	assert_int_equal(look.rows, 4);
	for (int i = 0; i < 40; i++)
		assert_true((look.cells[i] == look.cells[0]) == (i < 11));
}

static void what_is_no_picture_is_refused(void **state)
{
	static const char *const heads[] = { "P5\n1 1\n255\n...",   "P6\n1 1\n65535\n...",
					     "P6\n0 1\n255\n",	    "P6\n1 0\n255\n",
					     "P6\n-1 -1\n255\n...", "P6\n99999 99999\n255\n...",
					     "P6\n1 1\n255",	    "P6\n1 1\n255 ...",
					     "P6\n1 1\n255\n....",  "" };
	static struct screen_look look;
	unsigned char picture[PICTURE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (screen_parse((const unsigned char *)heads[i], strlen(heads[i]), &look))
			fail_msg("accepted: %s", heads[i]);
	assert_true(screen_parse((const unsigned char *)"P6\n1 1\n255\n...", 14, &look));
	/* Whatever it is cut to, it is none. */
	draw(picture, 1, 'x');
	for (size_t size_bytes = 0; size_bytes < PICTURE_MAX; size_bytes += 7) {
		unsigned char *part = malloc(size_bytes + 1);

		assert_non_null(part);
		memcpy(part, picture, size_bytes);
		assert_false(screen_parse(part, size_bytes, &look));
		free(part);
	}
}

static void a_cursor_may_blink(void **state)
{
	const struct screen_look text = look_at(20, 'x'), cursor = look_at(22, 'x'),
				 more = look_at(23, 'x');
	struct screen_look other = text;

	(void)state;
	assert_true(screen_is_still(&text, &text));
	assert_true(screen_is_still(&cursor, &text));
	assert_false(screen_is_still(&more, &text));
	other.columns = 4;
	other.rows = 10;
	assert_false(screen_is_still(&other, &text));
}

static void alike_is_three_quarters(void **state)
{
	const struct screen_look text = look_at(12, 'x'), longer = look_at(16, 'x'),
				 too_long = look_at(17, 'x'), other = look_at(12, 'y'),
				 blank = look_at(0, 'x');

	(void)state;
	assert_true(screen_is_like(&text, &text));
	assert_true(screen_is_like(&longer, &text));
	assert_true(screen_is_like(&text, &longer));
	assert_false(screen_is_like(&too_long, &text));
	assert_false(screen_is_like(&other, &text));
	assert_false(screen_is_like(&blank, &text));
	assert_true(screen_is_blank(&blank));
	assert_false(screen_is_blank(&text));
}

/* As QEMU does. */
static void show(struct screen *screen, unsigned cells, unsigned char letter, bool loader_runs,
		 int64_t now_ms)
{
	unsigned char picture[PICTURE_MAX];
	size_t size_bytes = draw(picture, cells, letter);

	screen_clear(screen);
	assert_int_equal(write(screen->write_fd, picture, size_bytes), size_bytes);
	screen_take(screen, loader_runs, now_ms);
}

static void what_stays_is_a_system(void **state)
{
	struct screen *screen = calloc(1, sizeof(*screen));
	struct fault fault;

	(void)state;
	assert_non_null(screen);
	*screen = SCREEN_NONE;
	assert_int_equal(screen_open(screen, &fault), 0);
	show(screen, 5, 'f', false, 1000); /* the firmware */
	assert_false(screen_is_up(screen, 10, 9000));
	show(screen, 6, 'f', true, 10000); /* it starts a boot loader, and stays */
	assert_false(screen_is_up(screen, 10, 99000));
	show(screen, 14, 'f', true, 99000); /* the end of its last line, and its cursor */
	assert_false(screen_is_up(screen, 10, 99999));
	show(screen, 20, 'x', true, 100000);
	assert_false(screen_is_up(screen, 60000, 159999));
	show(screen, 21, 'x', true, 130000); /* only the cursor */
	assert_true(screen_is_up(screen, 60000, 160000));
	show(screen, 0, 'x', true, 170000); /* nothing is no system */
	assert_false(screen_is_up(screen, 60000, 999000));
	screen_close(screen);
	free(screen);
}

static void what_is_wanted_comes_twice(void **state)
{
	static struct screen_look wanted;
	struct screen *screen = calloc(1, sizeof(*screen));
	struct fault fault;

	(void)state;
	assert_non_null(screen);
	*screen = SCREEN_NONE;
	wanted = look_at(20, 'x');
	screen->wanted = &wanted;
	assert_int_equal(screen_open(screen, &fault), 0);
	show(screen, 20, 'x', true, 1000);
	assert_false(screen_is_up(screen, 10, 1000));
	show(screen, 20, 'y', true, 3000);
	show(screen, 20, 'x', true, 5000);
	assert_false(screen_is_up(screen, 10, 5000));
	screen_clear(screen); /* QEMU has written nothing: as if nobody had looked */
	screen_take(screen, true, 6000);
	assert_false(screen_is_up(screen, 10, 6000));
	show(screen, 20, 'x', true, 7000);
	assert_true(screen_is_up(screen, 10, 7000));
	screen_close(screen);
	free(screen);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_picture_is_read),	  cmocka_unit_test(what_is_no_picture_is_refused),
	cmocka_unit_test(a_cursor_may_blink),	  cmocka_unit_test(alike_is_three_quarters),
	cmocka_unit_test(what_stays_is_a_system), cmocka_unit_test(what_is_wanted_comes_twice),
};

UNIT_MAIN(tests)
