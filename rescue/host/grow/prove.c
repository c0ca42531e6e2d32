/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --prove-boot: the disk as it was is booted on an overlay of the image, then the grown one on
 * an overlay of the log. What is grown is kept only if it comes as far. */
#include "grow.h"

#include "base/io.h"
#include "base/text.h"
#include "host/boot/run.h"
#include "host/guest.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEMORY_MIB  1024
#define SHOWN_CHARS 60
#define SHOWN_LINES 6
#define SERIAL_LINE "console=ttyS0"

/* What one proof works with. */
struct proof {
	struct grow *grow;
	const char *stage;
	regex_t expect;
	bool expects;
	char rtc[RTC_BYTES];
	struct boot_result before, after;
	struct screen screen_before, screen_after;
	bool has_before, has_after;
};

int grow_check_boot(struct grow *grow, struct fault *fault)
{
	const struct grow_options *options = grow->options;
	char code[PATH_MAX], variables[PATH_MAX];

	if (!options->prove_boot)
		return 0;
	if (block_look(&grow->image, grow->work.folder, &grow->programs, firmware_look,
		       &grow->boot_facts, fault) < 0 ||
	    firmware_choose(options->firmware, &grow->boot_facts, grow->image.path, &grow->firmware,
			    fault) < 0)
		return -1;
	return grow->firmware == FIRMWARE_UEFI ? firmware_find_ovmf(code, variables, fault) : 0;
}

static void show_line(void *context, const char *line)
{
	const struct proof *proof = context;
	char safe[SHOWN_CHARS + 4], text[SHOWN_CHARS + 64];

	if (!proof->grow->console.redraws)
		return;
	text_make_safe(safe, SHOWN_CHARS, line, strlen(line));
	snprintf(text, sizeof(text), "%s: %s", proof->stage, safe);
	console_stage(&proof->grow->console, text, -1);
}

static struct boot_spec common_spec(struct proof *proof, const struct boot_disk *disk)
{
	struct grow *grow = proof->grow;
	const struct grow_options *options = grow->options;

	return (struct boot_spec){ .qemu = guest_qemu(),
				   .accel = options->accel == ACCEL_NATIVE ? ACCEL_AUTO
									   : options->accel,
				   .hardware = { .attach = options->attach,
						 .memory_mib = MEMORY_MIB,
						 .cpus = 1,
						 .rtc = proof->rtc },
				   .firmware = grow->firmware,
				   .disk = disk,
				   .sector_bytes = grow->boot_facts.sector_bytes,
				   .work_folder = grow->work.folder,
				   .interrupt = &grow->interrupt,
				   .expect = proof->expects ? &proof->expect : NULL,
				   .fails_on_bad = true,
				   .once = true,
				   .timeout_ms = options->prove_seconds * INT64_C(1000),
				   .output_fd = -1,
				   .picture_fd = -1,
				   .on_line = show_line,
				   .context = proof };
}

/* When nothing new comes, no more is to be expected of the disk as it was. */
static void expect_the_best(struct proof *proof, struct boot_spec *spec)
{
	spec->best = true;
	if (proof->expects)
		return;
	spec->quiet_ms = proof->grow->options->prove_quiet_seconds * INT64_C(1000);
	spec->screen = &proof->screen_before;
}

static void expect_as_before(struct proof *proof, struct boot_spec *spec)
{
	const enum milestone reached = proof->before.milestones.reached;

	spec->until = reached;
	spec->accel = proof->before.accel;
	if (reached != MILESTONE_SCREEN)
		return;
	spec->screen = &proof->screen_after;
	spec->screen->wanted = &proof->screen_before.last;
}

/* The image as it is, or with the log over it. */
static int boot(struct proof *proof, const char *log_path, struct boot_result *ret_result,
		struct fault *fault)
{
	struct grow *grow = proof->grow;
	const struct boot_layers layers = { .image = &grow->image,
					    .log_path = log_path,
					    .size_bytes = log_path ? grow->size_after_bytes
								   : grow->image.size_bytes,
					    .work_folder = grow->work.folder,
					    .name = "prove.log" };
	struct boot_disk disk;
	struct boot_spec spec;
	int result = boot_disk_open(&disk, &layers, &grow->programs, fault);

	if (result == 0) {
		spec = common_spec(proof, &disk);
		if (log_path)
			expect_as_before(proof, &spec);
		else
			expect_the_best(proof, &spec);
		console_stage(&grow->console, proof->stage, -1);
		result = boot_run(&spec, ret_result, fault);
	}
	boot_disk_close(&disk);
	return result;
}

static const char *why_ended(const struct boot_result *result)
{
	switch (result->end) {
	case BOOT_BAD:
		return result->milestones.bad;
	case BOOT_OFF:
		return "it ended";
	default:
		return "the time is over (--prove-timeout)";
	}
}

