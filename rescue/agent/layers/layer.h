/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A layer between a partition and its file system: one struct of operations for each kind.
 *
 * A layer makes a block device, the inner one, from another, the outer one. The caller finds
 * the kind by libblkid's word (layer_find), opens it, and looks at what is inside, which may be
 * a layer again. Only a guest can have layers: the kernel's device mapper does the work. */
#ifndef LAYERS_LAYER_H
#define LAYERS_LAYER_H

#include "agent/filesystem/fs.h"
#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

#define LAYER_PATH_BYTES   320 /* of a node below /dev/mapper, whose names have 127 bytes, quoted */
#define LAYER_NAME_BYTES   128
#define LAYER_UUID_BYTES   40
#define LAYER_CIPHER_BYTES 72

struct layer_device {
	char path[LAYER_PATH_BYTES];
	uint64_t size_bytes;
};

/* What is told of a layer. Texts that a kind does not have are empty. */
struct layer_facts {
	const char *kind;	      /* "lvm" or "luks"; static text */
	char uuid[LAYER_UUID_BYTES];  /* of the outer device, as the layer calls it */
	char group[LAYER_NAME_BYTES]; /* lvm: the volume group, and the volume in it */
	char volume[LAYER_NAME_BYTES];
	uint64_t extent_bytes; /* lvm */
	unsigned version;      /* luks: of its header */
	char cipher[LAYER_CIPHER_BYTES];
	uint32_t sector_bytes; /* luks: of the encryption */
};

/* Where a key is: the first bytes of that device. */
struct layer_key {
	char path[LAYER_PATH_BYTES];
	uint64_t size_bytes;
};

enum layer_rank {
	LAYER_RANK_NONE,  /* swap, or nothing that can be grown */
	LAYER_RANK_GROWS, /* a file system that can be grown, or a layer */
	LAYER_RANK_ROOT	  /* such a one, which says itself that it is the root of a system */
};

struct layer_options {
	const struct fs_tools *tools; /* how its programs are run; sbin is their folder */
	bool read_only;		      /* nothing may be written */
	const char *disk_path;	      /* the disk that is worked on: "/dev/sda" */
	const char *volume;	      /* that the user names: "root" or "vg/root"; "": none */
	/* The key of an encrypted layer. Faults: key-missing, disk-io. */
	int (*bring_key)(void *context, struct layer_key *ret_key, struct fault *fault);
	/* How likely does somebody who names no volume mean that device? */
	enum layer_rank (*rank)(void *context, const char *device);
	void *context;
};

/* An open layer. Each kind embeds it as its first member. */
struct layer {
	const struct layer_ops *ops;
	const struct layer_options *options; /* borrowed */
	struct layer_device outer, inner;    /* as they were when it was opened */
	struct layer_facts facts;
	uint64_t grain_bytes; /* the size of the outer device is to be a multiple of it */
};

struct layer_ops {
	const char *type;    /* libblkid's word */
	const char *program; /* of the tools disk, that it needs */
	size_t struct_bytes; /* of its struct, which begins with a struct layer */

	/* Make the inner device, and set inner, facts and grain_bytes. All but ops, options and
	 * outer is zero. Nothing stays mapped after a failure. */
	int (*open)(struct layer *layer, struct fault *fault);
	/* The size that grow makes of the inner device, when the outer one has that size. */
	uint64_t (*inner_for)(const struct layer *layer, uint64_t outer_bytes);
	/* The largest size of the outer device at which the inner one is not larger than
	 * that. */
	uint64_t (*outer_for)(const struct layer *layer, uint64_t inner_bytes);
	/* Grow the inner device to the size that inner_for gives for that of the outer one. */
	int (*grow)(const struct layer *layer, uint64_t outer_bytes, struct fault *fault);
	/* Take the inner device away. Nothing of it may be in use. */
	int (*close)(struct layer *layer, struct fault *fault);
	/* Give back what open took, also after its failure. NULL: nothing. */
	void (*release)(struct layer *layer);
};

/* The kind of that word; NULL: it is not of a layer. */
const struct layer_ops *layer_find(const char *type);

/* Open a layer of that kind. Faults: of open, and no-memory. */
int layer_open(const struct layer_ops *ops, const struct layer_device *outer,
	       const struct layer_options *options, struct layer **ret_layer, struct fault *fault);

/* Close it, and free it in any case. Fault: layer-failed. */
int layer_close(struct layer *layer, struct fault *fault);

/* The size of a block device as it is now. Fault: disk-io. */
int layer_device_size(const char *path, uint64_t *ret_size_bytes, struct fault *fault);

#endif
