/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"

#include "base/cleanup.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_CONTEXT "qemu:allocation-depth"
#define READ_BYTES    (UINT64_C(1) << 20)
#define STATUS_BYTES  (UINT64_C(1) << 30) /* asked about at a time */
#define DEPTH_OF_TOP  1
#define EXTENTS_MAX   (1 << 22)

/* The list that grows while the daemon answers. */
struct collection {
	struct block_extent *extents;
	size_t count, room;
	uint64_t at;
	bool failed;
};

static int refuse(const struct block_disk *disk, struct fault *fault)
{
	int number = nbd_get_errno();

	return fault_set(fault, number == ENOMEM ? REASON_NO_MEMORY : REASON_DISK_IO,
			 "The %s cannot be read: %.300s", disk->what, nbd_get_error());
}

/* Move bytes until the condition holds; a signal ends it. */
static int pump(struct block_disk *disk, bool (*is_done)(struct block_disk *, int64_t),
		int64_t cookie, struct fault *fault)
{
	while (!is_done(disk, cookie)) {
		unsigned direction = nbd_aio_get_direction(disk->nbd);
		struct pollfd slots[] = {
			{ .fd = disk->interrupt->signals_fd, .events = POLLIN },
			{ .fd = nbd_aio_get_fd(disk->nbd),
			  .events =
				  (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
					  (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0)) },
		};
		int result = 0;

		(void)poll(slots, 2, -1);
		if (interrupt_check(disk->interrupt, fault) < 0)
			return -1;
		if (slots[1].revents & (POLLIN | POLLHUP | POLLERR) &&
		    direction & LIBNBD_AIO_DIRECTION_READ)
			result = nbd_aio_notify_read(disk->nbd);
		else if (slots[1].revents & POLLOUT)
			result = nbd_aio_notify_write(disk->nbd);
		if (result < 0 || nbd_aio_is_dead(disk->nbd) > 0 ||
		    nbd_aio_is_closed(disk->nbd) > 0)
			return refuse(disk, fault);
	}
	return 0;
}

static bool is_ready(struct block_disk *disk, int64_t cookie)
{
	(void)cookie;
	return nbd_aio_is_ready(disk->nbd) > 0;
}

static bool is_answered(struct block_disk *disk, int64_t cookie)
{
	return nbd_aio_command_completed(disk->nbd, (uint64_t)cookie) != 0;
}

/* After is_answered, whose result tells only that it has ended. */
static int await(struct block_disk *disk, int64_t cookie, bool *failed, struct fault *fault)
{
	if (cookie < 0)
		return refuse(disk, fault);
	if (pump(disk, is_answered, cookie, fault) < 0)
		return -1;
	return *failed ? refuse(disk, fault) : 0;
}

/* libnbd tells the end of a command, and its error, to this function. */
static int note_end(void *context, int *error)
{
	bool *failed = context;

	*failed = *error != 0;
	return 0; /* it is still asked for */
}

int block_open(struct block *block, const char *what, struct block_disk *ret_disk,
	       struct fault *fault)
{
	cleanup_fd int fd = -1;
	int64_t size;

	*ret_disk = (struct block_disk){ .interrupt = block->interrupt, .what = what };
	fd = block_connect(block, fault);
	if (fd < 0)
		return -1;
	ret_disk->nbd = nbd_create();
	if (!ret_disk->nbd)
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	if (nbd_set_export_name(ret_disk->nbd, what) < 0 ||
	    nbd_add_meta_context(ret_disk->nbd, DEPTH_CONTEXT) < 0 ||
	    nbd_aio_connect_socket(ret_disk->nbd, steal_fd(&fd)) < 0)
		return refuse(ret_disk, fault);
	if (pump(ret_disk, is_ready, 0, fault) < 0) {
		if (fault->reason == REASON_DISK_IO)
			block_explain(block, fault);
		return -1;
	}
	size = nbd_get_size(ret_disk->nbd);
	if (size < 0)
		return refuse(ret_disk, fault);
	ret_disk->size_bytes = (uint64_t)size;
	return 0;
}

static int read_piece(struct block_disk *disk, uint64_t at, void *bytes, size_t size_bytes,
		      struct fault *fault)
{
	bool failed = false;
	int64_t cookie = nbd_aio_pread(
		disk->nbd, bytes, size_bytes, at,
		(nbd_completion_callback){ .callback = note_end, .user_data = &failed }, 0);

