/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run_setup.h"

#include "wire/limits.h"

#define STALL_SECONDS 30
#define DAY_SECONDS   86400
#define YEAR_SECONDS  31536000

int64_t run_limit_ms(unsigned seconds, unsigned default_seconds)
{
	return (int64_t)(seconds > 0 ? seconds : default_seconds) * 1000;
}

void run_plan_machine(struct run *run, enum accel accel, struct confine *ret_confine,
		      struct machine_plan *ret_plan)
{
	const struct vm_spec *spec = run->spec;
	const struct hardware *hardware = &spec->hardware;
	const bool native = accel == ACCEL_NATIVE;
	const struct confine_needs needs = { .qemu = native ? run->paths.storage : run->paths.qemu,
					     .kernel = run->paths.kernel,
					     .initramfs = run->paths.initramfs,
					     .kvm = accel == ACCEL_KVM,
					     .share = hardware->share,
					     .share_writable = hardware->share_writable,
					     .read_paths = spec->disk.read_paths,
					     .read_count = spec->disk.read_count,
					     .backing_path = run->disk.backing.path,
					     .native = native ? run->paths.native : NULL,
					     .write_fd = native ? run->disk.image.fd : -1,
					     .read_fd = native ? run->disk.backing.fd : -1,
					     .memory_mib = run->memory_mib,
					     .disk_max_bytes = spec->disk.max_bytes };

	confine_open(ret_confine, &needs, run->confined);
	run->disk.inherited = native;
	run->native = (struct native_plan){ .program = run->paths.native,
					    .storage = run->paths.storage,
					    .socket_folder = spec->socket_folder,
					    .runs_tools = spec->request.kind != REQUEST_PLAN,
					    .disk = &run->disk };
	*ret_plan = (struct machine_plan){ .qemu = run->paths.qemu,
					   .kernel = run->paths.kernel,
					   .initramfs = run->paths.initramfs,
					   .accel = accel,
					   .memory_mib = run->memory_mib,
					   .hardware = hardware,
					   .disk = hardware->disk_at_power_on ? &run->disk : NULL,
					   .sandbox = run->sandbox,
					   .saved_fd = -1,
					   .confine = ret_confine,
					   .native = native ? &run->native : NULL };
}

void run_prepare_session(struct run *run, enum accel accel, struct session *ret_session)
{
	const struct vm_spec *spec = run->spec;
	const struct vm_limits *limits = &spec->limits;

	*ret_session = (struct session){
		.machine = MACHINE_NONE,
		.progress = run->progress,
		.user = &run->user,
		.caller = &run->caller,
		.events = run->events,
		.build_id = accel == ACCEL_NATIVE ? WIRE_NATIVE_BUILD_ID : run->paths.build_id,
		.signals_fd = run->signals_fd,
		.stall_ms = run_limit_ms(limits->stall_seconds, STALL_SECONDS),
		.run_ms = run_limit_ms(limits->deadline_seconds,
				       spec->terminal ? YEAR_SECONDS : DAY_SECONDS),
		.memory_mib = run->memory_mib,
		.monitor = { .disk_max_bytes = spec->disk.max_bytes },
		.console = { .copy_fd = run->console_fd },
		.complaint = { .copy_fd = -1 },
		.sequence = { .disk_attached = spec->hardware.disk_at_power_on,
			      .kind = spec->request.kind,
			      .has_key = spec->request.key_bytes > 0,
			      .leave_checks = spec->request.leave_checks,
			      .is_grown = spec->request.is_grown,
			      .partition_only = spec->request.partition_only,
			      .recording = spec->request.record }
	};
}
