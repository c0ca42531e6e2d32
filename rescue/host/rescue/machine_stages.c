/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log and the machine, to the end of the shell or command. */
#include "rescue.h"

#include "base/io.h"
#include "host/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define LOG_ALWAYS_BYTES (UINT64_C(256) << 20)

/* Everything happens in a log: beside the image if it may be kept, else one that nobody
 * sees. */
static int make_log(struct rescue *rescue, struct fault *fault)
{
	struct image *image = &rescue->image;

	if (!rescue->options->write) {
		char path[PATH_MAX + 64];

		work_path(&rescue->work, "rescue.log", path);
		log_name_throwaway(&rescue->log, image, path);
	}
	if (log_reserve(&rescue->log, fault) < 0 ||
	    log_create(&rescue->log, image, image->size_bytes, &rescue->programs, fault) < 0)
		return -1;
	rescue->disk_fd = open(rescue->log.path, O_RDWR | O_CLOEXEC);
	rescue->backing_fd = open(image_at(image), O_RDONLY | O_CLOEXEC);
	if (rescue->disk_fd >= 0 && rescue->backing_fd >= 0)
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, errno,
			       "The log or the image cannot be opened");
}

static void describe_disk(const struct rescue *rescue, struct vm_disk *disk)
{
	const struct image *image = &rescue->image;

	*disk = (struct vm_disk){
		.fd = rescue->disk_fd,
		.format = "qcow2",
		.backing = { .format = image_format_word(image->format), .fd = rescue->backing_fd },
		/* The user writes: every byte of the disk once. */
		.max_bytes = LOG_ALWAYS_BYTES + image->size_bytes + image->size_bytes / 16,
	};
	if (!image_has_others(image))
		return;
	disk->backing.fd = -1;
	disk->backing.path = image_at(image);
	disk->read_paths[disk->read_count++] = rescue->base[0] ? rescue->base : "/";
}

static int start_machine(struct rescue *rescue, const char *guest, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	bool command = options->command[0] != '\0';
	struct vm_spec spec = {
		.guest_folder = guest,
		.qemu = guest_qemu_of(options->guest_arch),
		.request = { .kind = REQUEST_SHELL, .time_unix_s = options->rtc_unix_s },
		.accel = options->accel,
		.warm = !options->rtc[0] && !options->append,
		.memory_mib = options->memory_mib,
		.hardware = { .arch = options->guest_arch,
			      .cpus = 1,
			      .append = options->append,
			      .rtc = options->rtc[0] ? options->rtc : NULL,
			      .share = rescue->share[0] ? rescue->share : NULL,
			      .share_writable = options->share.writable },
		.progress = PROGRESS_NONE,
		.terminal = !command,
		.command = command ? options->command : NULL,
	};

	describe_disk(rescue, &spec.disk);
	spec.disk.awaited = true; /* until its sectors are known */
	rescue->vm_started = true;
	return vm_start(&spec, &rescue->vm, fault);
}

/* A signal ends the machine; after INTERRUPT_GRACE_MS it is killed. */
static int await_machine(struct rescue *rescue, struct fault *fault)
{
	bool asked = false;

	while (!rescue->vm.ended) {
		bool came = interrupt_came(&rescue->interrupt);
		int64_t left_ms =
			came ? rescue->interrupt.at_ms + INTERRUPT_GRACE_MS - clock_ms() : -1;
		struct pollfd slots[] = {
			{ .fd = rescue->interrupt.signals_fd, .events = POLLIN },
			{ .fd = rescue->vm.fd, .events = POLLIN },
		};

		if (came && !asked)
			vm_stop(&rescue->vm);
		else if (came && left_ms <= 0)
			vm_kill(&rescue->vm);
		asked = asked || came;
		if (poll(slots, 2, came ? (left_ms > 0 ? (int)left_ms : 100) : -1) > 0 &&
		    slots[1].revents && vm_read(&rescue->vm, fault) < 0)
			return -1;
	}
	return interrupt_check(&rescue->interrupt, fault);
}

void rescue_restore_terminal(struct rescue *rescue)
{
	if (rescue->has_terminal)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &rescue->terminal);
	/* The keeper puts it back itself, unless it was killed: then what comes needs a line of
	 * its own. */
	if (rescue->has_terminal && rescue->vm.ended && WIFSIGNALED(rescue->vm.wait_status))
		(void)fputc('\n', stderr);
	rescue->has_terminal = false;
}

int rescue_run(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	char guest[PATH_MAX];
	int result;

	if (guest_folder(options->guest_arch, guest, fault) < 0 || make_log(rescue, fault) < 0)
		return -1;
	if (options->command[0] == '\0') {
		rescue->has_terminal = tcgetattr(STDIN_FILENO, &rescue->terminal) == 0;
		console_say(&rescue->console,
			    "a shell in a virtual machine; the disk is /dev/sda. \"exit\" ends it, "
			    "Ctrl-] three times ends it at once and discards the changes");
		if (!options->write)
			console_say(&rescue->console,
				    "changes are discarded at the end (--write keeps them)");
	}
	if (start_machine(rescue, guest, fault) < 0 ||
	    vm_disk_ready(&rescue->vm, rescue_sector_bytes(rescue), fault) < 0)
		return -1;
	result = await_machine(rescue, fault);
	rescue_restore_terminal(rescue);
	if (result < 0 || vm_verdict(&rescue->vm, fault) < 0)
		return -1;
	rescue->exit_status = (int)json_integer_value(
		json_object_get(vm_event(&rescue->vm, "exit"), "exit_status"));
	return 0;
}
