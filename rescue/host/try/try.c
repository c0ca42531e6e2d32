/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "try.h"

#include "base/cleanup.h"
#include "host/about.h"
#include "host/signals.h"

#include <stdio.h>
#include <sys/stat.h>

static int (*const stages[])(struct try *try, struct fault *fault) = {
	try_prepare, try_take_image, try_look, try_seed, try_boot, try_judge, try_keep,
};

static int run_stages(struct try *try, struct fault *fault)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stages[i](try, fault) < 0)
			return -1;
	return 0;
}

static void show_command(void *context, const char *const *argv)
{
	console_command(context, argv);
}

static void open_run(struct try *try, const struct try_options *options)
{
	*try = (struct try){
		.options = options,
		.image = { .fd = -1, .read_fd = -1 },
		.log = { .fd = -1, .read_fd = -1 },
		.screenshot = { .fd = -1 },
		.disk = { .overlay = { .fd = -1, .read_fd = -1 },
			  .overlay_fd = -1,
			  .log_fd = -1,
			  .image_fd = -1 },
		.terminal = { .fd = -1 },
	};
	console_open(&try->console, "try-disk", options->common.quiet, options->common.verbose);
	try->programs = (struct programs){ .interrupt = &try->interrupt,
					   .show = show_command,
					   .context = &try->console };
	try->keep = (struct keep){ .image = &try->image,
				   .log = &try->log,
				   .work_folder = try->work.folder,
				   .programs = &try->programs };
}

static void close_run(struct try *try)
{
	terminal_close(&try->terminal);
	if (try->serves_seed)
		seed_server_close(&try->seed_server);
	boot_disk_close(&try->disk);
	screenshot_close(&try->screenshot);
	log_close(&try->log);
	if (try->expects)
		regfree(&try->expect);
	image_close(&try->image);
	work_remove(&try->work);
}

int verb_try(int argc, char *argv[])
{
	struct try_options options;
	struct try try;
	struct fault fault, unprinted;
	enum status status;
	bool parsed = try_options_parse(argc, argv, &options, &fault) == 0;
	bool failed;

	umask(077);
	if (parsed && (options.common.help || options.common.version))
		return about_print("try-disk", options.common.help ? try_help_text : NULL);
	open_run(&try, &options);
	failed = !parsed || signals_open(&try.interrupt.signals_fd, &fault) < 0 ||
		 run_stages(&try, &fault) < 0;
	if (failed) {
		fault_capitalize(&fault);
		console_fault(&try.console, &fault);
	}
	status = failed ? reason_status(fault.reason) : STATUS_OK;
	if (options.json && try_print_json(&try, failed ? &fault : NULL, &unprinted) < 0) {
		console_fault(&try.console, &unprinted);
		if (!failed)
			status = reason_status(unprinted.reason);
	}
	close_run(&try);
	return status;
}
