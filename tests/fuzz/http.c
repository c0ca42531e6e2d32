/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest sends to the server of its seed: requests, one behind the other, and in their bodies
 * the form of a call home. The first byte says how the rest is cut. */
#include "fuzz.h"

#include "host/boot/http_request.h"
#include "host/boot/phone_home.h"

#include <string.h>

static void judge_text(const char *text, size_t room_bytes)
{
	MUST(memchr(text, '\0', room_bytes) != NULL);
	MUST(fuzz_text_is_safe(text, strlen(text)));
}

static void judge_call(const struct http_request *request)
{
	struct phone_home call = { 0 };

	phone_home_take(&call, request->body, request->body_bytes);
	MUST(call.called && call.key_count <= PHONE_HOME_KEYS_MAX);
	judge_text(call.instance_id, sizeof(call.instance_id));
	judge_text(call.hostname, sizeof(call.hostname));
	judge_text(call.fqdn, sizeof(call.fqdn));
	for (size_t i = 0; i < call.key_count; i++) {
		judge_text(call.keys[i], sizeof(call.keys[i]));
		MUST(call.keys[i][0] != '\0');
	}
}

/* What a good one promises. */
static void judge_good(const struct http_request *request)
{
	MUST(request->body_bytes <= HTTP_BODY_MAX_BYTES && request->body_left_bytes == 0);
	MUST(request->head_bytes <= HTTP_HEAD_MAX_BYTES);
	MUST(request->target[0] == '/' && strlen(request->target) < HTTP_TARGET_MAX_BYTES);
	for (const char *at = request->target; *at; at++)
		MUST(*at > ' ' && *at <= '~');
	if (request->method == HTTP_GET)
		MUST(memcmp(request->head + strspn(request->head, "\r\n"), "GET /", 5) == 0);
	judge_call(request);
	fuzz_accepted++;
}

/* The same, whatever the pieces. */
static size_t feed(struct http_request *request, const char *data, size_t size_bytes,
		   size_t piece_bytes)
{
	size_t used = 0;

	memset(request, 0, sizeof(*request));
	while (!request->whole && used < size_bytes) {
		size_t left_bytes = size_bytes - used;
		size_t taken = http_request_feed(
			request, data + used, left_bytes < piece_bytes ? left_bytes : piece_bytes);

		MUST(taken > 0 && taken <= left_bytes && taken <= piece_bytes);
		used += taken;
	}
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static struct http_request whole, pieces;
	const char *at = (const char *)data + 1;
	size_t left_bytes = size_bytes > 0 ? size_bytes - 1 : 0;

	while (left_bytes > 0) {
		size_t used = feed(&whole, at, left_bytes, left_bytes);

		MUST(feed(&pieces, at, left_bytes, (size_t)data[0] % 64 + 1) == used);
		MUST(memcmp(&whole, &pieces, sizeof(whole)) == 0);
		MUST(whole.whole || used == left_bytes);
		if (whole.whole && !whole.bad)
			judge_good(&whole);
		at += used;
		left_bytes -= used;
	}
	return 0;
}
