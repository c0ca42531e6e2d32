/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "try.h"

#include "base/text.h"
#include "host/result/result.h"

#include <jansson.h>
#include <string.h>

static json_t *text(const char *value)
{
	char safe[3 * PATH_MAX];

	if (!value)
		return json_null();
	text_make_safe(safe, sizeof(safe), value, strlen(value));
	return json_string(safe);
}

static const char *end_word(const struct try *try)
{
	static const char *const words[] = {
		[BOOT_REACHED] = "expected",  [BOOT_BAD] = "bad-sign", [BOOT_OFF] = "power-off",
		[BOOT_TIMEOUT] = "timeout",   [BOOT_QUIET] = "quiet",  [BOOT_LEFT] = "left",
		[BOOT_STAYS_ON] = "stays-on",
	};

	return try->booted ? words[try->result.end] : NULL;
}

static json_t *host_keys(const struct host_keys *keys)
{
	json_t *list = json_array();

	for (size_t i = 0; i < keys->count; i++)
		json_array_append_new(list, json_string(keys->list[i]));
	return list;
}

/* What cloud-init said of its system when it was done. */
static json_t *phone_home(const struct phone_home *call)
{
	json_t *list;

	if (!call->called)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < call->key_count; i++)
		json_array_append_new(list, json_string(call->keys[i]));
	return json_pack("{s:s, s:s, s:s, s:o}", "instance_id", call->instance_id, "hostname",
			 call->hostname, "fqdn", call->fqdn, "public_keys", list);
}

int try_print_json(const struct try *try, const struct fault *ended, struct fault *fault)
{
	const struct milestones *milestones = &try->result.milestones;
	const bool booted = try->booted;
	json_t *object = json_pack(
		"{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}",
		"schema", 1, "image", text(try->image.name ? try->image.path : NULL), "firmware",
		text(try->firmware == FIRMWARE_AUTO ? NULL : firmware_words[try->firmware]),
		"accelerator", text(booted ? accel_word(try->result.accel) : NULL), "end",
		text(end_word(try)), "milestone",
		text(booted ? milestone_word(milestones->reached) : NULL), "bad_sign",
		text(booted ? milestones->bad : NULL), "console", milestones_console(milestones),
		"host_keys", host_keys(&milestones->host_keys), "phone_home",
		phone_home(&try->seed_server.phone_home), "kept",
		try->options->write ? json_boolean(try->keep.published) : json_null(), "reason",
		text(ended ? reason_word(ended->reason) : NULL), "status",
		ended ? (int)reason_status(ended->reason) : 0, "message",
		text(ended ? ended->message : NULL), "hint",
		text(ended && ended->hint[0] ? ended->hint : NULL));
	int result = result_print_json(object, fault);

	json_decref(object);
	return result;
}
