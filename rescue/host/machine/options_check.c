/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <string.h>

/* Check the options of a trace, and fill in what follows from them. */
static int check_trace(struct machine_options *options, struct fault *fault)
{
	struct hardware *hardware = &options->spec.hardware;
	struct trace_request *trace = &options->spec.request.trace;

	if (hardware->attach != ATTACH_SCSI && !board_of(hardware->arch)->all_attach)
		return fault_set(fault, REASON_USAGE,
				 "a guest for %s has only disks of --attach scsi",
				 guest_arch_words[hardware->arch]);
	if (trace->attach_at == MOMENT_NO)
		trace->attach_at = MOMENT_POWER_ON;
	if (options->spec.request.kind != REQUEST_TRACE)
		return hardware_can_hot_plug(hardware->attach)
			       ? 0
			       : fault_set(fault, REASON_USAGE, "--attach ide needs --trace");
	hardware->disk_at_power_on = trace->attach_at == MOMENT_POWER_ON;
	if (!hardware->disk_at_power_on && !hardware_can_hot_plug(hardware->attach))
		return fault_set(fault, REASON_USAGE,
				 "an IDE disk cannot be attached while the machine runs: --attach "
				 "ide goes only with --attach-at power-on");
	if (trace->seq == MOMENT_POWER_ON || trace->log == MOMENT_POWER_ON ||
	    trace->break_at == MOMENT_POWER_ON)
		return fault_set(fault, REASON_USAGE,
				 "at power on only a disk can be attached, nothing else begins");
	hardware->trace = options->spec.request.record = true;
	options->spec.warm = false;
	return 0;
}

/* Check the options of a shell, and fill in what follows from them. */
static int check_shell(struct machine_options *options, struct fault *fault)
{
	const struct request *request = &options->spec.request;
	bool shell = request->kind == REQUEST_SHELL;
	bool breaks = request->kind == REQUEST_TRACE && request->trace.break_at != MOMENT_NO;

	if (options->spec.command && !shell)
		return fault_set(fault, REASON_USAGE, "--command needs --shell");
	if (options->spec.terminal && !breaks && (!shell || options->spec.command))
		return fault_set(fault, REASON_USAGE,
				 "--terminal goes with --shell without a command, or with --break");
	if (shell && !options->spec.command && !options->spec.terminal)
		return fault_set(fault, REASON_USAGE, "--shell needs --command or --terminal");
	if (shell && strcmp(options->events_path, "-") == 0)
		return fault_set(fault, REASON_USAGE, "--shell needs --events FILE");
	if (options->share[0] && !shell && request->kind != REQUEST_TRACE)
		return fault_set(fault, REASON_USAGE, "--share needs --shell or --trace");
	if (options->spec.hardware.share_writable && !options->share[0])
		return fault_set(fault, REASON_USAGE, "--share-rw needs --share");
	if (shell && (options->spec.command || options->share[0] || options->rtc[0] ||
		      options->spec.hardware.append))
		options->spec.warm = false; /* another machine each time */
	return 0;
}

/* Read access to everything is the default: this verb is for tests and traces. */
static int check_disk(struct machine_options *options, struct fault *fault)
{
	struct vm_disk *disk = &options->spec.disk;

	if (options->task == TASK_PREPARE && (options->disk_path || !options->spec.warm))
		return fault_set(fault, REASON_USAGE,
				 "--prepare goes neither with --disk nor with --no-warm");
	if (options->task == TASK_RUN && (!options->disk_path || !disk->format))
		return fault_set(fault, REASON_USAGE, "--disk and --format are needed");
	if (!options->backing_path != !disk->backing.format)
		return fault_set(fault, REASON_USAGE, "--backing goes with --backing-format");
	if (disk->read_count == 0)
		disk->read_paths[disk->read_count++] = "/";
	return 0;
}

int machine_options_check(struct machine_options *options, struct fault *fault)
{
	if (options->task == TASK_HELP)
		return 0;
	if (check_disk(options, fault) < 0)
		return -1;
	if (!options->spec.guest_folder)
		return fault_set(fault, REASON_USAGE, "--guest is needed");
	return check_trace(options, fault) < 0 ? -1 : check_shell(options, fault);
}
