/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/base/relay.c: every byte goes through, in order, whoever is slow. */
#include "base/relay.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct pipes {
	int in[2], out[2];
	struct relay relay;
};

static int set_up(void **state)
{
	static struct pipes pipes;

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(pipes.in, O_NONBLOCK) < 0 || pipe2(pipes.out, O_NONBLOCK) < 0)
		return -1;
	pipes.relay = (struct relay){ .from = pipes.in[0], .to = pipes.out[1] };
	*state = &pipes;
	return 0;
}

static int tear_down(void **state)
{
	struct pipes *pipes = *state;

	for (int i = 0; i < 2; i++) {
		close(pipes->in[i]);
		close(pipes->out[i]);
	}
	return 0;
}

/* One turn of a loop; whether there was something to do. */
static bool turn(struct relay *relay)
{
	struct pollfd slot = relay_slot(relay);

	if (slot.fd < 0 || poll(&slot, 1, 0) <= 0)
		return false;
	(void)relay_step(relay, &slot);
	return true;
}

static void nothing_is_lost_when_the_reader_is_slow(void **state)
{
	struct pipes *pipes = *state;
	size_t sent = 0, got = 0;
	unsigned char data[1000], back[700];

	while (got < 300000) {
		ssize_t count;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (unsigned char)((sent + i) % 251);
		count = sent < 300000 ? write(pipes->in[1], data, sizeof(data)) : -1;
		sent += count > 0 ? (size_t)count : 0;
		while (turn(&pipes->relay))
			;
		count = read(pipes->out[0], back, sizeof(back));
		for (ssize_t i = 0; i < count; i++)
			assert_int_equal(back[i], (got + (size_t)i) % 251);
		got += count > 0 ? (size_t)count : 0;
	}
	assert_int_equal(got, sent);
	assert_int_equal(pipes->relay.bytes, sent);
}

static void an_end_is_seen_after_all_bytes(void **state)
{
	struct pipes *pipes = *state;

	assert_int_equal(write(pipes->in[1], "abc", 3), 3);
	close(pipes->in[1]);
	while (turn(&pipes->relay))
		;
	assert_true(pipes->relay.ended);
	assert_int_equal(pipes->relay.error, 0);
	assert_true(relay_is_empty(&pipes->relay));
	assert_int_equal(pipes->relay.bytes, 3);
	assert_int_equal(relay_slot(&pipes->relay).fd, -1);
}

static void a_reader_that_is_gone_is_noticed(void **state)
{
	struct pipes *pipes = *state;

	close(pipes->out[0]);
	assert_int_equal(write(pipes->in[1], "abc", 3), 3);
	assert_true(turn(&pipes->relay));
	assert_true(turn(&pipes->relay));
	assert_true(pipes->relay.broken);
	assert_int_equal(pipes->relay.error, EPIPE);
}

static void what_cannot_be_read_is_no_plain_end(void **state)
{
	struct pipes *pipes = *state;
	int folder = open("/", O_RDONLY);

	pipes->relay.from = folder;
	assert_true(turn(&pipes->relay));
	assert_true(pipes->relay.ended);
	assert_int_equal(pipes->relay.error, EISDIR);
	close(folder);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_reader_is_slow, set_up, tear_down),
	cmocka_unit_test_setup_teardown(an_end_is_seen_after_all_bytes, set_up, tear_down),
	cmocka_unit_test_setup_teardown(a_reader_that_is_gone_is_noticed, set_up, tear_down),
	cmocka_unit_test_setup_teardown(what_cannot_be_read_is_no_plain_end, set_up, tear_down),
};
UNIT_MAIN(tests)
