/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <unistd.h>

int try_options_check(const struct try_options *options, const struct arguments *arguments,
		      struct fault *fault)
{
	const struct boot_hardware *hardware = &options->hardware;
	const struct seed_wish *seed = &options->seed;

	if ((hardware->initrd || hardware->append) && !hardware->kernel)
		return arguments_refuse(arguments, fault, "--%s needs --kernel",
					hardware->initrd ? "initrd" : "append");
	if (hardware->kernel && options->firmware == FIRMWARE_UEFI)
		return arguments_refuse(arguments, fault,
					"--kernel goes only with the firmware bios%s", NULL);
	if (seed->user_data && (seed->ssh_key_count > 0 || seed->password_file))
		return arguments_refuse(
			arguments, fault,
			"--user-data has the place of --ssh-key and --password-file: put "
			"them into the file%s",
			NULL);
	if (seed->meta_data && seed->hostname)
		return arguments_refuse(
			arguments, fault,
			"--meta-data has the place of --hostname: put it into the file%s", NULL);
	if (seed_inputs(seed) > 1)
		return arguments_refuse(
			arguments, fault,
			"Only one file can be standard input (-), for it is read once%s", NULL);
	if (options->share.writable && !options->share.directory)
		return arguments_refuse(arguments, fault, "--share-rw needs --share%s", NULL);
	if (options->yes && !options->write)
		return arguments_refuse(arguments, fault, "--yes goes only with --write%s", NULL);
	if (options->write && !options->yes && !isatty(STDIN_FILENO))
		return arguments_refuse(arguments, fault,
					"--write needs a terminal for the confirmation, or --yes%s",
					NULL);
	if (options->expect && options->wait_for != MILESTONE_NONE)
		return arguments_refuse(arguments, fault,
					"--wait-for and --expect exclude each other%s", NULL);
	return 0;
}
