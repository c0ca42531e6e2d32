/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed_iso.h"

#include "base/cleanup.h"
#include "host/confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define SEED_NAME "seed.iso"

/* Confined, as every program that we start: it may write to nothing but the seed. */
static int make_iso(const struct seed_wish *wish, const char *folder,
		    const struct programs *programs, const char *path, struct fault *fault)
{
	char names[3][PATH_MAX + 64], output[PATH_MAX + 16];
	const char *argv[] = { "xorriso", "-no_rc", "-as", "mkisofs", "-quiet", "-V",
			       "cidata",  "-J",	    "-r",  "-o",      output,	"-graft-points",
			       names[0],  names[1], NULL,  NULL };
	struct program program = { .argv = argv,
				   .cpu_seconds = 60,
				   .grants = { { folder, MAY_READ },
					       { path, MAY_READ | MAY_WRITE } } };
	struct program_end end;

	snprintf(output, sizeof(output), "stdio:%s", path);
	snprintf(names[0], sizeof(names[0]), "user-data=%s/user-data", folder);
	snprintf(names[1], sizeof(names[1]), "meta-data=%s/meta-data", folder);
	snprintf(names[2], sizeof(names[2]), "network-config=%s/network-config", folder);
	if (wish->network_config)
		argv[14] = names[2];
	if (program_run(programs, &program, &end, fault) < 0)
		return -1;
	program_end_close(&end);
	return end.exit_status == 0
		       ? 0
		       : program_fault(&end, REASON_INTERNAL, fault, "The seed cannot be made");
}

int seed_iso_make(const struct seed_wish *wish, const char *folder, const struct programs *programs,
		  char ret_path[PATH_MAX], struct fault *fault)
{
	char program[PATH_MAX];
	cleanup_fd int fd = -1;

	if (program_find("xorriso", program) < 0) {
		fault_set(fault, REASON_MISSING_PROGRAM, "The program xorriso is not installed");
		return fault_hint(fault, "On Debian: apt-get install xorriso");
	}
	if (snprintf(ret_path, PATH_MAX, "%s/" SEED_NAME, folder) >= PATH_MAX)
		return fault_set(fault, REASON_FOLDER_NOT_WRITABLE,
				 "The path of the temporary directory is too long");
	/* It is there before, for xorriso may write to nothing else. */
	fd = open(ret_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_set_errno(fault, errno == ENOSPC ? REASON_NO_SPACE : REASON_DISK_IO,
				       errno, "The seed cannot be written");
	return make_iso(wish, folder, programs, ret_path, fault);
}
