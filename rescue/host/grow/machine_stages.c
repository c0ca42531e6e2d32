/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages with a machine: it is started while the host still looks at the image, and gets
 * the log when that is an overlay. */
#include "grow.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "host/guest.h"
#include "host/image/detect.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MIB	   256
#define MEMORY_LARGEST_MIB 2048
#define MEMORY_FOR_TWO_MIB 600
#define LOG_ALWAYS_BYTES   (UINT64_C(256) << 20)
#define NO_TIMEOUT	   (-1)

static unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* What the host could give, in MiB; a guess where nothing tells it. */
static unsigned available_mib(void)
{
	cleanup_file FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long kib;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
			return (unsigned)(kib / 1024);
	return MEMORY_LARGEST_MIB;
}

/* Whether the check before may be a second machine's. What else is asked of the first one is
 * told by itself. */
static bool may_leave_check(const struct grow *grow)
{
	const struct grow_options *options = grow->options;

	return options->verb == GROW_VERB_GROW && options->repair == REPAIR_SAFE &&
	       !options->partition_only && !options->keep_failed && !options->events &&
	       !options->keep_log && !image_has_others(&grow->image) && processors() >= 2;
}

/* Whether a sealed process may do the work. Not where somebody wants to see the events of a
 * kernel, or another clock; and who names a QEMU wants that one, unless told otherwise. */
static bool may_be_native(const struct grow_options *options)
{
	const char *qemu = getenv("GROW_DISK_QEMU");

	if (options->events || options->rtc[0])
		return false;
	return options->accel == ACCEL_NATIVE ||
	       (options->accel == ACCEL_AUTO && !(qemu && qemu[0]));
}

/* A guest must not fill the host's disk: a log may have more than honest work can write, all
 * that the image holds twice and a part of what is new. */
static uint64_t log_max_bytes(const struct grow *grow)
{
	return LOG_ALWAYS_BYTES + 2 * room_taken(image_at(&grow->image)) +
	       (grow->size_after_bytes - grow->image.size_bytes) / 16;
}

static enum progress_style progress_style(const struct grow_options *options)
{
	if (options->quiet)
		return PROGRESS_NONE;
	return options->verbose ? PROGRESS_LINES : PROGRESS_AUTO;
}

