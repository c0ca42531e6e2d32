/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rescue.h"

#include "base/cleanup.h"
#include "host/about.h"
#include "host/guest.h"
#include "host/signals.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int prepare(struct rescue *rescue, struct fault *fault)
{
	rescue->keep = (struct keep){ .image = &rescue->image,
				      .log = &rescue->log,
				      .work_folder = rescue->work.folder,
				      .programs = &rescue->programs };
	if (guest_check_programs(false, fault) < 0 ||
	    guest_check_machine(rescue->options->guest_arch, fault) < 0)
		return -1;
	return work_make(&rescue->work, "rescue-disk", fault);
}

static int (*const stages[])(struct rescue *rescue, struct fault *fault) = {
	prepare, rescue_take_image, rescue_look, rescue_run, rescue_keep,
};

static int run_stages(struct rescue *rescue, struct fault *fault)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stages[i](rescue, fault) < 0)
			return -1;
	return 0;
}

static void show_command(void *context, const char *const *argv)
{
	console_command(context, argv);
}

static void open_run(struct rescue *rescue, const struct rescue_options *options)
{
	*rescue = (struct rescue){
		.options = options,
		.image = { .fd = -1, .read_fd = -1 },
		.log = { .fd = -1, .read_fd = -1 },
		.disk_fd = -1,
		.backing_fd = -1,
	};
	console_open(&rescue->console, "rescue-disk", options->common.quiet,
		     options->common.verbose);
	rescue->programs = (struct programs){ .interrupt = &rescue->interrupt,
					      .show = show_command,
					      .context = &rescue->console };
}

static void close_run(struct rescue *rescue)
{
	if (rescue->vm_started)
		vm_close(&rescue->vm);
	rescue_restore_terminal(rescue);
	log_close(&rescue->log);
	close_fdp(&rescue->disk_fd);
	close_fdp(&rescue->backing_fd);
	image_close(&rescue->image);
	work_remove(&rescue->work);
}

int verb_rescue(int argc, char *argv[])
{
	struct rescue_options options;
	struct rescue rescue;
	struct fault fault;
	bool parsed = rescue_options_parse(argc, argv, &options, &fault) == 0;
	bool failed;

	umask(077);
	if (parsed && (options.common.help || options.common.version))
		return about_print("rescue-disk", options.common.help ? rescue_help_text : NULL);
	open_run(&rescue, &options);
	failed = !parsed || signals_open(&rescue.interrupt.signals_fd, &fault) < 0 ||
		 run_stages(&rescue, &fault) < 0;
	close_run(&rescue);
	if (!failed)
		return rescue.exit_status;
	fault_capitalize(&fault);
	console_fault(&rescue.console, &fault);
	return reason_status(fault.reason);
}
