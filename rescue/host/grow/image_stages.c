/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages before there is a machine: the image, and what an earlier run left of it. */
#include "machine_start.h"

#include "host/guest.h"
#include "host/image/dependents.h"
#include "host/image/device.h"
#include "host/image/lock.h"
#include "host/image/source.h"
#include "host/image/tables.h"
#include "host/image/truncated.h"
#include "host/log/failed.h"
#include "host/log/recover.h"
#include "host/size.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int grow_prepare(struct grow *grow, struct fault *fault)
{
	const struct grow_options *options = grow->options;
	bool machine = (options->verb == GROW_VERB_GROW || options->verb == GROW_VERB_PLAN) &&
		       (options->prove_boot || !machine_may_be_native(options));

	if (guest_check_programs(false, fault) < 0 ||
	    (machine && guest_check_machine(options->guest_arch, fault) < 0))
		return -1;
	return work_make(&grow->work, "grow-disk", fault);
}

/* Its name goes into the ticket, which is JSON. */
static int find_work_dir(struct grow *grow, struct fault *fault)
{
	const char *given = grow->options->work_dir;
	json_t *text;

	if (!given)
		return 0;
	if (!realpath(given, grow->work_dir)) {
		fault_set_errno(fault, REASON_USAGE, errno,
				"There is no directory %.200s for the log", given);
		return fault_hint(fault, "See grow-disk --help");
	}
	if (access(grow->work_dir, W_OK | X_OK) < 0) {
		fault_set_errno(fault, REASON_FOLDER_NOT_WRITABLE, errno,
				"%s may not write to %.300s", image_user(), grow->work_dir);
		return fault_hint(fault, "Name another --work-dir");
	}
	text = json_string(grow->work_dir);
	json_decref(text);
	if (!text)
		return fault_set(fault, REASON_USAGE, "The name of the --work-dir is not UTF-8");
	for (const char *at = grow->work_dir; *at; at++)
		if (iscntrl((unsigned char)*at))
			return fault_set(fault, REASON_USAGE,
					 "The name of the --work-dir has control characters");
	return 0;
}

static void tell_wait(void *context, const struct fault *why)
{
	const struct grow *grow = context;

	console_say(&grow->console, "waiting for at most %u s: %s",
		    grow->options->wait_lock_seconds, why->message);
}

static int take_lock(struct grow *grow, struct fault *fault)
{
	size_t used;

	if (lock_take(&grow->image, grow->options->wait_lock_seconds, &grow->interrupt, tell_wait,
		      grow, fault) == 0)
		return 0;
	used = strlen(fault->hint);
	if (fault->reason == REASON_IMAGE_LOCKED && used > 0)
		snprintf(fault->hint + used, sizeof(fault->hint) - used,
			 ", or wait for it: --wait-lock SECONDS");
	return -1;
}

/* Nothing is written over: it may be wanted still. */
static int check_failed(const struct grow *grow, struct fault *fault)
{
	char path[PATH_MAX + 32];
	struct stat status;

	failed_path(&grow->image, path, sizeof(path));
	if (!grow->options->keep_failed || lstat(path, &status) < 0)
		return 0;
	return fault_set(fault, REASON_USAGE,
			 "%.300s exists already, the log of an earlier grow: remove it first",
			 path);
}

/* The size of a device is its own. */
static int check_device(struct grow *grow, struct fault *fault)
{
	const struct grow_options *options = grow->options;

	if (!grow->image.is_device)
		return 0;
	if (options->size || options->power_of_two) {
		fault_set(fault, REASON_USAGE, "A block device has its size, and takes no SIZE");
		return fault_hint(fault, "Enlarge it first (lvextend, zfs set volsize, the "
					 "hypervisor), then run grow-disk without SIZE");
	}
	if (options->keep_failed)
		return device_refuse(&grow->image, "--keep-failed", fault);
	return device_check_work_dir(&grow->image, grow->work_dir, fault);
}

/* The names of what a run leaves, of this device that is ours now, or of it when it had another
 * one. */
static int place_device(struct grow *grow, struct fault *fault)
{
	struct image *image = &grow->image;

	if (!image->is_device)
		return 0;
	if (device_place(image, grow->options->image, grow->work_dir, fault) < 0)
		return -1;
	ticket_find(image, &grow->log.ticket);
	return grow->log.ticket.state == TICKET_NONE
		       ? recover_find_device(image, grow->work_dir, fault)
		       : 0;
}

int grow_take_image(struct grow *grow, struct fault *fault)
{
	struct image *image = &grow->image;

	if (image_find(grow->options->image, false, image, fault) < 0)
		return -1;
	grow->result.image_known = true;
	if (image_check_kind(image, fault) < 0 || find_work_dir(grow, fault) < 0 ||
	    check_device(grow, fault) < 0 || grow_check_kept(grow, fault) < 0 ||
	    take_lock(grow, fault) < 0 || place_device(grow, fault) < 0 ||
	    image_check_writable(image, fault) < 0 || image_check_empty(image, fault) < 0 ||
	    log_name(&grow->log, image, grow->work_dir, NULL, fault) < 0 ||
	    log_check_free(&grow->log, fault) < 0)
		return -1;
	ticket_find(image, &grow->log.ticket);
	if (recover_check_guard(image, &grow->log, fault) < 0)
		return -1;
	return check_failed(grow, fault);
}

