/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/io.h"
#include "base/spawn.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	int read_end, write_end;
	struct line_reader reader;
};

static void begin(struct fixture *fixture, size_t max_bytes)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	*fixture = (struct fixture){ .read_end = ends[0], .write_end = ends[1] };
	assert_int_equal(line_reader_open(&fixture->reader, ends[0], max_bytes), 0);
}

static void end(struct fixture *fixture)
{
	line_reader_close(&fixture->reader);
	close(fixture->read_end);
	close(fixture->write_end);
}

static void lines_come_one_by_one(void **state)
{
	struct fixture fixture;
	char *line;
	size_t size;

	(void)state;
	begin(&fixture, 16);
	assert_int_equal(write_all(fixture.write_end, "one\ntwo\nthr", 11, 1000), 0);
	assert_int_equal(line_reader_fill(&fixture.reader), 1);
	assert_int_equal(line_reader_next(&fixture.reader, &line, &size), 1);
	assert_string_equal(line, "one");
	assert_int_equal(line_reader_next(&fixture.reader, &line, &size), 1);
	assert_string_equal(line, "two");
	assert_int_equal(line_reader_next(&fixture.reader, &line, &size), 0);
	assert_int_equal(write_all(fixture.write_end, "ee\n", 3, 1000), 0);
	assert_int_equal(line_reader_fill(&fixture.reader), 1);
	assert_int_equal(line_reader_next(&fixture.reader, &line, &size), 1);
	assert_string_equal(line, "three");
	assert_int_equal(size, 5);
	end(&fixture);
}

static void the_longest_line_fits_and_one_more_does_not(void **state)
{
	struct fixture fixture;
	char *line;
	size_t size;

	(void)state;
	begin(&fixture, 4);
	assert_int_equal(write_all(fixture.write_end, "abcd\nabcde\n", 11, 1000), 0);
	assert_int_equal(line_reader_fill(&fixture.reader), 1);
	assert_int_equal(line_reader_next(&fixture.reader, &line, &size), 1);
	assert_string_equal(line, "abcd");
	assert_int_equal(line_reader_fill(&fixture.reader), 1);
	assert_int_equal(line_reader_next(&fixture.reader, &line, &size), -1);
	assert_int_equal(errno, EMSGSIZE);
	end(&fixture);
}

static void a_nul_byte_is_no_text(void **state)
{
	struct fixture fixture;
	char *line;
	size_t size;

	(void)state;
	begin(&fixture, 16);
	assert_int_equal(write_all(fixture.write_end, "a\0b\n", 4, 1000), 0);
	assert_int_equal(line_reader_fill(&fixture.reader), 1);
	assert_int_equal(line_reader_next(&fixture.reader, &line, &size), -1);
	assert_int_equal(errno, EILSEQ);
	end(&fixture);
}

static void a_full_pipe_ends_in_a_timeout(void **state)
{
	static const char much[1 << 20];
	struct fixture fixture;

	(void)state;
	begin(&fixture, 16);
	assert_int_equal(write_all(fixture.write_end, much, sizeof(much), 50), -1);
	assert_int_equal(errno, ETIMEDOUT);
	end(&fixture);
}

struct heard {
	char output[256], channel[64];
	int ticks;
};

static void hear_output(void *context, const char *bytes, size_t size)
{
	struct heard *heard = context;

	strncat(heard->output, bytes, size);
}

static void hear_channel(void *context, const char *bytes, size_t size)
{
	struct heard *heard = context;

	strncat(heard->channel, bytes, size);
}

static void hear_tick(void *context)
{
	((struct heard *)context)->ticks++;
}

static int run(const char *script, bool no_stdin, struct heard *heard, int *ret_status,
	       struct fault *fault)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	const struct spawn spawn = { .argv = argv,
				     .no_stdin = no_stdin,
				     .on_output = hear_output,
				     .on_channel = hear_channel,
				     .on_tick = hear_tick,
				     .tick_ms = 20,
				     .context = heard };

	*heard = (struct heard){ 0 };
	return spawn_run(&spawn, ret_status, fault);
}

