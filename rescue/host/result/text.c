/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result.h"

#include "lines.h"
#include "text_disk.h"
#include "wire/member.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *nothing_to_do(const json_t *result)
{
	return result_is_content(json_object_get(result, "filesystem"))
		       ? "nothing to do: the partition already fills the disk"
		       : "nothing to do: the partition and its file system already fill the disk";
}

static void write_plan(FILE *to, const json_t *result)
{
	const json_t *pending = json_object_get(result, "pending");
	const json_t *largest = json_object_get(result, "largest");
	char value[512], sizes[LINES_CHANGE_CHARS];

	if (json_is_object(pending)) {
		lines_change(sizes, member_number(pending, "size_before_bytes"),
			     member_number(pending, "size_after_bytes"));
		snprintf(value, sizeof(value),
			 "%s: the log of an earlier run is complete (%s); the next grow-disk, or "
			 "grow-disk --recover, commits it first",
			 sizes, member_text(pending, "state"));
		lines_write(to, "pending", value, NULL);
		lines_write(to, "plan only", "nothing has been changed", NULL);
		return;
	}
	if (json_is_object(largest)) {
		lines_size(sizes, member_number(largest, "largest_disk_bytes"));
		snprintf(value, sizeof(value), "this disk can grow to %s (%s)", sizes,
			 member_text(largest, "reason"));
		lines_write(to, "largest", value, NULL);
	}
	lines_write(to, "plan only",
		    member_is_true(result, "changed") ? "nothing has been changed"
						      : nothing_to_do(result),
		    NULL);
}

static void write_end(FILE *to, const json_t *result)
{
	const char *action = member_text(result, "action");
	const json_t *fence = json_object_get(result, "fence");
	uint64_t total_ms = member_number(json_object_get(result, "timings_ms"), "total");
	char value[256], seconds[32];

	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%" PRIu64 " s", (total_ms + 50) / 1000,
		 (total_ms + 50) / 100 % 10);
	if (strcmp(action, "discard") == 0)
		snprintf(value, sizeof(value), "%s",
			 member_is_true(result, "discarded")
				 ? "the log of an earlier run was discarded; the image is unchanged"
				 : "nothing to do: no earlier run left a log");
	else if (json_is_object(fence))
		snprintf(value, sizeof(value), "%s; nothing else on the disk changed", seconds);
	else if (member_is_true(result, "recovered"))
		snprintf(value, sizeof(value), "%s; the grow of an earlier run is committed",
			 seconds);
	else if (strcmp(action, "recover") == 0)
		snprintf(value, sizeof(value), "nothing to do: no earlier run left a complete log");
	else
		snprintf(value, sizeof(value), "%s", nothing_to_do(result));
	lines_write(to, "done", value, NULL);
}

/* How far both came, the disk as it was and the grown one. */
static void write_boot(FILE *to, const json_t *boot)
{
	char note[64];

	if (!json_is_object(boot) || !member_has(boot, "milestone"))
		return;
	snprintf(note, sizeof(note), "%s, with %s",
		 strcmp(member_text(boot, "milestone"), "screen") == 0
			 ? "looks as before (a weak proof)"
			 : "reached as before",
		 strcmp(member_text(boot, "firmware"), "uefi") == 0 ? "UEFI" : "a BIOS");
	lines_write(to, "boot", member_text(boot, "milestone"), note);
}

static void write_text(FILE *to, const json_t *result)
{
	result_write_disk(to, result);
	write_boot(to, json_object_get(result, "boot"));
	if (strcmp(member_text(result, "action"), "plan") == 0)
		write_plan(to, result);
	else
		write_end(to, result);
}

int result_flush(struct fault *fault)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno == EPIPE)
		return fault_set(fault, REASON_INTERRUPTED,
				 "Nobody reads standard output, so the result is lost");
	fault_set_errno(fault,
			errno == ENOSPC || errno == EDQUOT ? REASON_NO_SPACE : REASON_DISK_IO,
			errno, "Standard output cannot be written");
	return fault_hint(fault, "Make room, or look at what reads it");
}

int result_print_json(const json_t *object, struct fault *fault)
{
	char *dump = object ? json_dumps(object, JSON_INDENT(2)) : NULL;

	if (!dump)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	puts(dump);
	free(dump);
	return result_flush(fault);
}

int result_print_text(const json_t *object, struct fault *fault)
{
	write_text(stdout, object);
	return result_flush(fault);
}