int grow_discard(struct grow *grow, struct fault *fault)
{
	return recover_discard(&grow->image, &grow->log, &grow->result.discarded, fault);
}

static int open_earlier(struct grow *grow, struct fault *fault)
{
	grow->commit = (struct commit){ .image = &grow->image,
					.log = &grow->log,
					.programs = &grow->programs,
					.work_folder = grow->work.folder,
					.on_percent = grow_show_percent,
					.context = grow };
	return recover_open(&grow->commit, grow->options->allow_backing, grow->work.folder, fault);
}

int grow_tell_pending(struct grow *grow, struct fault *fault)
{
	if (grow->log.ticket.state == TICKET_NONE)
		return 0;
	if (open_earlier(grow, fault) < 0)
		return -1;
	grow->result.pending = ticket_state_word(grow->log.ticket.state);
	grow->result.pending_before_bytes = grow->commit.facts.size_before_bytes;
	grow->result.pending_after_bytes = grow->commit.facts.size_after_bytes;
	grow->result.changed = true;
	grow->result.format_known = true;
	grow->over = true;
	return 0;
}

static int finish_commit(struct grow *grow, struct fault *fault)
{
	struct grow_options const *options = grow->options;

	if (open_earlier(grow, fault) < 0)
		return -1;
	grow->result.format_known = true;
	grow->result.size_before_known = grow->result.size_after_known = true;
	grow->result.size_before_bytes = grow->commit.facts.size_before_bytes;
	grow->size_after_bytes = grow->commit.facts.size_after_bytes;
	if (grow->log.ticket.state == TICKET_COMMITTED) {
		if (commit_tidy(&grow->commit, fault) < 0)
			return -1;
	} else {
		console_say(&grow->console, "finishing the commit of an earlier run");
		if (commit_run(&grow->commit, fault) < 0)
			return -1;
	}
	grow->result.recovered = grow->result.changed = true;
	log_close(&grow->log);
	if (log_name(&grow->log, &grow->image, grow->work_dir, NULL, fault) < 0)
		return -1;
	return options->verb == GROW_VERB_RECOVER ? 0 : interrupt_check(&grow->interrupt, fault);
}

/* A complete log of an earlier run is finished before anything else; an incomplete one goes. */
int grow_finish_earlier(struct grow *grow, struct fault *fault)
{
	if (grow->log.ticket.state != TICKET_NONE && finish_commit(grow, fault) < 0)
		return -1;
	if (log_sweep(&grow->log, &grow->image)) {
		grow->result.discarded = true;
		console_detail(&grow->console, "threw away the unfinished log of an earlier run");
	}
	return 0;
}

/* Of a raw image, whose bytes are the disk's. */
static int check_raw_length(struct grow *grow, struct fault *fault)
{
	struct table_source source = image_source(&grow->image);

	if (grow->image.format != IMAGE_RAW || grow->options->allow_truncated)
		return 0;
	return truncated_check(&source, image_file_bytes(&grow->image), grow->image.path, fault);
}

int grow_look(struct grow *grow, struct fault *fault)
{
	struct image *image = &grow->image;

	if (image_mark(image->path, &image->seen) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be looked at",
				       image->path);
	if (image_detect(image, grow->options->format,
			 (struct image_accepts){ grow->options->allow_backing }, fault) < 0)
		return -1;
	grow->result.format_known = true;
	grow->result.size_before_known = true;
	grow->result.size_before_bytes = image->size_bytes;
	grow->result.size_after_known = false;
	if (size_resolve(grow->options->size, image->size_bytes, grow->options->power_of_two,
			 &grow->size_after_bytes, fault) < 0)
		return -1;
	grow->result.size_after_known = true;
	if (check_raw_length(grow, fault) < 0)
		return -1;
	return device_check_volume(image, grow->options->volume != NULL, fault);
}

/* What takes longer, while the machine starts. */
int grow_examine(struct grow *grow, struct fault *fault)
{
	const char *log_folder = grow->work_dir[0] ? grow->work_dir : NULL;
	struct image *image = &grow->image;
	char probe_path[PATH_MAX + 32];

	ticket_fresh_path(image, probe_path, sizeof(probe_path));
	if (image_check_tables(image, &grow->programs, fault) < 0 ||
	    dependents_check(image, &grow->interrupt, fault) < 0 ||
	    room_find(image, grow->size_after_bytes, probe_path, log_folder, &grow->room, fault) <
		    0)
		return -1;
	return grow->options->verb == GROW_VERB_PLAN ? 0 : grow_check_room(grow, fault);
}

int grow_check_room(struct grow *grow, struct fault *fault)
{
	return room_check(&grow->room, &grow->image, grow->size_after_bytes,
			  grow->work_dir[0] ? grow->work_dir : NULL, fault);
}
