/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd_flags.h"
#include "nbd_io.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define SERVER_MAGIC UINT64_C(0x4e42444d41474943) /* "NBDMAGIC" */
#define OPTION_MAGIC UINT64_C(0x49484156454f5054) /* "IHAVEOPT" */
#define REPLY_MAGIC  UINT64_C(0x0003e889045565a9)

#define FIXED_NEWSTYLE 1 /* of both sides */
#define NO_ZEROES      2

#define OPTION_GO	  7
#define REPLY_ACK	  1
#define REPLY_INFO	  3
#define REPLY_ERROR	  UINT32_C(0x80000000)
#define REPLY_MAX_BYTES	  4096
#define REPLIES_MAX	  16
#define INFO_EXPORT	  0
#define INFO_EXPORT_BYTES 12
#define EXPORT_NAME_BYTES 64

struct greeting {
	uint64_t magic, option_magic;
	uint16_t flags;
} __attribute__((packed));

struct option {
	uint32_t client_flags;
	uint64_t magic;
	uint32_t option, length;
	uint32_t name_length;
	char rest[EXPORT_NAME_BYTES + sizeof(uint16_t)]; /* the name; how many wishes: none */
} __attribute__((packed));

struct option_reply {
	uint64_t magic;
	uint32_t option, type, length;
} __attribute__((packed));

static int send_option(struct nbd *nbd, const char *name)
{
	size_t name_bytes = strlen(name);
	struct option option = { .client_flags = htobe32(FIXED_NEWSTYLE | NO_ZEROES),
				 .magic = htobe64(OPTION_MAGIC),
				 .option = htobe32(OPTION_GO),
				 .length = htobe32((uint32_t)(name_bytes + 6)),
				 .name_length = htobe32((uint32_t)name_bytes) };
	struct iovec piece = { &option, offsetof(struct option, rest) + name_bytes + 2 };

	if (name_bytes > EXPORT_NAME_BYTES)
		return nbd_give_up(nbd, EINVAL);
	memcpy(option.rest, name, name_bytes);
	return nbd_send_all(nbd, &piece, 1);
}

/* One reply to the option. 1: it was the last, and all went well. */
static int take_reply(struct nbd *nbd)
{
	struct option_reply reply;
	uint8_t data[REPLY_MAX_BYTES];
	uint32_t type, length;

	if (nbd_receive_all(nbd, &reply, sizeof(reply)) < 0)
		return -1;
	type = be32toh(reply.type);
	length = be32toh(reply.length);
	if (be64toh(reply.magic) != REPLY_MAGIC || be32toh(reply.option) != OPTION_GO ||
	    length > sizeof(data))
		return nbd_give_up(nbd, EPROTO);
	if (nbd_receive_all(nbd, data, length) < 0)
		return -1;
	if (type & REPLY_ERROR)
		return nbd_give_up(nbd, ENOENT);
	if (type == REPLY_ACK)
		return nbd->flags & NBD_HAS_FLAGS ? 1 : nbd_give_up(nbd, EPROTO);
	if (type != REPLY_INFO || length < 2)
		return nbd_give_up(nbd, EPROTO);
	if (data[0] == 0 && data[1] == INFO_EXPORT && length == INFO_EXPORT_BYTES) {
		uint64_t size;
		uint16_t flags;

		memcpy(&size, data + 2, sizeof(size));
		memcpy(&flags, data + 10, sizeof(flags));
		nbd->size_bytes = be64toh(size);
		nbd->flags = be16toh(flags);
	}
	return 0;
}

int nbd_negotiate(struct nbd *nbd, int fd, const char *export_name)
{
	struct greeting greeting;

	*nbd = (struct nbd){ .fd = fd };
	if (nbd_receive_all(nbd, &greeting, sizeof(greeting)) < 0)
		return -1;
	if (be64toh(greeting.magic) != SERVER_MAGIC ||
	    be64toh(greeting.option_magic) != OPTION_MAGIC ||
	    !(be16toh(greeting.flags) & FIXED_NEWSTYLE))
		return nbd_give_up(nbd, EPROTO);
	if (send_option(nbd, export_name) < 0)
		return -1;
	for (int i = 0; i < REPLIES_MAX; i++) {
		int result = take_reply(nbd);

		if (result < 0)
			return -1;
		if (result > 0)
			return nbd->size_bytes <= INT64_MAX ? 0 : nbd_give_up(nbd, EPROTO);
	}
	return nbd_give_up(nbd, EPROTO);
}
