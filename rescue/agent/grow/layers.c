/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/events.h"
#include "agent/filesystem/fstab.h"
#include "base/cleanup.h"
#include "stages.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void on_progress(void *context, int percent)
{
	struct grow *grow = context;

	(void)percent;
	agent_report_alive(grow->report);
}

/* Open for reading, with its size; fd -1 with the fault. */
static struct disk open_device(const char *path, struct fault *fault)
{
	struct disk disk = { .fd = open(path, O_RDONLY | O_CLOEXEC) };

	snprintf(disk.name, sizeof(disk.name), "%.*s", (int)sizeof(disk.name) - 1, path);
	if (disk.fd < 0)
		fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be opened", path);
	else if (layer_device_size(path, &disk.size_bytes, fault) < 0)
		close_fdp(&disk.fd);
	return disk;
}

static int probe_device(const char *path, char type[static PROBE_TYPE_BYTES], struct fault *fault)
{
	struct disk disk = open_device(path, fault);
	int result;

	if (disk.fd < 0)
		return -1;
	result = probe_partition(&disk, 0, disk.size_bytes, type, fault);
	close_fdp(&disk.fd);
	return result;
}

/* By its label, or by its own /etc/fstab. */
static bool is_root(const char *device, const struct probe_names *names)
{
	struct fs_target target;
	struct fstab_root root;

	if (choose_is_root_name(names->label))
		return true;
	fs_target_set_device(device, &target);
	if (strncmp(names->type, "ext", 3) != 0 || !fstab_read_root(&target, &root))
		return false;
	return (root.by == PARTITION_BY_NUMBER && strcmp(root.value, device) == 0) ||
	       (root.by == PARTITION_BY_UUID && strcasecmp(root.value, names->uuid) == 0) ||
	       (root.by == PARTITION_BY_LABEL && strcmp(root.value, names->label) == 0);
}

static enum layer_rank rank(void *context, const char *device)
{
	struct fault ignored;
	struct disk disk = open_device(device, &ignored);
	struct probe_names names;
	int probed;

	(void)context;
	if (disk.fd < 0)
		return LAYER_RANK_NONE;
	probed = probe_names(&disk, 0, disk.size_bytes, &names, &ignored);
	close_fdp(&disk.fd);
	if (probed < 0 || strcmp(names.type, "swap") == 0 ||
	    (!layer_find(names.type) && fs_check_type(names.type, 0, &ignored) < 0))
		return LAYER_RANK_NONE;
	return is_root(device, &names) ? LAYER_RANK_ROOT : LAYER_RANK_GROWS;
}

static void prepare(struct grow *grow)
{
	struct grow_layers *layers = &grow->layers;

	layers->tools = (struct fs_tools){ .run_dir = grow->setup->run_dir,
					   .on_progress = on_progress,
					   .context = grow };
	layers->options = (struct layer_options){
		.tools = &layers->tools,
		.read_only = request_only_reads(grow->request->kind),
		.disk_path = grow->disk.path,
		.volume = grow->request->volume,
		.bring_key = tools_bring_key,
		.rank = rank,
		.context = grow,
	};
}

static uint64_t partition_bytes(const struct grow *grow)
{
	return grow->plan.sectors_before * grow->plan.sector_bytes;
}

/* What that layer lies in, which becomes as large as its content. */
static int open_one(struct grow *grow, const struct layer_ops *ops, struct fault *fault)
{
	struct grow_layers *layers = &grow->layers;
	struct layer_device outer = { .size_bytes = partition_bytes(grow) };

	if (layers->count == LAYERS_MAX)
		return fault_set(fault, REASON_LAYER_FEATURE,
				 "there are more than %d layers between the partition and its file "
				 "system",
				 LAYERS_MAX);
	if (layers->count > 0)
		outer = layers->list[layers->count - 1]->inner;
	else
		snprintf(outer.path, sizeof(outer.path), "%.*s", (int)sizeof(outer.path) - 1,
			 grow->target.device);
	if (tools_find(grow, ops->program, ops->type, &layers->tools.sbin, fault) < 0 ||
	    layer_open(ops, &outer, &layers->options, &layers->list[layers->count], fault) < 0)
		return -1;
	layers->count++;
	return 0;
}

