/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of grow-disk: what moves through its stages. */
#ifndef GROW_GROW_H
#define GROW_GROW_H

#include "host/boot/firmware.h"
#include "host/console.h"
#include "host/image/room.h"
#include "host/log/commit.h"
#include "host/log/fence.h"
#include "host/program.h"
#include "host/result/result.h"
#include "host/vm/vm.h"
#include "host/work.h"
#include "key.h"
#include "options.h"

/* The host's reading of the disks. */
struct grow_disks {
	struct block block;
	bool started;
	struct block_disk image, log;
	struct write_set set;
	bool known;		/* set and marks of the image */
	uint32_t sector_bytes;	/* that the disk was made for; 0: not known yet */
	uint64_t superblock_at; /* of what the target holds, in bytes of the disk */
	struct marks image_marks, log_marks;
	struct closing closing; /* of a block device */
};

/* A machine of a run. */
struct grow_machine {
	struct vm vm;
	bool started;
};

/* One grows the log. A check that it leaves is another one's: of the image as it was, at the same
 * time; or of the log, when it has been grown. */
struct grow_machines {
	struct grow_machine grower, before, after;
	enum leave_checks leave_checks;	   /* what the grower may leave */
	json_int_t checked_partition;	   /* its number: `before` is of that one */
	int disk_fd, backing_fd, image_fd; /* theirs; owned; -1: none */
	char guest_folder[PATH_MAX];
	char console_path[PATH_MAX + 64];
	unsigned memory_mib;
	bool warm;
	bool may_be_native; /* until the work turns out to need a machine */
};

struct grow {
	const struct grow_options *options;
	int64_t started_ms;
	struct console console;
	struct interrupt interrupt;
	struct programs programs;
	struct work work;
	char work_dir[PATH_MAX]; /* of --work-dir, absolute; "": none */
	struct key key;
	struct image image;
	uint64_t size_after_bytes;
	struct log log;
	struct room room;
	struct grow_disks disks;
	struct grow_machines machines;
	struct firmware_facts boot_facts; /* of --prove-boot */
	enum firmware firmware;
	struct commit commit;
	struct result result;
	bool over;	   /* nothing is left to do */
	bool log_may_stay; /* for --keep-failed */
};

/* The verb: argv[0] is "grow". Returns the exit status. */
int verb_grow(int argc, char *argv[]);

/* Stages, in their order; each 0, or -1 with the fault that ends the run. */
int grow_prepare(struct grow *grow, struct fault *fault);
int grow_take_image(struct grow *grow, struct fault *fault);
int grow_discard(struct grow *grow, struct fault *fault);
int grow_finish_earlier(struct grow *grow, struct fault *fault);
int grow_tell_pending(struct grow *grow, struct fault *fault);
int grow_look(struct grow *grow, struct fault *fault);
int grow_start_machine(struct grow *grow, struct fault *fault);
int grow_examine(struct grow *grow, struct fault *fault);
int grow_check_boot(struct grow *grow, struct fault *fault);
int grow_work(struct grow *grow, struct fault *fault);
int grow_compare(struct grow *grow, struct fault *fault);
int grow_prove(struct grow *grow, struct fault *fault);
int grow_commit(struct grow *grow, struct fault *fault);

/* Read what the fence needs of the image, while the machine works. What cannot be read is read
 * again by grow_compare: the guest speaks first. Fault: image-truncated alone. */
int grow_note_image(struct grow *grow, struct fault *fault);

/* Has the guest taken the partition that was asked for, as far as the host can know it by the
 * table of the image? Fault: not-verified. */
int grow_check_chosen(const struct grow *grow, struct fault *fault);

/* Find out which sectors the image was made for, before the machine gets the disk. */
void grow_note_sectors(struct grow *grow);

/* Refuse what is beyond the host's limits. */
int grow_check_room(struct grow *grow, struct fault *fault);

/* The block service of this run's image and log. */
struct block_files grow_block_files(const struct grow *grow);

/* Show how far a commit is. context is the struct grow. */
void grow_show_percent(void *context, int percent);

/* End the machines; the events stay until grow_forget_machines. */
void grow_stop_machines(struct grow *grow);
void grow_forget_machines(struct grow *grow);

/* --keep-log, --events and --metrics: refuse names that cannot be; write the first two at the
 * end. */
int grow_check_kept(const struct grow *grow, struct fault *fault);
void grow_write_kept(const struct grow *grow);

/* --metrics and --log: the result, for those who watch. What cannot be written is said, and
 * changes no status: the image is what the result says. object may be NULL: out of memory. */
void grow_publish(const struct grow *grow, const json_t *object);

#endif
