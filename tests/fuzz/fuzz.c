/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link line says --wrap=read,pread,poll,recvmsg,sendmsg: what production code calls
 * arrives here first. */
#include "fuzz.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct channel {
	const uint8_t *data;
	size_t left_bytes;
	size_t chunks_bytes[FUZZ_CHUNKS];
	unsigned turn;
} channels[FUZZ_CHANNELS];

static struct fuzz_datagram pending;

static struct {
	uint8_t bytes[FUZZ_SENT_MAX];
	size_t used_bytes;
} sent;
static const uint8_t *disk;
static size_t disk_bytes;

unsigned fuzz_accepted;

ssize_t __real_read(int fd, void *buffer, size_t size_bytes);
ssize_t __wrap_read(int fd, void *buffer, size_t size_bytes);
ssize_t __real_pread(int fd, void *buffer, size_t size_bytes, off_t at);
ssize_t __wrap_pread(int fd, void *buffer, size_t size_bytes, off_t at);
int __real_poll(struct pollfd *slots, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *slots, nfds_t count, int timeout_ms);
ssize_t __real_recvmsg(int fd, struct msghdr *header, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *header, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *header, int flags);

void fuzz_broken(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken: %s\n", file, line, condition);
	abort();
}

bool fuzz_text_is_safe(const char *text, size_t size_bytes)
{
	const uint8_t *byte = (const uint8_t *)text;

	for (size_t i = 0; i < size_bytes; i++) {
		unsigned second = i + 1 < size_bytes ? byte[i + 1] : 0;
		unsigned third = i + 2 < size_bytes ? byte[i + 2] : 0;

		if (byte[i] < 0x20 || byte[i] == 0x7f ||  /* C0, DEL */
		    (byte[i] == 0xc2 && second < 0xa0) || /* C1 */
		    (byte[i] == 0xd8 && second == 0x9c))  /* U+061C */
			return false;
		if (byte[i] != 0xe2)
			continue;
		if (second == 0x80 && (third == 0x8e || third == 0x8f ||  /* U+200E, U+200F */
				       (third >= 0xa8 && third <= 0xae))) /* U+2028 to U+202E */
			return false;
		if (second == 0x81 && third >= 0xa6 && third <= 0xa9) /* U+2066 to U+2069 */
			return false;
	}
	return true;
}

void fuzz_channel(int number, const uint8_t *data, size_t size_bytes,
		  const uint8_t chunks[FUZZ_CHUNKS])
{
	struct channel *channel = &channels[number];

	*channel = (struct channel){ .data = data, .left_bytes = size_bytes };
	for (size_t i = 0; i < FUZZ_CHUNKS; i++)
		channel->chunks_bytes[i] = (size_t)1 << (chunks[i] & 15);
	sent.used_bytes = 0;
}

size_t fuzz_left(int number)
{
	return channels[number].left_bytes;
}

const uint8_t *fuzz_take_sent(size_t *ret_size_bytes)
{
	*ret_size_bytes = sent.used_bytes;
	sent.used_bytes = 0;
	return sent.bytes;
}

void fuzz_disk(const uint8_t *data, size_t size_bytes)
{
	disk = data;
	disk_bytes = size_bytes;
}

void fuzz_datagram(const struct fuzz_datagram *datagram)
{
	pending = *datagram;
}

static bool is_ours(int fd)
{
	return fd >= FUZZ_FD && fd < FUZZ_FD + FUZZ_CHANNELS;
}

