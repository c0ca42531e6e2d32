/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/program.c: programs that behave, and those that do not. */
#include "base/cleanup.h"
#include "base/io.h"
#include "host/confine/landlock.h"
#include "host/program.h"
#include "host/signals.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char folder[64];
static struct interrupt interrupt;
static const struct programs programs = { .interrupt = &interrupt };

static struct program_end run_program(const struct program *program)
{
	struct program_end end;
	struct fault fault;

	if (program_run(&programs, program, &end, &fault) < 0)
		fail_msg("%s", fault.message);
	return end;
}

static struct program_end run_shell(const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return run_program(&(struct program){ .argv = argv });
}

static void output_and_status(void **state)
{
	struct program_end end = run_shell("printf 'a\\nb\\n'; exit 3");

	(void)state;
	assert_int_equal(end.exit_status, 3);
	assert_int_equal(end.signal_number, 0);
	assert_string_equal(end.output, "a\nb\n");
	assert_int_equal(end.output_bytes, 4);
	assert_string_equal(end.complaint, "");
	program_end_close(&end);
	end = run_shell(":");
	assert_int_equal(end.exit_status, 0);
	assert_null(end.output);
	program_end_close(&end);
	/* More than a pipe holds, to its last byte, NUL bytes as well. */
	end = run_shell("head -c 1000000 /dev/zero; printf end");
	assert_int_equal(end.output_bytes, 1000003);
	assert_memory_equal(end.output + 999999, "\0end", 5);
	program_end_close(&end);
}

