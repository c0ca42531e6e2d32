/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the image to the end of its system. */
#include "try.h"

#include "base/text.h"
#include "host/block/block.h"
#include "host/boot/seed_iso.h"
#include "host/guest.h"
#include "host/image/device.h"
#include "host/image/lock.h"
#include "host/image/tables.h"
#include "host/log/recover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* QEMU gets real paths: it may open nothing else. */
static int find_file(const char *given, char found[PATH_MAX], struct fault *fault)
{
	struct stat status;

	if (!given)
		return 0;
	if (realpath(given, found) && access(found, R_OK) == 0 && stat(found, &status) == 0) {
		if (S_ISREG(status.st_mode))
			return 0;
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	}
	fault_set_errno(fault, REASON_USAGE, errno, "The file %.300s cannot be read", given);
	return fault_hint(fault, "See try-disk --help");
}

static int compile_expect(struct try *try, struct fault *fault)
{
	const char *text = try->options->expect;
	char why[200];
	int error;

	if (!text)
		return 0;
	error = regcomp(&try->expect, text, REG_EXTENDED | REG_NOSUB);
	if (error == 0) {
		try->expects = true;
		return 0;
	}
	regerror(error, &try->expect, why, sizeof(why));
	fault_set(fault, REASON_USAGE, "--expect is not a regular expression: %s", why);
	return fault_hint(fault, "See regex(7)");
}

int try_prepare(struct try *try, struct fault *fault)
{
	const struct boot_hardware *hardware = &try->options->hardware;

	if (compile_expect(try, fault) < 0 || find_file(hardware->kernel, try->kernel, fault) < 0 ||
	    find_file(hardware->initrd, try->initrd, fault) < 0 ||
	    guest_check_programs(true, fault) < 0)
		return -1;
	if (try->options->screenshot &&
	    screenshot_open(&try->screenshot, try->options->screenshot, fault) < 0)
		return -1;
	return work_make(&try->work, "try-disk", fault);
}

/* Without --write as a reader, who shares with readers. */
int try_take_image(struct try *try, struct fault *fault)
{
	struct image *image = &try->image;
	const bool write = try->options->write;

	if (image_find(try->options->image, !write, image, fault) < 0 ||
	    image_check_kind(image, fault) < 0 ||
	    share_find(&try->options->share, image_at(image), try->work.folder, try->share, fault) <
		    0 ||
	    lock_take(image, 0, &try->interrupt, NULL, NULL, fault) < 0 ||
	    (write && (device_refuse(image, "--write", fault) < 0 ||
		       image_check_writable(image, fault) < 0)) ||
	    image_check_empty(image, fault) < 0 ||
	    (write && log_name(&try->log, image, "", NULL, fault) < 0))
		return -1;
	ticket_find(image, &try->log.ticket);
	return recover_check_guard(image, &try->log, fault);
}

/* What an earlier run has left: with --write it is finished first. */
static int settle_earlier(struct try *try, struct fault *fault)
{
	const struct try_options *options = try->options;

	if (try->log.ticket.state != TICKET_NONE) {
		if (!options->write)
			return recover_refuse_reader(&try->image, &try->log, fault);
		console_say(&try->console, "finishing the commit of an earlier run");
		if (keep_finish_earlier(&try->keep, options->allow_backing, fault) < 0)
			return -1;
	}
	if (options->write)
		(void)log_sweep(&try->log, &try->image);
	return 0;
}

int try_look(struct try *try, struct fault *fault)
{
	struct image *image = &try->image;
	const struct try_options *options = try->options;

	if (settle_earlier(try, fault) < 0)
		return -1;
	if (image_mark(image->path, &image->seen) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be looked at",
				       image->path);
	if (image_detect(image, options->format, (struct image_accepts){ options->allow_backing },
			 fault) < 0 ||
	    image_check_tables(image, &try->programs, fault) < 0 ||
	    (options->write && keep_check_image(&try->keep, fault) < 0) ||
	    block_look(image, try->work.folder, &try->programs, firmware_look, &try->facts, fault) <
		    0)
		return -1;
	if (options->hardware.kernel) {
		try->firmware = FIRMWARE_BIOS;
		return 0;
	}
	return firmware_choose(options->firmware, &try->facts, image->path, &try->firmware, fault);
}

