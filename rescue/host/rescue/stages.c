/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the image to the end of the shell or command. */
#include "rescue.h"

#include "base/io.h"
#include "host/guest.h"
#include "host/image/dependents.h"
#include "host/image/lock.h"
#include "host/image/tables.h"
#include "host/log/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAILED_SUFFIX	 ".grow-disk.failed"
#define LOG_ALWAYS_BYTES (UINT64_C(256) << 20)
#define DISK_MIN_BYTES	 2048 /* for --write: a table and something behind it */

static bool is_inside(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return true;
	return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* A folder that the guest may write to must not hold the image, nor our own files: the guest
 * would change below QEMU what QEMU reads. */
static int find_share(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	const char *inside[] = { image_at(&rescue->image), rescue->work.folder };
	struct stat status;

	if (!options->share)
		return 0;
	if (!realpath(options->share, rescue->share) || stat(rescue->share, &status) < 0 ||
	    !S_ISDIR(status.st_mode)) {
		fault_set(fault, REASON_USAGE, "There is no folder %.200s to be shared",
			  options->share);
		return fault_hint(fault, "See rescue-disk --help");
	}
	if (!options->share_writable)
		return 0;
	if (access(rescue->share, W_OK) < 0) {
		fault_set_errno(fault, REASON_FOLDER_NOT_WRITABLE, errno,
				"%s may not write to %.300s", image_user(), rescue->share);
		return fault_hint(fault, "Share it without --share-rw");
	}
	for (int i = 0; i < 2; i++)
		if (is_inside(inside[i], rescue->share)) {
			fault_set(fault, REASON_USAGE,
				  "--share-rw cannot share %.150s, in which %.150s is",
				  rescue->share, inside[i]);
			return fault_hint(fault, "See rescue-disk --help");
		}
	return 0;
}

/* The log of a failed grow is an overlay of the image beside it, which is what it was? */
static int check_failed_log(struct rescue *rescue, struct fault *fault)
{
	struct image *image = &rescue->image;
	struct image_mark mine, base;
	char name[QCOW2_BACKING_MAX + 1], wanted[NAME_MAX + 3];
	ssize_t got;

	if (image_mark(rescue->base, &base) < 0) {
		fault_set(fault, REASON_IMAGE_NOT_FOUND,
			  "%.200s belongs to %.200s, which is not there", image->path,
			  rescue->base);
		return fault_hint(fault, "Move it beside its image");
	}
	if (image_read_qcow2(image, fault) < 0 || image->qcow2.backing_bytes == 0 ||
	    image->qcow2.backing_bytes > QCOW2_BACKING_MAX ||
	    image->qcow2.incompatible & QCOW2_DATA_FILE) {
		fault_set(fault, REASON_LOG_FOREIGN, "%.300s is not the log of a grow",
			  image->path);
		return fault_hint(fault, "If it comes from somewhere else, move it away");
	}
	got = pread(image->fd, name, image->qcow2.backing_bytes, (off_t)image->qcow2.backing_at);
	snprintf(wanted, sizeof(wanted), "./%s", strrchr(rescue->base, '/') + 1);
	if (got != (ssize_t)strlen(wanted) || memcmp(name, wanted, (size_t)got) != 0) {
		fault_set(fault, REASON_LOG_FOREIGN, "%.300s is the log of another image",
			  image->path);
		return fault_hint(fault, "Give both the names that they had");
	}
	if (image_mark(image->path, &mine) == 0 && mine.mtime_s == base.mtime_s &&
	    mine.mtime_ns == base.mtime_ns)
		return 0;
	fault_set(fault, REASON_LOG_STALE,
		  "%.200s was changed after %.200s was made, and the two together are no disk any "
		  "more",
		  rescue->base, image->path);
	return fault_hint(fault, "Remove the log");
}

static int find_image(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	struct image *image = &rescue->image;
	size_t length;

	if (image_find(options->image, !options->write, image, fault) == 0)
		return 0;
	length = strlen(image->path);
	if (fault->reason != REASON_IMAGE_NOT_A_FILE || length <= strlen(FAILED_SUFFIX) ||
	    strcmp(image->path + length - strlen(FAILED_SUFFIX), FAILED_SUFFIX) != 0)
		return -1;
	if (options->write)
		return fault_set(
			fault, REASON_USAGE,
			"The log of a failed grow is there to be looked at: --write cannot "
			"be used with it");
	snprintf(rescue->base, sizeof(rescue->base), "%.*s", (int)(length - strlen(FAILED_SUFFIX)),
		 image->path);
	return image_locate(image, fault);
}

int rescue_take_image(struct rescue *rescue, struct fault *fault)
{
	struct image *image = &rescue->image;
	bool write = rescue->options->write;

	if (find_image(rescue, fault) < 0 || image_check_kind(image, fault) < 0 ||
	    find_share(rescue, fault) < 0 ||
	    lock_take(image, 0, &rescue->interrupt, NULL, NULL, fault) < 0 ||
	    (write && image_check_writable(image, fault) < 0) ||
	    image_check_empty(image, fault) < 0)
		return -1;
	if (rescue->base[0])
		return check_failed_log(rescue, fault);
	if (write && log_name(&rescue->log, image, "", NULL, fault) < 0)
		return -1;
	ticket_find(image, &rescue->log.ticket);
	return recover_check_guard(image, &rescue->log, fault);
}

/* With --write a complete log of an earlier run is finished first. */
static int finish_earlier(struct rescue *rescue, struct fault *fault)
{
	rescue->commit = (struct commit){ .image = &rescue->image,
					  .log = &rescue->log,
					  .programs = &rescue->programs };
	if (!rescue->options->write)
		return recover_refuse_reader(&rescue->image, &rescue->log, fault);
	if (recover_open(&rescue->commit, rescue->options->allow_backing, rescue->work.folder,
			 fault) < 0)
		return -1;
	console_say(&rescue->console, "finishing the commit of an earlier run");
	if ((rescue->log.ticket.state == TICKET_COMMITTED ? commit_tidy(&rescue->commit, fault)
							  : commit_run(&rescue->commit, fault)) < 0)
		return -1;
	log_close(&rescue->log);
	return log_name(&rescue->log, &rescue->image, "", NULL, fault);
}

int rescue_look(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	struct image *image = &rescue->image;
	bool failed_log = rescue->base[0] != '\0';

	if (rescue->log.ticket.state != TICKET_NONE && finish_earlier(rescue, fault) < 0)
		return -1;
	if (options->write)
		(void)log_sweep(&rescue->log, image);
	if (image_mark(image->path, &image->seen) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be looked at",
				       image->path);
	if (image_detect(image, failed_log ? FORMAT_QCOW2 : options->format,
			 (struct image_accepts){ options->allow_backing || failed_log },
			 fault) < 0 ||
	    image_check_tables(image, &rescue->programs, fault) < 0)
		return -1;
	if (!options->write)
		return 0;
	if (image->size_bytes < DISK_MIN_BYTES) {
		fault_set(fault, REASON_IMAGE_FORMAT, "%.300s is too small for a disk",
			  image->path);
		return fault_hint(fault, "Look without --write");
	}
	return dependents_check(image, &rescue->interrupt, fault);
}

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
		.qemu = guest_qemu(),
		.request = { .kind = REQUEST_SHELL, .time_unix_s = options->rtc_unix_s },
		.accel = options->accel,
		.warm = !options->rtc[0] && !options->append,
		.memory_mib = options->memory_mib,
		.hardware = { .cpus = 1,
			      .append = options->append,
			      .rtc = options->rtc[0] ? options->rtc : NULL,
			      .share = rescue->share[0] ? rescue->share : NULL,
			      .share_writable = options->share_writable },
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

	if (guest_folder(guest, fault) < 0 || make_log(rescue, fault) < 0)
		return -1;
	if (options->command[0] == '\0') {
		rescue->has_terminal = tcgetattr(STDIN_FILENO, &rescue->terminal) == 0;
		console_say(&rescue->console,
			    "a shell in a virtual machine; the disk is /dev/sda. \"exit\" ends it, "
			    "Ctrl-] three times breaks it off");
		if (!options->write)
			console_say(&rescue->console,
				    "what is changed is thrown away at the end (--write keeps it)");
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
