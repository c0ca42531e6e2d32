/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lvm does the work, without udev, without a backup of its metadata in a file, and without a
 * look at any other disk. */
#include "lvm.h"

#include "agent/filesystem/tool.h"
#include "base/spawn.h"
#include "lvm_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_BYTES  (1024 + 2 * LAYER_PATH_BYTES)
#define ARGUMENTS_MAX 40
#define SUPPRESS_FDS  "LVM_SUPPRESS_FD_WARNINGS=1"
/* A static lvm would become the one of /sbin, if there was one. */
#define NO_EXEC		"LVM_DID_EXEC=1"
#define REPORT_FD_BYTES 32

struct lvm {
	struct layer layer;
	struct lvm_group group;
	const struct lvm_volume *volume; /* of the group */
	char config[CONFIG_BYTES];
};

static const struct lvm *lvm_of(const struct layer *layer)
{
	return (const struct lvm *)layer; /* its first member */
}

/* Only this disk with its partitions, and what lies on it, is looked at; so a copy of the
 * physical volume on the same disk is noticed. What is for reading alone is said by the name
 * of the group, once it is known. */
static void configure(struct lvm *lvm)
{
	const struct layer *layer = &lvm->layer;

	snprintf(lvm->config, sizeof(lvm->config),
		 "devices { dir=\"/dev\" scan=[\"/dev\"] use_devicesfile=0 hints=\"none\" "
		 "obtain_device_list_from_udev=0 external_device_info_source=\"none\" "
		 "filter=[\"a|^%s$|\",\"a|^%s|\",\"r|.*|\"] scan_lvs=0 } "
		 "global { locking_dir=\"/run/lock\" use_lvmlockd=0 use_lvmpolld=0 "
		 "event_activation=0 } "
		 "backup { backup=0 archive=0 } "
		 "activation { udev_sync=0 udev_rules=0 monitoring=0 "
		 "read_only_volume_list=[%s%s%s] }",
		 layer->outer.path, layer->options->disk_path,
		 layer->options->read_only ? "\"" : "",
		 layer->options->read_only ? lvm->group.name : "",
		 layer->options->read_only ? "\"" : "");
}

/* Run it with these arguments, of which the first is lvm's command. Fault: layer-failed, with
 * what lvm said last. */
static int run(struct lvm *lvm, const char *const *arguments, struct tool_answer *answer,
	       struct fault *fault)
{
	char report_fd[REPORT_FD_BYTES];
	const char *argv[ARGUMENTS_MAX] = { "lvm" };
	const char *const environment[] = { SUPPRESS_FDS, NO_EXEC, report_fd, NULL };
	struct tool tool = { .tools = lvm->layer.options->tools,
			     .environment = environment,
			     .answer = answer,
			     .no_stdin = true };
	size_t count = 1;
	int exit_status;

	snprintf(report_fd, sizeof(report_fd), "LVM_REPORT_FD=%d", SPAWN_CHANNEL_FD);
	argv[count++] = arguments[0];
	argv[count++] = "--config";
	argv[count++] = lvm->config;
	while (*++arguments && count + 1 < ARGUMENTS_MAX)
		argv[count++] = *arguments;
	if (tool_run(&tool, argv, &exit_status, fault) < 0)
		return -1;
	if (exit_status == 0)
		return 0;
	return fault_set(fault, REASON_LAYER_FAILED, "lvm %s ended with status %d: %s", argv[1],
			 exit_status, tool_output_last_line(&tool.output, "lvm", NULL));
}

static int read_group(struct lvm *lvm, struct fault *fault)
{
	struct tool_answer group = { 0 }, copies = { 0 };
	int result;

	configure(lvm);
	result = run(lvm, lvm_group_report, &group, fault);
	if (result == 0)
		result = lvm_group_read(group.text ? group.text : "", group.size_bytes,
					lvm->layer.outer.path, &lvm->group, fault);
	if (result == 0)
		result = run(lvm, lvm_copies_report, &copies, fault);
	if (result == 0)
		result = lvm_group_check_copies(&lvm->group, copies.text ? copies.text : "",
						copies.size_bytes, fault);
	free(group.text);
	free(copies.text);
	configure(lvm);
	return result;
}

static int activate(struct lvm *lvm, const struct lvm_volume *volume, bool active,
		    struct fault *fault)
{
	char name[2 * LAYER_NAME_BYTES];
	const char *const arguments[] = { "lvchange", active ? "-ay" : "-an", "-K", "--yes", name,
					  NULL };

	snprintf(name, sizeof(name), "%s/%s", lvm->group.name, volume->name);
	return run(lvm, arguments, NULL, fault);
}

/* Several, and none is called root: the one that most likely is it. -1 with the fault that was set
 * before, if there are more of that rank, or none. */
