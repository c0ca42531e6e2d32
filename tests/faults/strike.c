/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strike: run a command, kill processes of it at an instant, and wait until none of it lives.
 *
 *	strike -o REPORT [-a AIM] [-d MICROSECONDS] [-v VICTIM] [-t SECONDS] FOLDER... -- COMMAND...
 *
 * AIM: from where the delay counts
 *	start		the start of the command (default)
 *	name:A|B	a file whose name ends with A, or with B, is in one of the folders
 *	runs:TEXT	a process of the command has TEXT in its command line
 *	ended:TEXT	there was one, and now there is none
 *	gone:A|B	the same for files
 * VICTIM: who gets SIGKILL
 *	none		nobody (default)
 *	all		every process of the command, at once
 *	first		the command's first process alone
 *	TEXT		those with TEXT in their command line
 *
 * REPORT gets lines: "hit N" (processes killed), "at_us N", "status N" (as a shell counts it),
 * "name FILE" for each file in the folders at that instant, "left COMMAND-LINE" for what lived on
 * for SECONDS (and was killed then). Exit status: 0, also if the command had ended before the
 * instant; 1 if something was left; 2 for a fault of its own.
 *
 * All that the command starts stays below us: we are the reaper of its orphans.
 */
#include "family.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_US		  1000
#define POLL_PROCESSES_US 4000 /* looking at every process takes about one */
#define NOT_YET		  INT64_MAX

struct strike {
	const char *aim, *victim;
	char *const *folders;
	int64_t delay_us, limit_us;
	FILE *report;
	pid_t first;
	int first_status; /* as wait(2) tells it; -1 while it runs */
	bool seen;	  /* for "ended:" and "gone:" */
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void pause_us(int64_t us)
{
	struct timespec rest = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
		;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Does the name end with one of "A|B|C"? */
static bool name_fits(const char *name, const char *endings)
{
	size_t length = strlen(name), ending;

	for (; *endings; endings += ending + (endings[ending] == '|')) {
		ending = strcspn(endings, "|");
		if (ending <= length && !strncmp(name + length - ending, endings, ending))
			return true;
	}
	return false;
}

/* Does the name of a file in the folders fit? With endings NULL: reports them all. */
static bool look(const struct strike *strike, const char *endings)
{
	bool found = false;

	for (char *const *folder = strike->folders; *folder; folder++) {
		DIR *dir = opendir(*folder);
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			if (entry->d_type == DT_DIR)
				continue;
			if (endings)
				found = found || name_fits(entry->d_name, endings);
			else
				fprintf(strike->report, "name %s\n", entry->d_name);
		}
		if (dir)
			closedir(dir);
	}
	return found;
}

static bool aim_reached(struct strike *strike)
{
	bool is_there;

	if (!strcmp(strike->aim, "start"))
		return true;
	if (!strncmp(strike->aim, "name:", 5))
		return look(strike, strike->aim + 5);
	if (!strncmp(strike->aim, "runs:", 5))
		return family_says(strike->aim + 5);
	if (!strncmp(strike->aim, "gone:", 5)) {
		is_there = look(strike, strike->aim + 5);
	} else if (!strncmp(strike->aim, "ended:", 6)) {
		is_there = family_says(strike->aim + 6);
	} else {
		fprintf(stderr, "strike: no such aim: %s\n", strike->aim);
		exit(2);
	}
	strike->seen = strike->seen || is_there;
	return strike->seen && !is_there;
}

/* Collects whoever has ended. False: nobody is left. */
static bool reap(struct strike *strike)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid <= 0)
			return pid == 0 || errno != ECHILD;
		if (pid == strike->first)
			strike->first_status = status;
	}
}

/* Until the instant, or the end of the command. */
static void wait_for_instant(struct strike *strike, int64_t begin_us)
{
	bool by_process = strstr(strike->aim, "runs:") || strstr(strike->aim, "ended:");
	int64_t instant_us = NOT_YET, poll_us = by_process ? POLL_PROCESSES_US : POLL_US;

	while (reap(strike) && strike->first_status == -1 &&
	       now_us() - begin_us < strike->limit_us) {
		if (instant_us == NOT_YET && aim_reached(strike))
			instant_us = now_us() + strike->delay_us;
		if (instant_us != NOT_YET) {
			poll_us = instant_us - now_us();
			if (poll_us <= 0)
				return;
			poll_us = poll_us < POLL_US ? poll_us : POLL_US;
		}
		pause_us(poll_us);
	}
}