/* What both machines have in common. */
static struct vm_spec common_spec(const struct grow *grow)
{
	const struct grow_options *options = grow->options;
	bool warm = grow->machines.warm;
	struct vm_spec spec = {
		.guest_folder = grow->machines.guest_folder,
		.qemu = guest_qemu(),
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
		.memory_mib = grow->machines.memory_mib,
		.hardware = { .cpus = 1, .rtc = options->rtc[0] && !warm ? options->rtc : NULL },
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

static int start_grower(struct grow *grow, bool awaited, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	const struct grow_options *options = grow->options;
	struct vm_spec spec = common_spec(grow);

	spec.request.kind = options->verb == GROW_VERB_PLAN ? REQUEST_PLAN : REQUEST_GROW;
	spec.request.may_leave_check = machines->may_leave_check;
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
	spec.socket_folder = grow->work.folder;
	machines->grower_started = true;
	return vm_start(&spec, &machines->grower, fault);
}

static int start_checker(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	struct vm_spec spec = common_spec(grow);

	spec.request.kind = REQUEST_CHECK;
	spec.progress = PROGRESS_NONE;
	spec.disk = (struct vm_disk){ .fd = machines->image_fd,
				      .format = image_format_word(grow->image.format),
				      .sector_bytes = grow->disks.sector_bytes };
	machines->checker_started = true;
	console_detail(&grow->console, "a second machine checks the file system as it was");
	return vm_start(&spec, &machines->checker, fault);
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

	if (grow->options->key_file && key_read(grow->options->key_file, &grow->key, fault) < 0)
		return -1;
	if (guest_folder(machines->guest_folder, fault) < 0)
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
	machines->may_be_native = may_be_native(grow->options);
	machines->may_leave_check = may_leave_check(grow);
	if (start_grower(grow, true, fault) < 0)
		return -1;
	files = grow_block_files(grow);
	grow->disks.started = true;
	return block_start(&grow->disks.block, &files, &grow->programs, fault);
}

static bool leaves_check(const struct grow *grow)
{
	const json_t *plan = vm_event(&grow->machines.grower, "plan");

	return json_is_true(json_object_get(plan, "check_left"));
}

static bool checker_failed(struct grow_machines *machines)
{
	struct fault ignored;

	return machines->checker_started && machines->checker.ended &&
	       vm_verdict(&machines->checker, &ignored) < 0;
}

/* A signal ends the machines; what does not end in time is killed. The time until then, or
 * NO_TIMEOUT. */
static int heed_signals(struct grow *grow)
{
	struct grow_machines *machines = &grow->machines;
	bool first = grow->interrupt.signal_number == 0;
	int64_t left_ms;

	if (!interrupt_came(&grow->interrupt))
		return NO_TIMEOUT;
	if (first) {
		vm_stop(&machines->grower);
		if (machines->checker_started)
			vm_stop(&machines->checker);
	}
	left_ms = grow->interrupt.at_ms + INTERRUPT_GRACE_MS - clock_ms();
	if (left_ms > 0)
		return (int)left_ms;
	vm_kill(&machines->grower);
	if (machines->checker_started)
		vm_kill(&machines->checker);
	return 100;
}

/* Until both have ended. A check that found anything ends the grower: one machine does all
 * again, one step after the other. */
static int await_machines(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;

	while (!machines->grower.ended || (machines->checker_started && !machines->checker.ended)) {
		int timeout_ms = heed_signals(grow);
		bool two = machines->checker_started && !machines->checker.ended;
		struct pollfd slots[] = {
			{ .fd = grow->interrupt.signals_fd, .events = POLLIN },
			{ .fd = machines->grower.ended ? -1 : machines->grower.fd,
			  .events = POLLIN },
			{ .fd = two ? machines->checker.fd : -1, .events = POLLIN },
		};

		if (poll(slots, 3, timeout_ms) < 0)
			continue;
		if ((slots[1].revents && vm_read(&machines->grower, fault) < 0) ||
		    (slots[2].revents && vm_read(&machines->checker, fault) < 0))
			return -1;
		if (checker_failed(machines) && !machines->grower.ended)
			vm_stop(&machines->grower);
		if (!machines->checker_started && grow->interrupt.signal_number == 0 &&
		    leaves_check(grow) &&
		    (machines->grower.ended || available_mib() >= MEMORY_FOR_TWO_MIB) &&
		    start_checker(grow, fault) < 0)
			return -1;
	}
	return interrupt_check(&grow->interrupt, fault);
}

/* Start over with one machine and a log that is empty again. */
static int run_again(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;

	grow_forget_machines(grow);
	machines->may_leave_check = false;
	if (log_create(&grow->log, &grow->image, grow->size_after_bytes, &grow->programs, fault) <
		    0 ||
	    start_grower(grow, false, fault) < 0)
		return -1;
	return await_machines(grow, fault);
}

/* A check that needs more memory than usual gets it, if the host has it. */
static bool wants_memory(struct grow *grow, const struct fault *verdict)
{
	struct grow_machines *machines = &grow->machines;
	unsigned larger_mib = available_mib() / 2;

	if (verdict->reason != REASON_FS_NEEDS_MEMORY)
		return false;
	if (larger_mib > MEMORY_LARGEST_MIB)
		larger_mib = MEMORY_LARGEST_MIB;
	if (larger_mib <= machines->memory_mib)
		return false;
	console_say(&grow->console, "more than %u MiB of memory is needed: once more with %u MiB",
		    machines->memory_mib, larger_mib);
	machines->memory_mib = larger_mib;
	machines->may_be_native = false;
	machines->warm = false; /* a saved machine of that size would be large */
	return true;
}

/* A sealed process that finds work for a kernel has written nothing. */
static bool wants_machine(struct grow *grow, const struct fault *verdict)
{
	struct grow_machines *machines = &grow->machines;

	if (verdict->reason != REASON_NEEDS_MACHINE || !machines->may_be_native)
		return false;
	console_detail(&grow->console, "%s", verdict->message);
	machines->may_be_native = false;
	return true;
}

/* With --verbose: what stands in for a machine, and why. */
static void tell_native(const struct grow *grow)
{
	const json_t *machine = vm_event(&grow->machines.grower, "machine");
	const char *accel = json_string_value(json_object_get(machine, "accel"));

	if (accel && strcmp(accel, "native") == 0)
		console_detail(
			&grow->console,
			"a sealed process of this host did the work, not a virtual machine%s",
			grow->options->accel == ACCEL_AUTO
				? ": KVM does not work here (--accel=tcg: never)"
				: "");
}

int grow_work(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	int result;

	if (log_create(&grow->log, &grow->image, grow->size_after_bytes, &grow->programs, fault) <
	    0)
		return -1;
	grow_note_sectors(grow);
	if (vm_disk_ready(&machines->grower, grow->disks.sector_bytes, fault) < 0)
		return -1;
	grow->log_may_stay = true;
	if (grow_note_image(grow, fault) < 0 || await_machines(grow, fault) < 0)
		return -1;
	if (checker_failed(machines) && run_again(grow, fault) < 0)
		return -1;
	tell_native(grow);
	result = vm_verdict(&machines->grower, fault);
	if (result < 0 && wants_machine(grow, fault))
		result = run_again(grow, fault) < 0 ? -1 : vm_verdict(&machines->grower, fault);
	if (result < 0 && wants_memory(grow, fault))
		result = run_again(grow, fault) < 0 ? -1 : vm_verdict(&machines->grower, fault);
	grow->result.events = machines->grower.events;
	grow->result.check_events = machines->checker.events;
	if (result < 0 || grow_check_chosen(grow, fault) < 0)
		return -1;
	grow->log_may_stay = false;
	if (grow->options->verb != GROW_VERB_PLAN)
		return 0;
	grow->result.changed =
		json_is_true(json_object_get(vm_event(&machines->grower, "plan"), "changed"));
	/* The guest knows better why a disk cannot be grown at all. */
	return grow_check_room(grow, fault);
}

void grow_stop_machines(struct grow *grow)
{
	struct grow_machines *machines = &grow->machines;

	/* An event that had come, and was not taken, belongs to the result as well. */
	grow->result.events = machines->grower.events;
	grow->result.check_events = machines->checker.events;
	if (machines->grower_started && !machines->grower.ended)
		vm_stop(&machines->grower);
	if (machines->checker_started && !machines->checker.ended)
		vm_stop(&machines->checker);
}

void grow_forget_machines(struct grow *grow)
{
	struct grow_machines *machines = &grow->machines;

	if (machines->grower_started)
		vm_close(&machines->grower);
	if (machines->checker_started)
		vm_close(&machines->checker);
	machines->grower_started = machines->checker_started = false;
	grow->result.events = grow->result.check_events = NULL;
}