static size_t next_chunk(struct channel *channel)
{
	return channel->chunks_bytes[channel->turn++ % FUZZ_CHUNKS];
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t take(struct channel *channel, void *buffer, size_t size_bytes)
{
	size_t given_bytes = least(size_bytes, channel->left_bytes);

	if (given_bytes > 0)
		memcpy(buffer, channel->data, given_bytes);
	channel->data += given_bytes;
	channel->left_bytes -= given_bytes;
	return given_bytes;
}

ssize_t __wrap_read(int fd, void *buffer, size_t size_bytes)
{
	struct channel *channel;

	if (!is_ours(fd))
		return __real_read(fd, buffer, size_bytes);
	channel = &channels[fd - FUZZ_FD];
	return (ssize_t)take(channel, buffer, least(size_bytes, next_chunk(channel)));
}

ssize_t __wrap_pread(int fd, void *buffer, size_t size_bytes, off_t at)
{
	size_t left_bytes;

	if (!is_ours(fd))
		return __real_pread(fd, buffer, size_bytes, at);
	if (at < 0) {
		errno = EINVAL;
		return -1;
	}
	left_bytes = (uint64_t)at < disk_bytes ? disk_bytes - (size_t)at : 0;
	if (size_bytes > left_bytes)
		size_bytes = left_bytes;
	if (size_bytes > 0)
		memcpy(buffer, disk + at, size_bytes);
	return (ssize_t)size_bytes;
}

/* Ours are always readable: bytes, or their end. Where one of them is asked
 * for, the others have nothing to say. */
int __wrap_poll(struct pollfd *slots, nfds_t count, int timeout_ms)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		slots[i].revents = is_ours(slots[i].fd) ? POLLIN : 0;
		ready += slots[i].revents != 0;
	}
	return ready > 0 ? ready : __real_poll(slots, count, timeout_ms);
}

static void give_credentials(struct msghdr *header)
{
	struct ucred credentials = { .uid = pending.uid };
	struct cmsghdr *control = CMSG_FIRSTHDR(header);

	if (!pending.credentials || !control) {
		header->msg_controllen = 0;
		return;
	}
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_CREDENTIALS;
	control->cmsg_len = CMSG_LEN(sizeof(credentials));
	memcpy(CMSG_DATA(control), &credentials, sizeof(credentials));
	header->msg_controllen = CMSG_SPACE(sizeof(credentials));
}

/* The channel's bytes, into one piece after the other. */
static ssize_t receive_stream(struct channel *channel, const struct msghdr *header)
{
	size_t chunk_bytes = next_chunk(channel), given_bytes = 0;

	for (size_t i = 0; i < header->msg_iovlen && given_bytes < chunk_bytes; i++)
		given_bytes += take(channel, header->msg_iov[i].iov_base,
				    least(header->msg_iov[i].iov_len, chunk_bytes - given_bytes));
	return (ssize_t)given_bytes;
}

/* Takes as much at once as the channel gives at once. */
ssize_t __wrap_sendmsg(int fd, const struct msghdr *header, int flags)
{
	size_t chunk_bytes, taken_bytes = 0;

	if (!is_ours(fd))
		return __real_sendmsg(fd, header, flags);
	chunk_bytes = next_chunk(&channels[fd - FUZZ_FD]);
	for (size_t i = 0; i < header->msg_iovlen && taken_bytes < chunk_bytes; i++) {
		const struct iovec *piece = &header->msg_iov[i];
		size_t bytes = least(piece->iov_len, chunk_bytes - taken_bytes);

		MUST(bytes <= FUZZ_SENT_MAX - sent.used_bytes);
		memcpy(sent.bytes + sent.used_bytes, piece->iov_base, bytes);
		sent.used_bytes += bytes;
		taken_bytes += bytes;
	}
	return (ssize_t)taken_bytes;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags)
{
	struct sockaddr_nl sender = { .nl_family = AF_NETLINK, .nl_pid = pending.port };
	size_t given_bytes = pending.size_bytes;

	if (!is_ours(fd))
		return __real_recvmsg(fd, header, flags);
	if (!pending.data && channels[fd - FUZZ_FD].data)
		return receive_stream(&channels[fd - FUZZ_FD], header);
	if (!pending.data) {
		errno = EAGAIN;
		return -1;
	}
	header->msg_flags = 0;
	if (given_bytes > header->msg_iov->iov_len) {
		given_bytes = header->msg_iov->iov_len;
		header->msg_flags = MSG_TRUNC;
	}
	if (given_bytes > 0)
		memcpy(header->msg_iov->iov_base, pending.data, given_bytes);
	memcpy(header->msg_name, &sender, sizeof(sender));
	give_credentials(header);
	pending.data = NULL;
	return (ssize_t)given_bytes;
}
