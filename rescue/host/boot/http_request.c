/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http_request.h"

#include <string.h>
#include <strings.h>

#define LENGTH_MAX_DIGITS 15
#define DIGITS		  "0123456789"
#define TOKEN_BYTES	  "!#$%&'*+-.^_`|~" DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Part of a head: not NUL-terminated. */
struct span {
	const char *at;
	size_t bytes;
};

static bool is(struct span span, const char *text)
{
	return span.bytes == strlen(text) && memcmp(span.at, text, span.bytes) == 0;
}

static bool is_field(struct span name, const char *text)
{
	return name.bytes == strlen(text) && strncasecmp(name.at, text, name.bytes) == 0;
}

/* Take what comes before this byte off the front of the span, and the byte. All of it, if the byte
 * does not come. */
static struct span take_until(struct span *span, char end)
{
	const char *found = span->bytes > 0 ? memchr(span->at, end, span->bytes) : NULL;
	struct span taken = { span->at, found ? (size_t)(found - span->at) : span->bytes };
	size_t used = taken.bytes + (found ? 1 : 0);

	span->at += used;
	span->bytes -= used;
	return taken;
}

static struct span trim(struct span span)
{
	while (span.bytes > 0 && (span.at[0] == ' ' || span.at[0] == '\t')) {
		span.at++;
		span.bytes--;
	}
	while (span.bytes > 0 &&
	       (span.at[span.bytes - 1] == ' ' || span.at[span.bytes - 1] == '\t'))
		span.bytes--;
	return span;
}

static bool is_token(struct span span)
{
	for (size_t i = 0; i < span.bytes; i++)
		if (span.at[i] == '\0' || !strchr(TOKEN_BYTES, span.at[i]))
			return false;
	return span.bytes > 0;
}

static bool take_target(struct http_request *request, struct span target)
{
	if (target.bytes == 0 || target.bytes >= HTTP_TARGET_MAX_BYTES || target.at[0] != '/')
		return false;
	for (size_t i = 0; i < target.bytes; i++)
		if (target.at[i] <= ' ' || target.at[i] > '~')
			return false;
	memcpy(request->target, target.at, target.bytes);
	request->target[target.bytes] = '\0';
	return true;
}

static bool take_request_line(struct http_request *request, struct span line)
{
	struct span method = take_until(&line, ' '), target = take_until(&line, ' ');

	request->method = is(method, "GET")    ? HTTP_GET
			  : is(method, "POST") ? HTTP_POST
					       : HTTP_OTHER;
	return is_token(method) && take_target(request, target) &&
	       (is(line, "HTTP/1.1") || is(line, "HTTP/1.0"));
}

/* Only digits, and no second one that says another. */
static bool take_length(struct http_request *request, struct span value, bool *has_length)
{
	uint64_t length_bytes = 0;

	if (value.bytes == 0 || value.bytes > LENGTH_MAX_DIGITS)
		return false;
	for (size_t i = 0; i < value.bytes; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		length_bytes = 10 * length_bytes + (uint64_t)(value.at[i] - '0');
	}
	if (*has_length && length_bytes != request->body_left_bytes)
		return false;
	*has_length = true;
	request->body_left_bytes = length_bytes;
	return true;
}

/* Other fields than the length of the body say nothing that matters. What is sent in chunks has no
 * length. */
static bool take_field(struct http_request *request, struct span line, bool *has_length)
{
	struct span name = take_until(&line, ':'), value = trim(line);

	for (size_t i = 0; i < value.bytes; i++)
		if ((unsigned char)value.at[i] < ' ' && value.at[i] != '\t')
			return false;
	/* A line without a colon has been taken as a whole. */
	if (!is_token(name) || name.at + name.bytes == line.at)
		return false;
	if (is_field(name, "Content-Length"))
		return take_length(request, value, has_length);
	return !is_field(name, "Transfer-Encoding");
}

static void read_head(struct http_request *request)
{
	struct span rest = { request->head, request->head_bytes };
	bool first = true, has_length = false;

	while (rest.bytes > 0) {
		struct span line = take_until(&rest, '\n');

		if (line.bytes > 0 && line.at[line.bytes - 1] == '\r')
			line.bytes--;
		if (line.bytes == 0)
			continue;
		if (!(first ? take_request_line(request, line)
			    : take_field(request, line, &has_length)))
			request->bad = true;
		first = false;
	}
	if (request->body_left_bytes > HTTP_BODY_MAX_BYTES)
		request->bad = true;
	request->in_body = true;
	request->whole = request->body_left_bytes == 0;
}

/* Of a head that is too long, only its end is looked for. Empty lines in front of it do not count.
 */
static void feed_head(struct http_request *request, char byte)
{
	if (request->head_bytes == HTTP_HEAD_MAX_BYTES)
		request->bad = true;
	else
		request->head[request->head_bytes++] = byte;
	if (byte != '\n') {
		request->line_bytes += byte == '\r' ? 0 : 1;
		return;
	}
	if (request->line_bytes > 0)
		request->begun = true;
	else if (request->begun)
		read_head(request);
	else
		request->head_bytes = 0;
	request->line_bytes = 0;
}

static size_t feed_body(struct http_request *request, const char *data, size_t size_bytes)
{
	size_t taken = size_bytes;

	if (taken > request->body_left_bytes)
		taken = (size_t)request->body_left_bytes;
	if (!request->bad) {
		memcpy(request->body + request->body_bytes, data, taken);
		request->body_bytes += taken;
	}
	request->body_left_bytes -= taken;
	request->whole = request->body_left_bytes == 0;
	return taken;
}

size_t http_request_feed(struct http_request *request, const char *data, size_t size_bytes)
{
	size_t used = 0;

	while (!request->whole && used < size_bytes) {
		if (request->in_body)
			used += feed_body(request, data + used, size_bytes - used);
		else
			feed_head(request, data[used++]);
	}
	return used;
}
