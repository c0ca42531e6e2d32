/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cryptsetup does the work. It only makes and grows the mapping: the header stays what it is. */
#include "luks.h"

#include "agent/filesystem/tool.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "luks_header.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* cryptsetup(8), "RETURN CODES" */
#define STATUS_WRONG_KEY 2
#define STATUS_NO_MEMORY 3

#define MARGIN_BYTES  (UINT64_C(48) << 20) /* for all but the key derivation */
#define ARGUMENTS_MAX 16

struct luks {
	struct layer layer;
	struct luks_header header;
	char name[LAYER_NAME_BYTES]; /* of the mapping */
};

/* Run it with these arguments. What is read from the terminal does not exist. */
static int run(const struct luks *luks, const char *const *arguments, int *ret_exit_status,
	       struct tool_output *ret_output, struct fault *fault)
{
	const char *argv[ARGUMENTS_MAX] = { "cryptsetup", "--batch-mode", "--disable-keyring" };
	struct tool tool = { .tools = luks->layer.options->tools };
	size_t count = 3;

	while (*arguments && count + 1 < ARGUMENTS_MAX)
		argv[count++] = *arguments++;
	if (tool_run(&tool, argv, ret_exit_status, fault) < 0)
		return -1;
	*ret_output = tool.output;
	return 0;
}

static int failed(const char *what, int exit_status, const struct tool_output *output,
		  struct fault *fault)
{
	return fault_set(fault, REASON_LAYER_FAILED, "cryptsetup %s ended with status %d: %s", what,
			 exit_status, tool_output_last_line(output, "cryptsetup", NULL));
}

static int needs_memory(const struct luks *luks, struct fault *fault)
{
	char needed[TEXT_SIZE_CHARS];

	fault_set(fault, REASON_FS_NEEDS_MEMORY, "to try the key, LUKS needs %s of memory",
		  text_of_size(needed, luks->header.memory_bytes));
	return fault_hint(fault, "use a host with more free memory");
}

static int explain_open(const struct luks *luks, int exit_status, const struct tool_output *output,
			struct fault *fault)
{
	if (exit_status == STATUS_NO_MEMORY)
		return needs_memory(luks, fault);
	if (exit_status != STATUS_WRONG_KEY)
		return failed("open", exit_status, output, fault);
	fault_set(fault, REASON_KEY_WRONG, "the key opens no key slot of the LUKS partition");
	return fault_hint(fault, "check the key file, in which every byte counts, even a newline "
				 "at its end: printf %%s PASSPHRASE >FILE");
}

static int read_header(struct luks *luks, struct fault *fault)
{
	cleanup_fd int fd = open(luks->layer.outer.path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be opened",
				       luks->layer.outer.path);
	return luks_header_read(fd, &luks->header, fault);
}

static int map(struct luks *luks, struct fault *fault)
{
	const struct layer_options *options = luks->layer.options;
	struct layer_key key;
	struct tool_output output;
	char size[32];
	const char *const arguments[] = { "open",     "--type",
					  "luks",     "--key-file",
					  key.path,   "--keyfile-size",
					  size,	      luks->layer.outer.path,
					  luks->name, options->read_only ? "--readonly" : NULL,
					  NULL };
	int exit_status;

	if (options->bring_key(options->context, &key, fault) < 0)
		return -1;
	if (tool_memory_available() < luks->header.memory_bytes + MARGIN_BYTES)
		return needs_memory(luks, fault);
	snprintf(size, sizeof(size), "%" PRIu64, key.size_bytes);
	if (run(luks, arguments, &exit_status, &output, fault) < 0)
		return -1;
	return exit_status == 0 ? 0 : explain_open(luks, exit_status, &output, fault);
}

static int unmap(const struct luks *luks, struct fault *fault)
{
	const char *const arguments[] = { "close", luks->name, NULL };
	struct tool_output output;
	int exit_status;

	if (run(luks, arguments, &exit_status, &output, fault) < 0)
		return -1;
	return exit_status == 0 ? 0 : failed("close", exit_status, &output, fault);
}

static uint64_t inner_for(const struct layer *layer, uint64_t outer_bytes)
{
	const struct luks_header *header = &((const struct luks *)layer)->header;
	uint64_t bytes =
		outer_bytes > header->data_at_bytes ? outer_bytes - header->data_at_bytes : 0;

	return bytes - bytes % header->sector_bytes;
}

static int luks_open(struct layer *layer, struct fault *fault)
{
	struct luks *luks = (struct luks *)layer; /* its first member */

	if (read_header(luks, fault) < 0)
		return -1;
	snprintf(luks->name, sizeof(luks->name), "luks-%s", luks->header.uuid);
	snprintf(layer->inner.path, sizeof(layer->inner.path), "/dev/mapper/%s", luks->name);
	layer->facts = (struct layer_facts){ .kind = "luks",
					     .version = luks->header.version,
					     .sector_bytes = luks->header.sector_bytes };
	snprintf(layer->facts.uuid, sizeof(layer->facts.uuid), "%s", luks->header.uuid);
	snprintf(layer->facts.cipher, sizeof(layer->facts.cipher), "%s", luks->header.cipher);
	layer->grain_bytes = luks->header.sector_bytes;
	if (map(luks, fault) < 0)
		return -1;
	if (layer_device_size(layer->inner.path, &layer->inner.size_bytes, fault) == 0) {
		/* A whole disk has its new size already, and so has the mapping. */
		if (layer->inner.size_bytes > inner_for(layer, layer->outer.size_bytes))
			layer->inner.size_bytes = inner_for(layer, layer->outer.size_bytes);
		return 0;
	}
	(void)unmap(luks, &(struct fault){ 0 });
	return -1;
}

static uint64_t outer_for(const struct layer *layer, uint64_t inner_bytes)
{
	const struct luks_header *header = &((const struct luks *)layer)->header;
	uint64_t extra_bytes = header->data_at_bytes + header->sector_bytes - 1;

	inner_bytes -= inner_bytes % header->sector_bytes;
	return inner_bytes > UINT64_MAX - extra_bytes ? UINT64_MAX : inner_bytes + extra_bytes;
}

static int grow(const struct layer *layer, uint64_t outer_bytes, struct fault *fault)
{
	const struct luks *luks = (const struct luks *)layer;
	const char *const arguments[] = { "resize", luks->name, NULL };
	struct tool_output output;
	int exit_status;

	if (inner_for(layer, outer_bytes) <= layer->inner.size_bytes)
		return 0;
	if (run(luks, arguments, &exit_status, &output, fault) < 0)
		return -1;
	return exit_status == 0 ? 0 : failed("resize", exit_status, &output, fault);
}

static int luks_close(struct layer *layer, struct fault *fault)
{
	return unmap((struct luks *)layer, fault);
}

const struct layer_ops luks_ops = {
	.type = "crypto_LUKS",
	.program = "cryptsetup",
	.struct_bytes = sizeof(struct luks),
	.open = luks_open,
	.inner_for = inner_for,
	.outer_for = outer_for,
	.grow = grow,
	.close = luks_close,
};
