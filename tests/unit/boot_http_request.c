/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/boot/http_request.c: what a guest asks the server of its seed. */
#include "host/boot/http_request.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* Feed a text, in pieces of that size; the rest is behind the end of the request. */
static struct http_request after(const char *text, size_t piece_bytes, const char **ret_rest)
{
	struct http_request request = { 0 };
	size_t left_bytes = strlen(text);

	while (left_bytes > 0 && !request.whole) {
		size_t size_bytes = left_bytes < piece_bytes ? left_bytes : piece_bytes;
		size_t used = http_request_feed(&request, text, size_bytes);

		assert_true(used <= size_bytes && (used == size_bytes || request.whole));
		text += used;
		left_bytes -= used;
	}
	*ret_rest = text;
	return request;
}

static void expect_good(const char *text, enum http_method method, const char *target,
			const char *body, const char *rest)
{
	for (size_t piece_bytes = 1; piece_bytes < 200; piece_bytes += 33) {
		const char *got_rest;
		struct http_request request = after(text, piece_bytes, &got_rest);

		if (!request.whole || request.bad)
			fail_msg("%s: %s", text, request.whole ? "bad" : "not whole");
		assert_int_equal(request.method, method);
		assert_string_equal(request.target, target);
		assert_int_equal(request.body_bytes, strlen(body));
		assert_memory_equal(request.body, body, strlen(body));
		assert_string_equal(got_rest, rest);
	}
}

static void good_requests_are_read(void **state)
{
	(void)state;
	expect_good("GET /meta-data HTTP/1.1\r\nHost: 10.0.2.100\r\nAccept: */*\r\n\r\n", HTTP_GET,
		    "/meta-data", "", "");
	expect_good("GET / HTTP/1.0\n\nGET", HTTP_GET, "/", "", "GET");
	expect_good("\r\n\r\nGET /x HTTP/1.1\r\n\r\n", HTTP_GET, "/x", "", "");
	expect_good("POST /phone-home HTTP/1.1\r\ncontent-LENGTH: 5 \r\nContent-Length:5\r\n\r\n"
		    "a=b&cGET",
		    HTTP_POST, "/phone-home", "a=b&c", "GET");
	expect_good("HEAD /x HTTP/1.1\r\nX:\t\r\n\r\n", HTTP_OTHER, "/x", "", "");
	expect_good("get /x HTTP/1.1\r\n\r\n", HTTP_OTHER, "/x", "", "");
}

static void expect_bad(const char *text, const char *rest)
{
	for (size_t piece_bytes = 1; piece_bytes < 200; piece_bytes += 33) {
		const char *got_rest;
		struct http_request request = after(text, piece_bytes, &got_rest);

		if (!request.whole || !request.bad)
			fail_msg("%s: %s", text, request.whole ? "good" : "not whole");
		assert_string_equal(got_rest, rest);
	}
}

static void bad_requests_end_where_good_ones_would(void **state)
{
	static const char *const bad_heads[] = {
		"GET /met", /* a client that went away, and the next one */
		"nonsense",
		"GET /x",
		"GET  /x HTTP/1.1",
		"GET /x HTTP/1.1 ",
		"GET /x HTTP/2",
		"GET x HTTP/1.1",
		"GET http://10.0.2.100/x HTTP/1.1",
		"GET /\x1b[2J HTTP/1.1",
		"GET /\xc3\xa9 HTTP/1.1",
		"G(T /x HTTP/1.1",
		" /x HTTP/1.1",
		"GET /x HTTP/1.1\r\nno colon",
		"GET /x HTTP/1.1\r\n: no name",
		"GET /x HTTP/1.1\r\nName : x",
		"GET /x HTTP/1.1\r\nX: y\r\n folded: z",
		"GET /x HTTP/1.1\r\nX: \x01",
		"GET /x HTTP/1.1\r\nContent-Length: ",
		"GET /x HTTP/1.1\r\nContent-Length: -1",
		"GET /x HTTP/1.1\r\nContent-Length: 0x10",
		"GET /x HTTP/1.1\r\nContent-Length: 1234567890123456",
		"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_heads) / sizeof(bad_heads[0]); i++) {
		const char *next = i == 0 ? "GET /meta-data HTTP/1.1" : "";

		snprintf(text, sizeof(text), "%s%s\r\n\r\nrest", bad_heads[i], next);
		expect_bad(text, "rest");
	}
	expect_bad("POST /x HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "c");
	expect_bad("POST /x HTTP/3\r\nContent-Length: 2\r\n\r\nabc", "c");
}

/* A text of one byte, as long as it takes. */
static const char *long_text(char *out, size_t size_bytes, char byte)
{
	memset(out, byte, size_bytes);
	out[size_bytes] = '\0';
	return out;
}

static void lengths_are_bounded(void **state)
{
	static char text[3 * HTTP_BODY_MAX_BYTES], filling[HTTP_BODY_MAX_BYTES + 2];
	const char *rest;
	struct http_request request;

	(void)state;
	/* The longest target, and one more. */
	snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\n\r\n",
		 long_text(filling, HTTP_TARGET_MAX_BYTES - 2, 'x'));
	assert_false(after(text, 99, &rest).bad);
	snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\n\r\n",
		 long_text(filling, HTTP_TARGET_MAX_BYTES - 1, 'x'));
	expect_bad(text, "");
	/* The longest head: 23 bytes are not the filling. */
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nX: %s\r\n\r\n",
		 long_text(filling, HTTP_HEAD_MAX_BYTES - 23, 'x'));
	assert_int_equal(strlen(text), HTTP_HEAD_MAX_BYTES);
	assert_false(after(text, 99, &rest).bad);
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nX: %s\r\n\r\nrest",
		 long_text(filling, HTTP_HEAD_MAX_BYTES - 22, 'x'));
	expect_bad(text, "rest");
	/* The longest body. */
	snprintf(text, sizeof(text), "POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%srest",
		 HTTP_BODY_MAX_BYTES, long_text(filling, HTTP_BODY_MAX_BYTES, 'x'));
	request = after(text, 999, &rest);
	assert_true(request.whole && !request.bad);
	assert_int_equal(request.body_bytes, HTTP_BODY_MAX_BYTES);
	assert_string_equal(rest, "rest");
	snprintf(text, sizeof(text), "POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%srest",
		 HTTP_BODY_MAX_BYTES + 1, long_text(filling, HTTP_BODY_MAX_BYTES + 1, 'x'));
	expect_bad(text, "rest");
}

static void a_part_is_not_whole(void **state)
{
	const char *rest;

	(void)state;
	assert_false(after("GET /x HTTP/1.1\r\nHost: x\r\n", 5, &rest).whole);
	assert_false(after("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcd", 5, &rest).whole);
	assert_false(after("", 5, &rest).whole);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(good_requests_are_read),
	cmocka_unit_test(bad_requests_end_where_good_ones_would),
	cmocka_unit_test(lengths_are_bounded),
	cmocka_unit_test(a_part_is_not_whole),
};

UNIT_MAIN(tests)