/* The disk as it is must come up by itself, and say so. */
static int judge_before(const struct proof *proof, struct fault *fault)
{
	const struct boot_result *before = &proof->before;
	enum milestone reached = before->milestones.reached;

	if (before->end == BOOT_BAD || (proof->expects && reached < MILESTONE_EXPECTED)) {
		fault_set(fault, REASON_BOOT_NOT_PROVEN,
			  "No proof is possible: the old disk does not boot%s (%s)",
			  before->end == BOOT_BAD ? "" : " as far as expected", why_ended(before));
		return fault_hint(fault, "Boot it with try-disk to see why");
	}
	if (reached >= MILESTONE_SCREEN)
		return 0;
	fault_set(fault, REASON_BOOT_NOT_PROVEN,
		  "No proof is possible: the old disk showed no kernel, no login prompt and no "
		  "screen that stays (%s)",
		  why_ended(before));
	return fault_hint(
		fault,
		"Name a line that both disks print (--prove-boot=REGEX), give Linux " SERIAL_LINE
		", or grow it without --prove-boot");
}

static int judge_after(const struct proof *proof, struct fault *fault)
{
	const struct boot_result *after = &proof->after;

	if (after->end == BOOT_REACHED)
		return 0;
	fault_set(fault, REASON_BOOT_NOT_PROVEN,
		  "The grown disk does not boot as before: %s. It reached %s, the old disk %s; the "
		  "image is unchanged",
		  why_ended(after), milestone_name(after->milestones.reached),
		  milestone_name(proof->before.milestones.reached));
	return fault_hint(fault, "--keep-failed keeps the log, so that rescue-disk can open it");
}

static void say_last_lines(const struct proof *proof, const char *what,
			   const struct boot_result *result)
{
	const char *lines[MILESTONES_LAST + SOURCES];
	size_t count = milestones_last(&result->milestones, lines);

	for (size_t i = count > SHOWN_LINES ? count - SHOWN_LINES : 0; i < count; i++)
		console_say(&proof->grow->console, "%s: %s", what, lines[i]);
}

static json_t *describe(const struct boot_result *result, bool known)
{
	if (!known)
		return json_null();
	return json_pack("{s:s, s:s*, s:o}", "milestone",
			 milestone_word(result->milestones.reached), "bad_sign",
			 result->milestones.bad, "console",
			 milestones_console(&result->milestones));
}

static json_t *result_of(const struct proof *proof)
{
	const struct grow *grow = proof->grow;
	const bool proven = proof->has_after && proof->after.end == BOOT_REACHED;

	return json_pack("{s:s, s:s*, s:s, s:o, s:o, s:o}", "firmware",
			 firmware_words[grow->firmware], "accelerator",
			 proof->has_before ? accel_word(proof->before.accel) : NULL, "attach",
			 attach_words[grow->options->attach], "milestone",
			 proven ? json_string(milestone_word(proof->before.milestones.reached))
				: json_null(),
			 "before", describe(&proof->before, proof->has_before), "after",
			 describe(&proof->after, proof->has_after));
}

static int boot_both(struct proof *proof, struct fault *fault)
{
	proof->stage = "booting the disk as it is";
	if (boot(proof, NULL, &proof->before, fault) < 0)
		return -1;
	proof->has_before = true;
	if (judge_before(proof, fault) < 0)
		return -1;
	proof->stage = "booting the grown disk";
	if (boot(proof, proof->grow->log.path, &proof->after, fault) < 0)
		return -1;
	proof->has_after = true;
	return judge_after(proof, fault);
}

/* The same clock for both. */
static void set_clock(struct proof *proof)
{
	const time_t now = time(NULL);
	struct tm utc;

	if (proof->grow->options->rtc[0])
		strcpy(proof->rtc, proof->grow->options->rtc);
	else
		strftime(proof->rtc, sizeof(proof->rtc), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &utc));
}

int grow_prove(struct grow *grow, struct fault *fault)
{
	const char *expect = grow->options->prove_expect;
	struct proof *proof;
	int result;

	if (!grow->options->prove_boot)
		return 0;
	proof = calloc(1, sizeof(*proof));
	if (!proof)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	proof->grow = grow;
	/* It was compiled before, to be refused in time. */
	proof->expects = expect && regcomp(&proof->expect, expect, REG_EXTENDED | REG_NOSUB) == 0;
	proof->screen_before = proof->screen_after = SCREEN_NONE;
	set_clock(proof);
	grow->log_may_stay = true;
	result = screen_open(&proof->screen_before, fault);
	if (result == 0)
		result = screen_open(&proof->screen_after, fault);
	if (result == 0)
		result = boot_both(proof, fault);
	screen_close(&proof->screen_before);
	screen_close(&proof->screen_after);
	grow->log_may_stay = result < 0;
	grow->result.boot = result_of(proof);
	console_clear(&grow->console);
	if (result < 0 && fault->reason == REASON_BOOT_NOT_PROVEN) {
		say_last_lines(proof, "as it is", &proof->before);
		say_last_lines(proof, "grown", &proof->after);
	}
	if (proof->expects)
		regfree(&proof->expect);
	free(proof);
	return result;
}
