/* SPDX-License-Identifier: GPL-2.0-or-later */
/* measure [-m] [-d FOLDER] [-l PATTERN] -o FILE -- COMMAND [ARGUMENT]...: run the command and write
 * what it cost, as one JSON object, into FILE. The exit status is the command's.
 *
 * - wall_s: from fork to exit, by a monotonic clock
 * - cpu_s: user and system time of the command and of all that it started, orphans too
 * - machine_cpu_s: what the whole machine worked until the last orphan had ended: the same, the
 *   kernel's threads, and strangers
 * - exit_status: 128 + N for signal N
 * - with -d, disk_before_bytes and disk_after_bytes: what the files in FOLDER take on the disk
 * - with -m, peak_memory_bytes: the most that all these processes took at once
 * - with both, peak_disk_bytes: the most that the files took; peak_log_bytes: the same, of files
 *   whose name fits PATTERN
 *
 * Peaks are sampled every 5 ms, which takes time itself: runs that are timed go without -m. Daemons
 * that the command starts stay in the family: this process is the reaper of orphans. */
#include "../tests/faults/family.h"
#include "sample.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_S	       20 /* for the command to tidy up after a signal */
#define ORPHAN_S       2  /* for what it has left running, after it ended */
#define EXIT_NO_START  127
#define EXIT_BY_SIGNAL 128

static const struct timespec sample_interval = { .tv_nsec = 5000000 };

struct options {
	bool memory;
	const char *folder, *log_pattern, *output;
	char **command;
};

struct cost {
	double wall_s, machine_cpu_s;
	int exit_status;
	uint64_t disk_before_bytes, disk_after_bytes;
	uint64_t peak_memory_bytes, peak_disk_bytes, peak_log_bytes;
};

static volatile sig_atomic_t caught;
static volatile pid_t command_pid;

/* Whoever stops us means the command, which is a process group of its own. */
static void on_signal(int number)
{
	caught = number;
	if (command_pid > 0)
		kill(-command_pid, SIGTERM);
	alarm(GRACE_S);
}

static void on_alarm(int number)
{
	(void)number;
	if (command_pid > 0)
		kill(-command_pid, SIGKILL);
}

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void sample_peaks(const struct options *options, struct cost *cost)
{
	uint64_t log_bytes;

	cost->peak_memory_bytes = larger(cost->peak_memory_bytes, sample_memory_bytes());
	if (!options->folder)
		return;
	cost->peak_disk_bytes =
		larger(cost->peak_disk_bytes,
		       sample_disk_bytes(options->folder, options->log_pattern, &log_bytes));
	cost->peak_log_bytes = larger(cost->peak_log_bytes, log_bytes);
}

/* Collect the command, and orphans on the way. */
static int wait_for_command(const struct options *options, struct cost *cost)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, options->memory ? WNOHANG : 0);
		if (pid == command_pid)
			break;
		if (pid < 0 && errno != EINTR)
			fail("waitpid");
		if (pid == 0) {
			sample_peaks(options, cost);
			nanosleep(&sample_interval, NULL);
		}
	}
	return WIFSIGNALED(status) ? EXIT_BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* What the command left running belongs to its cost, and must not disturb the
 * next one. */
static void wait_for_orphans(void)
{
	static pid_t family[FAMILY_MAX];
	double until = seconds_now() + ORPHAN_S;

	while (waitpid(-1, NULL, WNOHANG) >= 0) {
		if (seconds_now() > until)
			for (size_t count = family_find(family); count > 0; count--)
				kill(family[count - 1], SIGKILL);
		nanosleep(&sample_interval, NULL);
	}
}

static void become_reaper(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail("prctl");
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGINT, SIG_DFL); /* a shell leaves it ignored in what it starts with & */
		execvp(command[0], command);
		perror(command[0]);
		_exit(EXIT_NO_START);
	}
	setpgid(pid, pid); /* whoever of us two comes first */
	return pid;
}

static void run(const struct options *options, struct cost *ret_cost)
{
	uint64_t log_bytes;

	*ret_cost = (struct cost){ 0 };
	become_reaper();
	if (options->folder)
		ret_cost->disk_before_bytes = ret_cost->peak_disk_bytes =
			sample_disk_bytes(options->folder, NULL, &log_bytes);
	ret_cost->machine_cpu_s = sample_machine_cpu_s();
	ret_cost->wall_s = seconds_now();
	command_pid = start(options->command);
	ret_cost->exit_status = wait_for_command(options, ret_cost);
	ret_cost->wall_s = seconds_now() - ret_cost->wall_s;
	wait_for_orphans();
	ret_cost->machine_cpu_s = sample_machine_cpu_s() - ret_cost->machine_cpu_s;
	command_pid = 0;
	if (options->folder)
		ret_cost->disk_after_bytes = sample_disk_bytes(options->folder, NULL, &log_bytes);
}

static void write_cost(const struct options *options, const struct cost *cost)
{
	FILE *output = fopen(options->output, "we");
	struct rusage usage;

	if (!output)
		fail(options->output);
	getrusage(RUSAGE_CHILDREN, &usage);
	fprintf(output, "{\"wall_s\": %.4f, \"cpu_s\": %.4f, \"machine_cpu_s\": %.2f", cost->wall_s,
		seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), cost->machine_cpu_s);
	fprintf(output, ", \"exit_status\": %d", cost->exit_status);
	if (options->folder)
		fprintf(output, ", \"disk_before_bytes\": %ju, \"disk_after_bytes\": %ju",
			(uintmax_t)cost->disk_before_bytes, (uintmax_t)cost->disk_after_bytes);
	if (options->memory)
		fprintf(output, ", \"peak_memory_bytes\": %ju", (uintmax_t)cost->peak_memory_bytes);
	if (options->memory && options->folder)
		fprintf(output, ", \"peak_disk_bytes\": %ju, \"peak_log_bytes\": %ju",
			(uintmax_t)larger(cost->peak_disk_bytes, cost->disk_after_bytes),
			(uintmax_t)cost->peak_log_bytes);
	fputs("}\n", output);
	if (fclose(output) != 0)
		fail(options->output);
}

static void parse(int argc, char **argv, struct options *ret_options)
{
	int option;

	*ret_options = (struct options){ 0 };
	while ((option = getopt(argc, argv, "+md:l:o:")) >= 0) {
		switch (option) {
		case 'm':
			ret_options->memory = true;
			break;
		case 'd':
			ret_options->folder = optarg;
			break;
		case 'l':
			ret_options->log_pattern = optarg;
			break;
		case 'o':
			ret_options->output = optarg;
			break;
		default:
			exit(2);
		}
	}
	ret_options->command = argv + optind;
	if (!ret_options->output || !ret_options->command[0]) {
		fputs("usage: measure [-m] [-d FOLDER] [-l PATTERN] -o FILE -- COMMAND...\n",
		      stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct options options;
	struct cost cost;

	parse(argc, argv, &options);
	run(&options, &cost);
	write_cost(&options, &cost);
	return caught ? EXIT_BY_SIGNAL + caught : cost.exit_status;
}