/* Who names a logical volume means no disk without one. */
static int check_volume(const struct grow *grow, const char *type, struct fault *fault)
{
	const struct grow_layers *layers = &grow->layers;
	const char *volume = grow->request->volume;

	if (volume[0] == '\0')
		return 0;
	for (size_t i = 0; i < layers->count; i++)
		if (layers->list[i]->facts.volume[0] != '\0')
			return 0;
	fault_set(fault, REASON_NO_SUCH_VOLUME,
		  "there is no logical volume \"%.100s\": the partition has no LVM, it holds %s",
		  volume, type[0] != '\0' ? type : "nothing known");
	return fault_hint(fault, "leave --volume out, or choose another --partition");
}

int layers_open(struct grow *grow, char type[static PROBE_TYPE_BYTES], struct fault *fault)
{
	const struct grow_layers *layers = &grow->layers;
	const struct layer_ops *ops;
	const char *inside;

	prepare(grow);
	while ((ops = layer_find(type)) != NULL) {
		if (grow->disk.is_file && !grow->setup->seal)
			return fault_set(fault, REASON_LAYER_FEATURE,
					 "the partition holds %s, which only a machine can open",
					 type);
		if (open_one(grow, ops, fault) < 0)
			return -1;
		inside = layers->list[layers->count - 1]->inner.path;
		if (probe_device(inside, type, fault) < 0)
			return -1;
		fs_target_set_device(inside, &grow->target);
		plan_set_grain(&grow->plan, layers->list[layers->count - 1]->grain_bytes);
	}
	return check_volume(grow, type, fault);
}

/* The size that the outer device of layer will have; of layer number count, that of the
 * innermost one. */
static uint64_t outer_after(const struct grow *grow, size_t layer)
{
	uint64_t bytes = grow->plan.sectors_after * grow->plan.sector_bytes;

	for (size_t i = 0; i < layer; i++) {
		const struct layer *outer = grow->layers.list[i];

		bytes = outer->ops->inner_for(outer, bytes);
	}
	return bytes;
}

uint64_t layers_inside_before(const struct grow *grow)
{
	const struct grow_layers *layers = &grow->layers;

	return layers->count > 0 ? layers->list[layers->count - 1]->inner.size_bytes
				 : partition_bytes(grow);
}

uint64_t layers_inside_after(const struct grow *grow)
{
	return outer_after(grow, grow->layers.count);
}

uint64_t layers_outside(const struct grow *grow, uint64_t inside_bytes)
{
	uint64_t bytes = inside_bytes;

	for (size_t i = grow->layers.count; i > 0 && bytes < UINT64_MAX; i--) {
		const struct layer *layer = grow->layers.list[i - 1];

		bytes = layer->ops->outer_for(layer, bytes);
	}
	return bytes;
}

void layers_tell(const struct grow *grow)
{
	for (size_t i = 0; i < grow->layers.count; i++)
		events_layer(grow->report, grow->layers.list[i], outer_after(grow, i + 1));
}

int stage_grow_layers(struct grow *grow, struct fault *fault)
{
	for (size_t i = 0; i < grow->layers.count; i++) {
		const struct layer *layer = grow->layers.list[i];

		if (layer->ops->grow(layer, outer_after(grow, i), fault) < 0)
			return -1;
	}
	return layers_verify(grow, fault);
}

int layers_verify(const struct grow *grow, struct fault *fault)
{
	for (size_t i = 0; i < grow->layers.count; i++) {
		const struct layer *layer = grow->layers.list[i];
		uint64_t planned_bytes = outer_after(grow, i + 1), size_bytes;

		if (layer_device_size(layer->inner.path, &size_bytes, fault) < 0)
			return -1;
		if (size_bytes != planned_bytes)
			return fault_set(fault, REASON_NOT_VERIFIED,
					 "the layer %s has %" PRIu64 " bytes inside; %" PRIu64
					 " bytes were planned",
					 layer->facts.kind, size_bytes, planned_bytes);
	}
	return 0;
}

int layers_close(struct grow *grow, struct fault *fault)
{
	struct grow_layers *layers = &grow->layers;
	int result = 0;

	while (layers->count > 0) {
		struct layer *layer = layers->list[--layers->count];
		struct fault ignored;

		if (layer_close(layer, result == 0 ? fault : &ignored) < 0)
			result = -1;
	}
	return result;
}