static void the_complaint(void **state)
{
	static const struct {
		const char *script, *complaint;
	} cases[] = {
		{ "echo 'qemu-img: Could not open' >&2; echo more >&2", "Could not open" },
		/* What begins with its own name, and the last of that. */
		{ "printf 'sh: Error deleting.\\nsh: Could not write.\\nIs it there?\\n' >&2",
		  "Could not write" },
		{ "printf 'sh 1.5.4 : A banner.\\n\\nsh : FAILURE : Too large\\n' >&2",
		  "FAILURE : Too large" },
		{ "echo 'It failed.' >&2", "It failed" },
		{ "printf 'no newline' >&2", "no newline" },
		{ "printf '\\nsecond' >&2", "" },
		{ "printf 'a:b' >&2", "a:b" },
		{ "printf 'name: ' >&2", "" },
		{ "echo out; echo 'x: err' >&2", "err" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct program_end end = run_shell(cases[i].script);

		assert_string_equal(end.complaint, cases[i].complaint);
		program_end_close(&end);
	}
}

/* It complains of more than is kept, and is not held up by that. */
static void a_long_complaint(void **state)
{
	struct program_end end = run_shell("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1");

	(void)state;
	assert_int_equal(end.exit_status, 1);
	assert_int_equal(strlen(end.complaint), PROGRAM_COMPLAINT_BYTES - 1);
	program_end_close(&end);
}

static void a_signal_ended_it(void **state)
{
	struct program_end end = run_shell("kill -USR1 $$");
	struct fault fault;

	(void)state;
	assert_int_equal(end.exit_status, -1);
	assert_int_equal(end.signal_number, SIGUSR1);
	assert_int_equal(program_fault(&end, REASON_IMAGE_CORRUPT, &fault, "It failed"), -1);
	assert_int_equal(fault.reason, REASON_IMAGE_CORRUPT);
	end = run_shell("kill -KILL $$");
	assert_int_equal(end.signal_number, SIGKILL);
	assert_int_equal(program_fault(&end, REASON_IMAGE_CORRUPT, &fault, "It failed"), -1);
	assert_int_equal(fault.reason, REASON_NO_MEMORY);
}

/* The kernel kills with SIGKILL at a hard limit, which would be told as a lack of memory. */
static void too_much_time(void **state)
{
	const char *const argv[] = { "sh", "-c", "while :; do :; done", NULL };
	struct program_end end = run_program(&(struct program){ .argv = argv, .cpu_seconds = 1 });
	struct fault fault;

	(void)state;
	assert_int_equal(end.signal_number, SIGXCPU);
	assert_int_equal(program_fault(&end, REASON_IMAGE_CORRUPT, &fault, "It failed"), -1);
	assert_int_equal(fault.reason, REASON_IMAGE_CORRUPT);
}

static void reasons_by_complaints(void **state)
{
	static const struct {
		const char *complaint;
		enum reason reason;
	} cases[] = {
		{ "Could not write: No space left on device", REASON_NO_SPACE },
		{ "Disk quota exceeded", REASON_NO_SPACE },
		{ "FAILURE : Image size 695s exceeds free space on media 650s", REASON_NO_SPACE },
		{ "read failed: Input/output error", REASON_DISK_IO },
		{ "Cannot allocate memory", REASON_NO_MEMORY },
		{ "Image is corrupt", REASON_IMAGE_CORRUPT },
		{ "", REASON_IMAGE_CORRUPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct program_end end = { .exit_status = 1 };
		struct fault fault;

		strcpy(end.complaint, cases[i].complaint);
		program_fault(&end, REASON_IMAGE_CORRUPT, &fault, "It failed");
		assert_int_equal(fault.reason, cases[i].reason);
		assert_non_null(strstr(fault.message, cases[i].complaint));
	}
}

static void a_missing_program(void **state)
{
	static const char *const names[] = { "no-such-program-here", "/etc/passwd", "/usr/bin",
					     "" };
	struct program_end end;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const argv[] = { names[i], NULL };

		assert_int_equal(
			program_run(&programs, &(struct program){ .argv = argv }, &end, &fault),
			-1);
		assert_int_equal(fault.reason, REASON_MISSING_PROGRAM);
		assert_null(end.output);
	}
}

/* PATH as a shell reads it. */
static void programs_are_found(void **state)
{
	char *before = strdup(getenv("PATH")), found[PATH_MAX], wanted[128];

	(void)state;
	snprintf(wanted, sizeof(wanted), "%s/tool", folder);
	assert_int_equal(close(creat(wanted, 0700)), 0);
	assert_int_equal(chdir(folder), 0);
	static const char *const paths[] = { "%s", "/none:%s", ":", "/none:", ".", "%s:/bin" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *mark = strstr(paths[i], "%s");
		char path[256];

		snprintf(path, sizeof(path), "%.*s%s%s",
			 mark ? (int)(mark - paths[i]) : (int)strlen(paths[i]), paths[i],
			 mark ? folder : "", mark ? mark + 2 : "");
		setenv("PATH", path, 1);
		if (program_find("tool", found) < 0)
			fail_msg("PATH=%s", path);
		assert_string_equal(found, wanted);
	}
	chmod(wanted, 0600);
	assert_int_equal(program_find("tool", found), -1);
	unsetenv("PATH");
	assert_int_equal(program_find("sh", found), 0);
	setenv("PATH", before, 1);
	free(before);
	assert_int_equal(chdir("/"), 0);
	unlink(wanted);
}

/* Only its descriptors, an empty standard input, words in English. */
static void what_it_inherits(void **state)
{
	const char *const argv[] = { "sh", "-c",
				     "cat; echo $LC_ALL; for n in 3 4 5 6 7 8 9; do "
				     "[ ! -e /proc/self/fd/$n ] || echo $n; done",
				     NULL };
	int mine = dup2(STDERR_FILENO, 7), other = dup2(STDERR_FILENO, 8);
	struct program_end end = run_program(&(struct program){
		.argv = argv, .fds = { mine }, .grants = { { "/proc", MAY_READ } } });

	(void)state;
	assert_string_equal(end.output, "C\n7\n");
	program_end_close(&end);
	close(mine);
	close(other);
}

static bool has_landlock(void)
{
	const char *must_run = getenv("MUST_RUN");
	int rules_fd = landlock_open();

	if (rules_fd >= 0) {
		close(rules_fd);
		return true;
	}
	if (must_run && strcmp(must_run, "1") == 0)
		fail_msg("MUST_RUN=1, but this kernel has no Landlock");
	print_message("this kernel has no Landlock\n");
	return false;
}

static void it_sees_what_is_granted(void **state)
{
	char path[128], script[600];
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct program_end end;
	cleanup_fd int fd = -1;

	(void)state;
	if (!has_landlock())
		skip();
	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "text\n", 5), 5);
	snprintf(script, sizeof(script),
		 "cat %s || echo unread; echo x | dd of=%s conv=notrunc,nocreat || echo unwritten; "
		 "(: >%s/new) || "
		 "echo not made; cat /etc/passwd || echo no users",
		 path, path, folder);
	end = run_program(&(struct program){ .argv = argv });
	assert_string_equal(end.output, "unread\nunwritten\nnot made\nno users\n");
	program_end_close(&end);
	end = run_program(&(struct program){ .argv = argv, .grants = { { path, MAY_READ } } });
	assert_string_equal(end.output, "text\nunwritten\nnot made\nno users\n");
	program_end_close(&end);
	end = run_program(&(struct program){
		.argv = argv, .grants = { { NULL, 0 }, { path, MAY_READ | MAY_WRITE } } });
	assert_string_equal(end.output, "text\nnot made\nno users\n");
	program_end_close(&end);
	unlink(path);
}