static int look_into(struct lvm *lvm, struct fault *fault)
{
	const struct layer_options *options = lvm->layer.options;
	enum layer_rank best = LAYER_RANK_NONE;

	for (size_t i = 0; i < lvm->group.count; i++) {
		const struct lvm_volume *volume = &lvm->group.volumes[i];
		enum layer_rank rank;
		struct fault ignored;

		if (lvm_volume_check(&lvm->group, volume, &ignored) < 0)
			continue;
		if (activate(lvm, volume, true, fault) < 0)
			return -1;
		rank = options->rank(options->context, volume->path);
		if (activate(lvm, volume, false, fault) < 0)
			return -1;
		if (rank == best)
			lvm->volume = NULL;
		if (rank > best) {
			best = rank;
			lvm->volume = volume;
		}
	}
	return lvm->volume ? 0 : -1;
}

static int choose(struct lvm *lvm, struct fault *fault)
{
	struct fault why;

	lvm->volume = lvm_group_choose(&lvm->group, lvm->layer.options->volume, fault);
	why = *fault;
	if (!lvm->volume &&
	    (fault->reason != REASON_VOLUME_AMBIGUOUS || look_into(lvm, &why) < 0)) {
		*fault = why;
		return -1;
	}
	return lvm_volume_check(&lvm->group, lvm->volume, fault);
}

/* A disk that was cut off. */
static int check_size(const struct lvm *lvm, struct fault *fault)
{
	uint64_t extents = lvm_group_extents_on(&lvm->group, lvm->layer.outer.size_bytes);

	if (lvm->group.pv_extents <= extents)
		return 0;
	return fault_set(fault, REASON_FS_TOO_LARGE,
			 "the physical volume has %" PRIu64 " extents, and its device has room for "
			 "%" PRIu64,
			 lvm->group.pv_extents, extents);
}

static int lvm_open(struct layer *layer, struct fault *fault)
{
	struct lvm *lvm = (struct lvm *)layer;

	if (read_group(lvm, fault) < 0 || check_size(lvm, fault) < 0 || choose(lvm, fault) < 0 ||
	    activate(lvm, lvm->volume, true, fault) < 0)
		return -1;
	layer->facts =
		(struct layer_facts){ .kind = "lvm", .extent_bytes = lvm->group.extent_bytes };
	strcpy(layer->facts.uuid, lvm->group.pv_uuid);
	strcpy(layer->facts.group, lvm->group.name);
	strcpy(layer->facts.volume, lvm->volume->name);
	strcpy(layer->inner.path, lvm->volume->path);
	layer->grain_bytes = 1;
	if (layer_device_size(layer->inner.path, &layer->inner.size_bytes, fault) == 0)
		return 0;
	(void)activate(lvm, lvm->volume, false, &(struct fault){ 0 });
	return -1;
}

/* What is free on the grown physical volume is the volume's. */
static uint64_t extents_for(const struct lvm *lvm, uint64_t outer_bytes)
{
	uint64_t pv_extents = lvm_group_extents_on(&lvm->group, outer_bytes);

	if (pv_extents < lvm->group.pv_extents)
		pv_extents = lvm->group.pv_extents;
	return lvm->volume->extents + pv_extents - lvm->group.pv_extents_used;
}

static uint64_t inner_for(const struct layer *layer, uint64_t outer_bytes)
{
	const struct lvm *lvm = lvm_of(layer);

	return extents_for(lvm, outer_bytes) * lvm->group.extent_bytes;
}

/* One byte less than what would make one extent more. */
static uint64_t outer_for(const struct layer *layer, uint64_t inner_bytes)
{
	const struct lvm *lvm = lvm_of(layer);
	const struct lvm_group *group = &lvm->group;
	uint64_t others = group->pv_extents_used - lvm->volume->extents;
	uint64_t extents = inner_bytes / group->extent_bytes + others;

	if (extents >= (UINT64_MAX - group->data_at_bytes) / group->extent_bytes - 1)
		return UINT64_MAX;
	return group->data_at_bytes + (extents + 1) * group->extent_bytes - 1;
}

static int grow(const struct layer *layer, uint64_t outer_bytes, struct fault *fault)
{
	struct lvm *lvm = (struct lvm *)layer;
	uint64_t extents = extents_for(lvm, outer_bytes);
	char count[32], name[2 * LAYER_NAME_BYTES];
	const char *const resize[] = { "pvresize", "--yes", layer->outer.path, NULL };
	const char *const extend[] = { "lvextend", "--yes", "-l", count, name, NULL };

	snprintf(count, sizeof(count), "%" PRIu64, extents);
	snprintf(name, sizeof(name), "%s/%s", lvm->group.name, lvm->volume->name);
	if (lvm_group_extents_on(&lvm->group, outer_bytes) > lvm->group.pv_extents &&
	    run(lvm, resize, NULL, fault) < 0)
		return -1;
	return extents > lvm->volume->extents ? run(lvm, extend, NULL, fault) : 0;
}

static int lvm_close(struct layer *layer, struct fault *fault)
{
	struct lvm *lvm = (struct lvm *)layer;

	return activate(lvm, lvm->volume, false, fault);
}

static void release(struct layer *layer)
{
	lvm_group_free(&((struct lvm *)layer)->group);
}

const struct layer_ops lvm_ops = {
	.type = "LVM2_member",
	.program = "lvm",
	.struct_bytes = sizeof(struct lvm),
	.open = lvm_open,
	.inner_for = inner_for,
	.outer_for = outer_for,
	.grow = grow,
	.close = lvm_close,
	.release = release,
};
