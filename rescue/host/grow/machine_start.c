/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage that starts the machine, while the host still looks at the image; and what all
 * machines are given. */
#include "machine_start.h"

#include "host/guest.h"
#include "host/image/detect.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MIB	 256
#define LOG_ALWAYS_BYTES (UINT64_C(256) << 20)

static unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Whether a check may be another machine's. What else is asked of the first one is told by
 * itself. */
static enum leave_checks leave_checks(const struct grow *grow)
{
	const struct grow_options *options = grow->options;
	const bool may = options->verb == GROW_VERB_GROW && options->repair == REPAIR_SAFE &&
			 !options->partition_only && !options->keep_failed && !options->events &&
			 !options->keep_log && !image_has_others(&grow->image) && processors() >= 2;

	return may ? LEAVE_LONG : LEAVE_NO;
}

/* Not where somebody wants to see the events of a kernel, another clock or another guest; and who
 * names a QEMU wants that one, unless told otherwise. */
bool machine_may_be_native(const struct grow_options *options)
{
	const char *qemu = getenv("GROW_DISK_QEMU");

	if (options->events || options->rtc[0] || guest_arch_is_foreign(options->guest_arch))
		return false;
	return options->accel == ACCEL_NATIVE ||
	       (options->accel == ACCEL_AUTO && !(qemu && qemu[0]));
}

/* A guest must not fill the host's disk: a log may have more than honest work can write, all
 * that the image holds twice and a part of what is new. */
static uint64_t log_max_bytes(const struct grow *grow)
{
	return LOG_ALWAYS_BYTES +
	       2 * (grow->image.is_device ? grow->image.size_bytes
					  : room_taken(image_at(&grow->image))) +
	       (grow->size_after_bytes - grow->image.size_bytes) / 16;
}

static enum progress_style progress_style(const struct grow_options *options)
{
	if (options->common.quiet)
		return PROGRESS_NONE;
	return options->common.verbose ? PROGRESS_LINES : PROGRESS_AUTO;
}

/* What the machines have in common. */
static struct vm_spec common_spec(const struct grow *grow)
{
	const struct grow_options *options = grow->options;
	bool warm = grow->machines.warm;
	struct vm_spec spec = {
		.guest_folder = grow->machines.guest_folder,
		.qemu = guest_qemu_of(options->guest_arch),
		.request = { .partition_by = options->partition_by,
			     .partition = options->partition,
			     .partition_only = options->partition_only,
			     .move_swap = options->move_swap,
			     .leave_bytes = options->leave_bytes,
			     .disk_before_bytes = grow->image.size_bytes,
			     .repair = options->repair,
			     .time_unix_s = options->rtc_unix_s },
		.accel = options->accel,
		.warm = warm,
		.socket_folder = grow->work.folder,
		.memory_mib = grow->machines.memory_mib,
		.hardware = { .arch = options->guest_arch,
			      .cpus = 1,
			      .rtc = options->rtc[0] && !warm ? options->rtc : NULL },
	};

	strcpy(spec.request.partition_value, options->partition_value);
	if (grow->key.fd >= 0) {
		spec.request.key_bytes = grow->key.bytes;
		spec.key_fd = grow->key.fd;
	}
	if (options->volume)
		strcpy(spec.request.volume, options->volume);
	return spec;
}

static void describe_backing(const struct grow *grow, struct vm_disk *disk)
{
	disk->backing.format = image_format_word(grow->image.format);
	disk->backing.fd = grow->machines.backing_fd;
	if (!image_has_others(&grow->image))
		return;
	disk->backing.fd = -1;
	disk->backing.path = image_at(&grow->image);
	disk->read_paths[disk->read_count++] = "/";
}