static void show_request(void *context, const char *text)
{
	console_detail(context, "the guest asks for its seed: %s", text);
}

int try_seed(struct try *try, struct fault *fault)
{
	const struct seed_wish *wish = &try->options->seed;

	if (!seed_is_wished(wish))
		return 0;
	if (seed_write(wish, try->work.folder, &try->interrupt, fault) < 0)
		return -1;
	if (wish->way == SEED_ISO)
		return seed_iso_make(wish, try->work.folder, &try->programs, try->seed_path, fault);
	try->serves_seed = true;
	if (seed_server_open(&try->seed_server, try->work.folder, fault) < 0)
		return -1;
	try->seed_server.on_request = show_request;
	try->seed_server.context = &try->console;
	return 0;
}

static void say_begin(const struct try *try)
{
	console_say(&try->console, "booting %s with %s; its changes are %s%s", try->image.path,
		    try->options->hardware.kernel    ? "the given kernel"
		    : try->firmware == FIRMWARE_UEFI ? "UEFI (OVMF)"
						     : "a BIOS (SeaBIOS)",
		    try->options->write ? "kept only if it powers off" : "discarded",
		    try->terminal.fd >= 0 ? ". Ctrl-] three times ends it" : "");
}

/* A terminal is used where both ends are one, and nobody wants JSON. */
static int open_terminal(struct try *try, struct fault *fault)
{
	if (try->options->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return 0;
	return terminal_open(&try->terminal, fault);
}

int try_boot(struct try *try, struct fault *fault)
{
	const struct try_options *options = try->options;
	const struct boot_layers layers = { .image = &try->image,
					    .size_bytes = try->image.size_bytes,
					    .work_folder = try->work.folder,
					    .name = "try.log",
					    .kept = options->write ? &try->log : NULL };
	struct boot_spec spec = { .qemu = guest_qemu(),
				  .accel = options->accel,
				  .hardware = options->hardware,
				  .firmware = try->firmware,
				  .disk = &try->disk,
				  .sector_bytes = try->facts.sector_bytes,
				  .seed_path = try->seed_path[0] ? try->seed_path : NULL,
				  .seed_server = try->serves_seed ? &try->seed_server : NULL,
				  .work_folder = try->work.folder,
				  .interrupt = &try->interrupt,
				  .expect = try->expects ? &try->expect : NULL,
				  .until = options->wait_for,
				  .fails_on_bad = try->expects || options->wait_for,
				  .then_off = options->write,
				  .timeout_ms = options->timeout_seconds * INT64_C(1000),
				  .output_fd = options->json ? -1 : STDOUT_FILENO,
				  .picture_fd = try->screenshot.fd };
	int result;

	spec.hardware.kernel = options->hardware.kernel ? try->kernel : NULL;
	spec.hardware.initrd = options->hardware.initrd ? try->initrd : NULL;
	spec.hardware.share = try->share[0] ? try->share : NULL;
	spec.hardware.share_writable = options->share.writable;
	spec.hardware.rtc = options->rtc[0] ? options->rtc : NULL;
	if (boot_disk_open(&try->disk, &layers, &try->programs, fault) < 0 ||
	    open_terminal(try, fault) < 0)
		return -1;
	spec.terminal = try->terminal.fd >= 0 ? &try->terminal : NULL;
	say_begin(try);
	result = boot_run(&spec, &try->result, fault);
	try->booted = result == 0;
	if (spec.terminal)
		(void)fputc('\n', stderr); /* what comes needs a line of its own */
	if (result == 0 && options->screenshot)
		result = screenshot_finish(&try->screenshot, fault);
	return result;
}