	return await(disk, cookie, &failed, fault);
}

int block_read(struct block_disk *disk, uint64_t at, void *bytes, size_t size_bytes,
	       struct fault *fault)
{
	char *to = bytes;

	while (size_bytes > 0) {
		uint64_t left = at < disk->size_bytes ? disk->size_bytes - at : 0;
		size_t piece = size_bytes < READ_BYTES ? size_bytes : READ_BYTES;

		if (left == 0) {
			memset(to, 0, size_bytes);
			return 0;
		}
		if (piece > left)
			piece = (size_t)left;
		if (read_piece(disk, at, to, piece, fault) < 0)
			return -1;
		to += piece;
		at += piece;
		size_bytes -= piece;
	}
	return 0;
}

static int read_source(void *context, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	struct block_source *source = context;

	return block_read(source->disk, at_bytes, bytes, size_bytes, &source->fault);
}

struct table_source block_source(struct block_source *context, struct block_disk *disk)
{
	*context = (struct block_source){ .disk = disk };
	return (struct table_source){ .read = read_source,
				      .context = context,
				      .size_bytes = disk->size_bytes };
}

int block_source_fault(const struct block_source *context, struct fault *fault)
{
	if (context->fault.reason == REASON_NONE) /* the disk could be read */
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	*fault = context->fault;
	return -1;
}

static void add(struct collection *collection, uint64_t at, uint64_t bytes)
{
	struct block_extent *last =
		collection->count > 0 ? &collection->extents[collection->count - 1] : NULL;

	if (last && last->at + last->bytes == at) {
		last->bytes += bytes;
		return;
	}
	if (collection->count == collection->room) {
		size_t room = collection->room ? 2 * collection->room : 64;
		void *larger = room > EXTENTS_MAX ? NULL
						  : realloc(collection->extents,
							    room * sizeof(collection->extents[0]));

		if (!larger) {
			collection->failed = true;
			return;
		}
		collection->extents = larger;
		collection->room = room;
	}
	collection->extents[collection->count++] = (struct block_extent){ at, bytes };
}

/* Pairs of length and depth. */
static int note_extents(void *context, const char *name, uint64_t at, uint32_t *entries,
			size_t count, int *error)
{
	struct collection *collection = context;

	(void)error;
	if (strcmp(name, DEPTH_CONTEXT) != 0)
		return 0;
	for (size_t i = 0; i + 1 < count; i += 2) {
		if (entries[i + 1] == DEPTH_OF_TOP)
			add(collection, at, entries[i]);
		at += entries[i];
	}
	collection->at = at;
	return 0;
}

static int ask(struct block_disk *disk, struct collection *collection, struct fault *fault)
{
	uint64_t left = disk->size_bytes - collection->at, before = collection->at;
	bool failed = false;
	int64_t cookie = nbd_aio_block_status(
		disk->nbd, left < STATUS_BYTES ? left : STATUS_BYTES, collection->at,
		(nbd_extent_callback){ .callback = note_extents, .user_data = collection },
		(nbd_completion_callback){ .callback = note_end, .user_data = &failed }, 0);

	if (await(disk, cookie, &failed, fault) < 0)
		return -1;
	if (collection->failed)
		return fault_set(fault, REASON_NO_MEMORY, "The log has too many pieces");
	return collection->at > before
		       ? 0
		       : fault_set(fault, REASON_INTERNAL, "The map of the log is not complete");
}

int block_extents(struct block_disk *disk, struct block_extent **ret_extents, size_t *ret_count,
		  struct fault *fault)
{
	struct collection collection = { 0 };

	if (nbd_can_meta_context(disk->nbd, DEPTH_CONTEXT) != 1)
		return fault_set(fault, REASON_INTERNAL,
				 "qemu-storage-daemon does not tell what the log holds");
	while (collection.at < disk->size_bytes)
		if (ask(disk, &collection, fault) < 0) {
			free(collection.extents);
			return -1;
		}
	*ret_extents = collection.extents;
	*ret_count = collection.count;
	return 0;
}

void block_disk_close(struct block_disk *disk)
{
	if (disk->nbd)
		nbd_close(disk->nbd);
	disk->nbd = NULL;
}