int machine_start_grower(struct grow *grow, bool awaited, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	const struct grow_options *options = grow->options;
	struct vm_spec spec = common_spec(grow);

	spec.request.kind = options->verb == GROW_VERB_PLAN ? REQUEST_PLAN : REQUEST_GROW;
	spec.request.leave_checks = machines->leave_checks;
	spec.request.record = options->events != NULL;
	spec.progress = progress_style(options);
	spec.console_path = options->keep_log ? machines->console_path : NULL;
	spec.disk = (struct vm_disk){ .fd = machines->disk_fd,
				      .format = "qcow2",
				      .sector_bytes = grow->disks.sector_bytes,
				      .max_bytes = log_max_bytes(grow),
				      .awaited = awaited,
				      .keep = options->keep_failed };
	describe_backing(grow, &spec.disk);
	spec.may_be_native = machines->may_be_native;
	machines->grower.started = true;
	return vm_start(&spec, &machines->grower.vm, fault);
}

/* One that checks the partition of the plan: it need not be the one that the grower's request
 * would choose when the disk is grown. */
static struct vm_spec check_spec(const struct grow *grow, bool is_grown)
{
	const json_t *plan = vm_event(&grow->machines.grower.vm, "plan");
	struct vm_spec spec = common_spec(grow);

	spec.request = (struct request){
		.kind = REQUEST_CHECK,
		.is_grown = is_grown,
		.partition = (unsigned)json_integer_value(json_object_get(plan, "partition")),
		.time_unix_s = grow->options->rtc_unix_s,
	};
	spec.may_be_native = machine_may_be_native(grow->options);
	return spec;
}

int machine_start_before(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	struct vm_spec spec = check_spec(grow, false);

	spec.progress = PROGRESS_NONE;
	spec.disk = (struct vm_disk){ .fd = machines->image_fd,
				      .format = image_format_word(grow->image.format),
				      .sector_bytes = grow->disks.sector_bytes };
	machines->before.started = true;
	machines->checked_partition = spec.request.partition;
	console_detail(&grow->console, "a second machine checks the file system as it was");
	return vm_start(&spec, &machines->before.vm, fault);
}

int machine_start_after(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	struct vm_spec spec = check_spec(grow, true);

	spec.progress = progress_style(grow->options);
	spec.disk = (struct vm_disk){ .fd = grow->log.read_fd,
				      .format = "qcow2",
				      .sector_bytes = grow->disks.sector_bytes };
	describe_backing(grow, &spec.disk);
	machines->after.started = true;
	console_detail(&grow->console, "another machine checks the file system as it is grown");
	return vm_start(&spec, &machines->after.vm, fault);
}

struct block_files grow_block_files(const struct grow *grow)
{
	return (struct block_files){ .image = &grow->image,
				     .log_path = grow->log.path,
				     .log_fd = grow->log.read_fd,
				     .work_folder = grow->work.folder };
}

/* Files of the machines: QEMU opens them anew, so each has a descriptor of its own. */
static int open_files(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	bool plan = grow->options->verb == GROW_VERB_PLAN;

	machines->disk_fd = open(grow->log.path, (plan ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	machines->backing_fd = open(image_at(&grow->image), O_RDONLY | O_CLOEXEC);
	machines->image_fd = open(image_at(&grow->image), O_RDONLY | O_CLOEXEC);
	if (machines->disk_fd >= 0 && machines->backing_fd >= 0 && machines->image_fd >= 0)
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, errno,
			       "The log or the image cannot be opened");
}

int grow_start_machine(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	struct block_files files;

	if (grow->options->key_file &&
	    key_read(grow->options->key_file, &grow->interrupt, &grow->key, fault) < 0)
		return -1;
	if (guest_folder(grow->options->guest_arch, machines->guest_folder, fault) < 0)
		return -1;
	if (grow->options->verb == GROW_VERB_PLAN) {
		char path[PATH_MAX + 64];

		work_path(&grow->work, "plan.log", path);
		log_name_throwaway(&grow->log, &grow->image, path);
	}
	work_path(&grow->work, "console", machines->console_path);
	if (log_reserve(&grow->log, fault) < 0 || open_files(grow, fault) < 0)
		return -1;
	machines->memory_mib = MEMORY_MIB;
	machines->warm = grow->options->warm;
	machines->may_be_native = machine_may_be_native(grow->options);
	machines->leave_checks = leave_checks(grow);
	if (machine_start_grower(grow, true, fault) < 0)
		return -1;
	files = grow_block_files(grow);
	grow->disks.started = true;
	return block_start(&grow->disks.block, &files, &grow->programs, fault);
}
