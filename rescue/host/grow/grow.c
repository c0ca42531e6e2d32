/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grow.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "host/about.h"
#include "host/log/failed.h"
#include "host/signals.h"
#include "host/version.h"

#include <sys/stat.h>

#define GROW	(1u << GROW_VERB_GROW)
#define PLAN	(1u << GROW_VERB_PLAN)
#define RECOVER (1u << GROW_VERB_RECOVER)
#define DISCARD (1u << GROW_VERB_DISCARD)
#define ALL	(GROW | PLAN | RECOVER | DISCARD)

static const struct stage {
	unsigned verbs; /* that have it */
	int (*run)(struct grow *grow, struct fault *fault);
} stages[] = {
	{ ALL, grow_prepare },
	{ ALL, grow_take_image },
	{ DISCARD, grow_discard },
	{ PLAN, grow_tell_pending },
	{ GROW | RECOVER, grow_finish_earlier },
	{ GROW | PLAN, grow_look },
	{ GROW | PLAN, grow_start_machine },
	{ GROW | PLAN, grow_examine },
	{ GROW, grow_check_boot },
	{ GROW | PLAN, grow_work },
	{ GROW, grow_compare },
	{ GROW, grow_prove },
	{ GROW, grow_commit },
};

static int run_stages(struct grow *grow, struct fault *fault)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && !grow->over; i++)
		if (stages[i].verbs & 1u << grow->options->verb && stages[i].run(grow, fault) < 0)
			return -1;
	return 0;
}

static void show_command(void *context, const char *const *argv)
{
	console_command(context, argv);
}

static void open_run(struct grow *grow, const struct grow_options *options)
{
	*grow = (struct grow){
		.options = options,
		.started_ms = clock_ms(),
		.key = { .fd = -1 },
		.image = { .fd = -1, .read_fd = -1 },
		.log = { .fd = -1, .read_fd = -1 },
		.machines = { .disk_fd = -1, .backing_fd = -1, .image_fd = -1 },
		.result = { .action = grow_verb_word(options->verb),
			    .fence_ms = RESULT_UNKNOWN_MS,
			    .commit_ms = RESULT_UNKNOWN_MS },
	};
	console_open(&grow->console, "grow-disk", options->common.quiet, options->common.verbose);
	grow->programs = (struct programs){ .interrupt = &grow->interrupt,
					    .show = show_command,
					    .context = &grow->console };
	grow->result.image = &grow->image;
	grow->result.room = &grow->room;
}

/* The guest's sentences begin with a small letter. */
static void finish_fault(const struct grow *grow, struct fault *fault)
{
	fault_capitalize(fault);
	if (fault->reason == REASON_INTERRUPTED && grow->result.recovered) {
		fault_set(fault, REASON_INTERRUPTED,
			  "%s ended the run; it had committed the grow of an earlier run and done "
			  "nothing else",
			  interrupt_name(&grow->interrupt));
		fault_hint(fault, "Run it again");
	}
}

/* Only a reader of the lines for people may go away: that is no reason to fail what is done. */
static enum status print_result(struct grow *grow, struct fault *fault)
{
	const struct grow_options *options = grow->options;
	struct fault why;
	json_t *object;
	int result = 0;

	grow->result.fault = fault;
	grow->result.total_ms = clock_ms() - grow->started_ms;
	grow->result.size_after_bytes = grow->size_after_bytes;
	object = result_object(&grow->result);
	grow_publish(grow, object);
	if (options->json)
		result = result_print_json(object, &why);
	else if (!fault && !options->common.quiet)
		result = result_print_text(object, &why);
	json_decref(object);
	if (result == 0 ||
	    (why.reason == REASON_INTERRUPTED && !options->json && options->verb != GROW_VERB_PLAN))
		return fault ? reason_status(fault->reason) : STATUS_OK;
	if (grow->result.changed && options->verb != GROW_VERB_PLAN)
		fault_hint(&why, "The image is grown and complete");
	console_fault(&grow->console, &why);
	return fault ? reason_status(fault->reason) : reason_status(why.reason);
}

static void keep_failed_log(struct grow *grow)
{
	char path[PATH_MAX + 32];
	struct fault fault;

	if (!grow->options->keep_failed || !grow->log_may_stay || !grow->log.ours)
		return;
	failed_path(&grow->image, path, sizeof(path));
	if (failed_keep(&grow->log, &grow->image, &grow->programs, &fault) < 0)
		console_say(&grow->console, "the log cannot be kept in %s: %s", path,
			    fault.message);
	else
		console_say(&grow->console,
			    "the unfinished work is kept in %s; look at it with rescue-disk, then "
			    "remove it",
			    path);
}

static void close_run(struct grow *grow)
{
	grow_stop_machines(grow);
	block_disk_close(&grow->disks.image);
	block_disk_close(&grow->disks.log);
	if (grow->disks.started)
		block_close(&grow->disks.block);
	write_set_close(&grow->disks.set);
	grow_write_kept(grow);
	if (grow->result.fault)
		keep_failed_log(grow);
	log_close(&grow->log);
	grow_forget_machines(grow);
	json_decref(grow->result.boot);
	close_fdp(&grow->key.fd);
	image_close(&grow->image);
	work_remove(&grow->work);
}

/* --help, --version, and --version --json. */
static enum status print_about(const struct grow_options *options)
{
	struct console console;
	struct fault fault;
	json_t *object;
	int result;

	if (options->common.help || !options->json)
		return about_print("grow-disk", options->common.help ? grow_help_text : NULL);
	object = version_object("grow-disk");
	result = result_print_json(object, &fault);
	json_decref(object);
	if (result == 0)
		return STATUS_OK;
	console_open(&console, "grow-disk", false, false);
	console_fault(&console, &fault);
	return reason_status(fault.reason);
}

int verb_grow(int argc, char *argv[])
{
	struct grow_options options;
	struct grow grow;
	struct fault fault;
	bool parsed = grow_options_parse(argc, argv, &options, &fault) == 0;
	bool failed;
	enum status status;

	umask(077);
	if (parsed && (options.common.help || options.common.version))
		return print_about(&options);
	open_run(&grow, &options);
	failed = !parsed || signals_open(&grow.interrupt.signals_fd, &fault) < 0 ||
		 run_stages(&grow, &fault) < 0;
	grow_stop_machines(&grow);
	console_clear(&grow.console);
	if (failed) {
		finish_fault(&grow, &fault);
		console_fault(&grow.console, &fault);
	}
	status = print_result(&grow, failed ? &fault : NULL);
	close_run(&grow);
	return status;
}
