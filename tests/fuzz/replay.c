/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fuzz target without its engine, as a test: each file of corpus/NAME and
 * found/NAME is one input, tried in a process of its own. TAP. Of a file whose
 * name begins with "real", something must be accepted.
 *
 *	build/tests/fuzz_NAME            all of them
 *	build/tests/fuzz_NAME FILE...    these */
#include "fuzz.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define INPUT_MAX_BYTES (1024 * 1024)
#define INPUT_SECONDS	20

static int tried, failed;

static bool is_real(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, "real", 4) == 0;
}

/* In the child: 0 when the target has taken the file, 1 when it cannot be read,
 * 2 when nothing of it was accepted though it is real. */
static int feed(const char *path)
{
	cleanup_file FILE *file = fopen(path, "re");
	cleanup_free uint8_t *all = malloc(INPUT_MAX_BYTES);
	cleanup_free uint8_t *exact = NULL;
	size_t size_bytes;

	if (!file || !all)
		return 1;
	size_bytes = fread(all, 1, INPUT_MAX_BYTES, file);
	/* No byte more than the input is there, so that reading on is noticed. */
	exact = malloc(size_bytes);
	if (ferror(file) || !feof(file) || (size_bytes > 0 && !exact))
		return 1;
	if (size_bytes > 0)
		memcpy(exact, all, size_bytes);
	LLVMFuzzerTestOneInput(exact, size_bytes);
	return is_real(path) && fuzz_accepted == 0 ? 2 : 0;
}

static void try_file(const char *path)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(INPUT_SECONDS);
		exit(feed(path)); /* where the sanitizer looks for leaks */
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		status = -1;
	tried++;
	failed += status != 0;
	printf("%sok %d - %s\n", status == 0 ? "" : "not ", tried, path);
	if (status != 0)
		printf("# wait status %#x\n", (unsigned)status);
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many files the folder has; none if there is no such folder. */
static int try_folder(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_input, alphasort);
	char path[PATH_MAX];

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		try_file(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count > 0 ? count : 0;
}

static void try_all(const char *name)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "corpus/%s", name);
	if (chdir(FUZZ_FOLDER) < 0 || try_folder(folder) == 0) {
		printf("not ok %d - %s has inputs\n", ++tried, folder);
		failed++;
	}
	snprintf(folder, sizeof(folder), "found/%s", name);
	try_folder(folder);
}

int main(int argc, char **argv)
{
	const char *underscore = strrchr(argv[0], '_');

	for (int i = 1; i < argc; i++)
		try_file(argv[i]);
	if (argc == 1)
		try_all(underscore ? underscore + 1 : argv[0]);
	printf("1..%d\n", tried);
	return failed > 0;
}
