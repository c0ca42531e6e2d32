/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests of a guest to the server of its seed: HTTP/1.0 and 1.1, as far as clients of NoCloud
 * use it. Pure: bytes in, a request out. The bytes are the guest's, so nothing of them is trusted.
 */
#ifndef BOOT_HTTP_REQUEST_H
#define BOOT_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX_BYTES   8192
#define HTTP_BODY_MAX_BYTES   16384
#define HTTP_TARGET_MAX_BYTES 256

enum http_method { HTTP_GET, HTTP_POST, HTTP_OTHER };

/* Zero-initialise before each request. */
struct http_request {
	/* What a request that is whole says. */
	bool whole;
	bool bad; /* it is no request, or a larger one than is taken: the rest says nothing */
	enum http_method method;
	char target[HTTP_TARGET_MAX_BYTES]; /* printable ASCII that begins with a slash */
	char body[HTTP_BODY_MAX_BYTES];
	size_t body_bytes;

	/* How far it has come. */
	char head[HTTP_HEAD_MAX_BYTES];
	size_t head_bytes;
	size_t line_bytes; /* of the line that is not at its end, without CR */
	bool begun;	   /* a line that is not empty has come */
	bool in_body;
	uint64_t body_left_bytes;
};

/* Read on, to the end of the request at most. Return how many bytes belong to it. A bad request
 * ends where a good one would: behind its head, and the body that it announces. */
size_t http_request_feed(struct http_request *request, const char *data, size_t size_bytes);

#endif