static void count_bytes(void *context, const char *bytes, size_t size_bytes)
{
	size_t *sum = context;

	assert_int_equal(bytes[0], 'y');
	*sum += size_bytes;
	if (interrupt.signal_number == 0 && *sum > 40u << 20)
		raise(SIGTERM);
}

/* A signal to us ends it, however much it still says. */
static void one_that_writes_for_ever(void **state)
{
	const char *const argv[] = { "yes", NULL };
	size_t sum = 0;
	struct program program = { .argv = argv, .on_output = count_bytes, .context = &sum };
	struct program_end end;
	struct fault fault;

	(void)state;
	assert_int_equal(program_run(&programs, &program, &end, &fault), -1);
	assert_int_equal(fault.reason, REASON_INTERRUPTED);
	assert_true(sum > 40u << 20);
	assert_null(end.output);
}

/* What is kept of its words has a bound. */
static void one_that_says_too_much(void **state)
{
	struct program_end end = run_shell("yes | head -c 50000000");

	(void)state;
	assert_int_equal(end.exit_status, 0);
	assert_in_range(end.output_bytes, 1 << 20, 16 << 20);
	program_end_close(&end);
}

static void raise_once(void *context, const char *bytes, size_t size_bytes)
{
	(void)context, (void)bytes, (void)size_bytes;
	raise(SIGINT);
}

/* It gets SIGTERM, ignores it, and is killed when the grace is over. */
static void one_that_ignores_signals(void **state)
{
	const char *const argv[] = { "sh", "-c", "trap '' TERM; echo; exec sleep 600", NULL };
	struct program program = { .argv = argv, .on_output = raise_once };
	int64_t begun_ms = clock_ms();
	struct program_end end;
	struct fault fault;

	(void)state;
	assert_int_equal(program_run(&programs, &program, &end, &fault), -1);
	assert_int_equal(fault.reason, REASON_INTERRUPTED);
	assert_non_null(strstr(fault.message, "SIGINT"));
	assert_true(clock_ms() - begun_ms >= INTERRUPT_GRACE_MS);
	assert_int_equal(end.signal_number, SIGKILL);
}

/* One that finishes is not ended by a signal that comes in time. */
static void one_that_finishes(void **state)
{
	const char *const argv[] = { "sh", "-c", "echo; sleep 1; exit 5", NULL };
	struct program program = { .argv = argv, .on_output = raise_once, .finishes = true };
	struct program_end end = run_program(&program);

	(void)state;
	assert_int_equal(end.exit_status, 5);
	assert_int_equal(interrupt.signal_number, SIGINT);
}

static void started_and_stopped(void **state)
{
	const char *const argv[] = { "sh", "-c", "echo 'x: said' >&2; echo; exec sleep 600", NULL };
	struct program_process process;
	char complaint[PROGRAM_COMPLAINT_BYTES], byte = 0;
	struct program program = { .argv = argv };
	struct fault fault;
	pid_t pid;

	(void)state;
	assert_int_equal(program_start(&programs, &program, &process, &fault), 0);
	while (read(process.output_fd, &byte, 1) != 1)
		;
	pid = process.pid;
	program_stop(&process, complaint);
	assert_string_equal(complaint, "said");
	assert_int_equal(process.pid, 0);
	assert_int_equal(process.output_fd, -1);
	assert_int_equal(kill(pid, 0), -1);
}

static int begin(void **state)
{
	struct fault fault;

	(void)state;
	interrupt = (struct interrupt){ 0 };
	strcpy(folder, "/tmp/grow-disk-unit.XXXXXX");
	return mkdtemp(folder) ? signals_open(&interrupt.signals_fd, &fault) : -1;
}

static int end_test(void **state)
{
	(void)state;
	return rmdir(folder);
}

#define WITH_SIGNALS(test) cmocka_unit_test_setup_teardown(test, begin, end_test)

static const struct CMUnitTest tests[] = {
	WITH_SIGNALS(output_and_status),
	WITH_SIGNALS(the_complaint),
	WITH_SIGNALS(a_long_complaint),
	WITH_SIGNALS(a_signal_ended_it),
	WITH_SIGNALS(too_much_time),
	WITH_SIGNALS(reasons_by_complaints),
	WITH_SIGNALS(a_missing_program),
	WITH_SIGNALS(programs_are_found),
	WITH_SIGNALS(what_it_inherits),
	WITH_SIGNALS(it_sees_what_is_granted),
	WITH_SIGNALS(one_that_writes_for_ever),
	WITH_SIGNALS(one_that_says_too_much),
	WITH_SIGNALS(one_that_ignores_signals),
	WITH_SIGNALS(one_that_finishes),
	WITH_SIGNALS(started_and_stopped),
};
UNIT_MAIN(tests)