/* SIGKILL to the victims; how many there were. */
static int hit(const struct strike *strike)
{
	bool all = !strcmp(strike->victim, "all");
	pid_t pids[FAMILY_MAX];
	size_t count;
	int hits = 0;

	if (!strcmp(strike->victim, "none"))
		return 0;
	if (!strcmp(strike->victim, "first"))
		return strike->first_status == -1 && kill(strike->first, SIGKILL) == 0;
	/* Its group in one moment; then those that made a group of their own. */
	if (all && strike->first_status == -1)
		hits = kill(-strike->first, SIGKILL) == 0;
	count = family_find(pids);
	for (size_t i = 0; i < count; i++)
		if ((all || process_says(pids[i], strike->victim)) && kill(pids[i], SIGKILL) == 0)
			hits++;
	return hits;
}

/* Until nobody lives, or the limit is over: what lives then is reported and killed. */
static bool wait_for_all(struct strike *strike, int64_t begin_us)
{
	pid_t pids[FAMILY_MAX];
	char line[FAMILY_LINE_BYTES + 1];
	size_t count;

	while (reap(strike)) {
		if (now_us() - begin_us < strike->limit_us) {
			pause_us(POLL_US);
			continue;
		}
		count = family_find(pids);
		for (size_t i = 0; i < count; i++) {
			process_line(pids[i], line);
			fprintf(strike->report, "left %s\n", line);
		}
		do {
			for (size_t i = 0; i < count; i++)
				kill(pids[i], SIGKILL);
			pause_us(20000);
			count = family_find(pids);
		} while (reap(strike));
		return false;
	}
	return true;
}

static void begin(struct strike *strike, char **argv)
{
	int started[2];
	char none;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || pipe2(started, O_CLOEXEC) < 0)
		die("strike");
	strike->first = fork();
	if (strike->first < 0)
		die("fork");
	if (strike->first == 0) {
		setsid();
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	/* Until exec its command line is ours, which has every TEXT in it. */
	close(started[1]);
	while (read(started[0], &none, 1) < 0 && errno == EINTR)
		;
	close(started[0]);
}

static void usage(void)
{
	fputs("usage: strike -o REPORT [-a AIM] [-d MICROSECONDS] [-v VICTIM] [-t SECONDS] "
	      "[FOLDER...] -- COMMAND...\n",
	      stderr);
	exit(2);
}

/* Where the command begins in argv. */
static int parse(struct strike *strike, int argc, char **argv)
{
	int option, command;

	while ((option = getopt(argc, argv, "+o:a:d:v:t:")) != -1) {
		if (option == 'o' && !(strike->report = fopen(optarg, "we")))
			die(optarg);
		if (option == 'a')
			strike->aim = optarg;
		if (option == 'd')
			strike->delay_us = atoll(optarg);
		if (option == 'v')
			strike->victim = optarg;
		if (option == 't')
			strike->limit_us = atoll(optarg) * 1000000;
		if (option == '?')
			usage();
	}
	strike->folders = argv + optind;
	for (command = optind; command < argc && strcmp(argv[command], "--") != 0; command++)
		;
	if (!strike->report || command + 1 >= argc)
		usage();
	argv[command] = NULL; /* ends the folders */
	return command + 1;
}

int main(int argc, char **argv)
{
	struct strike strike = {
		.aim = "start", .victim = "none", .limit_us = 60000000, .first_status = -1
	};
	int command = parse(&strike, argc, argv), hits, status;
	int64_t begin_us = now_us();
	bool clean;

	begin(&strike, argv + command);
	wait_for_instant(&strike, begin_us);
	hits = hit(&strike);
	fprintf(strike.report, "hit %d\nat_us %lld\n", hits, (long long)(now_us() - begin_us));
	look(&strike, NULL);
	clean = wait_for_all(&strike, begin_us);
	status = strike.first_status;
	fprintf(strike.report, "status %d\n",
		WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	if (fclose(strike.report) != 0)
		die("report");
	return clean ? 0 : 1;
}