static void a_child_is_heard(void **state)
{
	struct heard heard;
	struct fault fault;
	int status;

	(void)state;
	assert_int_equal(run("echo out; echo err >&2; echo more >&3; sleep 0.1; exit 7", false,
			     &heard, &status, &fault),
			 0);
	assert_int_equal(status, 7);
	assert_string_equal(heard.output, "out\nerr\n");
	assert_string_equal(heard.channel, "more\n");
	assert_true(heard.ticks >= 2);
}

static void count(void *context, const char *bytes, size_t size)
{
	size_t *counts = context;

	(void)bytes;
	counts[0]++;
	counts[1] += size;
}

/* To wake us for every line of e2fsck costs more than its work between them. */
static void a_child_that_says_much_is_heard_in_bundles(void **state)
{
	static const char script[] =
		"i=0; while [ $i -lt 5000 ]; do echo line >&3; i=$((i + 1)); done;"
		"head -c 3000000 /dev/zero >&3";
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	size_t counts[2] = { 0 };
	const struct spawn spawn = {
		.argv = argv, .on_channel = count, .tick_ms = 500, .context = counts
	};
	struct fault fault;
	int status;

	(void)state;
	assert_int_equal(spawn_run(&spawn, &status, &fault), 0);
	assert_int_equal(status, 0);
	assert_int_equal(counts[1], 5000 * strlen("line\n") + 3000000);
	assert_in_range(counts[0], 1, counts[1] / 1000);
}

static void a_child_without_input_opens_its_first_file_as_zero(void **state)
{
	struct heard heard;
	struct fault fault;
	int status;

	(void)state;
	assert_int_equal(
		run("test -e /proc/self/fd/0 && exit 1; exit 0", true, &heard, &status, &fault), 0);
	/* the shell's own test opens nothing: descriptor 0 is not there */
	assert_int_equal(status, 0);
}

static void a_child_reads_its_answers_and_then_the_end(void **state)
{
	const char *argv[] = { "/bin/sh", "-c", "read a; read b || echo \"$a\"", NULL };
	struct heard heard = { 0 };
	const struct spawn spawn = { .argv = argv,
				     .input = "no\n",
				     .on_output = hear_output,
				     .tick_ms = 500,
				     .context = &heard };
	struct fault fault;
	int status;

	(void)state;
	assert_int_equal(spawn_run(&spawn, &status, &fault), 0);
	assert_int_equal(status, 0);
	assert_string_equal(heard.output, "no\n");
}

static void deaths_are_told_apart(void **state)
{
	struct heard heard;
	struct fault fault;
	int status;

	(void)state;
	assert_int_equal(run("kill -KILL $$", false, &heard, &status, &fault), -1);
	assert_int_equal(fault.reason, REASON_FS_NEEDS_MEMORY);
	assert_int_equal(run("kill -SEGV $$", false, &heard, &status, &fault), -1);
	assert_int_equal(fault.reason, REASON_INTERNAL);
}

static void a_missing_program_is_named(void **state)
{
	const char *argv[] = { "/nowhere/e2fsck", NULL };
	const struct spawn spawn = { .argv = argv, .tick_ms = 100 };
	struct fault fault;
	int status;

	(void)state;
	assert_int_equal(spawn_run(&spawn, &status, &fault), -1);
	assert_non_null(strstr(fault.message, "/nowhere/e2fsck"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lines_come_one_by_one),
	cmocka_unit_test(the_longest_line_fits_and_one_more_does_not),
	cmocka_unit_test(a_nul_byte_is_no_text),
	cmocka_unit_test(a_full_pipe_ends_in_a_timeout),
	cmocka_unit_test(a_child_is_heard),
	cmocka_unit_test(a_child_that_says_much_is_heard_in_bundles),
	cmocka_unit_test(a_child_without_input_opens_its_first_file_as_zero),
	cmocka_unit_test(a_child_reads_its_answers_and_then_the_end),
	cmocka_unit_test(deaths_are_told_apart),
	cmocka_unit_test(a_missing_program_is_named),
};
UNIT_MAIN(tests)
