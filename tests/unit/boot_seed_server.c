/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/boot/seed_server.c: the server of a seed, at one end of a socket pair. */
#include "host/boot/seed_server.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIG_BYTES 600000 /* more than a socket takes at once */

static char folder[] = "/tmp/seed-server.XXXXXX";
static char told[1000];
static int guest_fd, host_fd;
static struct seed_server server;

static void note(void *context, const char *text)
{
	assert_ptr_equal(context, told);
	strncat(told, text, sizeof(told) - strlen(told) - 2);
	strcat(told, "\n");
}

static void write_file(const char *name, const char *text, size_t size_bytes)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size_bytes, file), size_bytes);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	static char big[BIG_BYTES];
	struct fault fault;
	int pair[2];

	(void)state;
	assert_non_null(mkdtemp(folder));
	memset(big, 'u', sizeof(big));
	write_file("user-data", big, sizeof(big));
	write_file("meta-data", "meta\n", 5);
	assert_int_equal(seed_server_open(&server, folder, &fault), 0);
	server.on_request = note;
	server.context = told;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	host_fd = pair[0];
	guest_fd = pair[1];
	for (int i = 0; i < 2; i++)
		assert_int_equal(fcntl(pair[i], F_SETFL, O_NONBLOCK), 0);
	seed_server_connect(&server, host_fd);
	told[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	char path[64];

	(void)state;
	seed_server_close(&server);
	close(host_fd);
	close(guest_fd);
	snprintf(path, sizeof(path), "%s/user-data", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/meta-data", folder);
	unlink(path);
	rmdir(folder);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	return 0;
}

/* Let the server do all that it can do now; whether it did anything. */
static bool serve(void)
{
	bool did = false;

	for (;;) {
		struct pollfd slot = seed_server_slot(&server);

		if (slot.fd < 0 || poll(&slot, 1, 0) <= 0)
			return did;
		seed_server_step(&server, &slot);
		did = true;
	}
}

static void ask(const char *text)
{
	assert_int_equal(write(guest_fd, text, strlen(text)), strlen(text));
	serve();
}

/* All that has come back; NUL-terminated. */
static char *got(void)
{
	static char text[2 * BIG_BYTES];
	size_t used = 0;
	ssize_t count;

	do {
		count = read(guest_fd, text + used, sizeof(text) - 1 - used);
		used += count > 0 ? (size_t)count : 0;
	} while (count > 0 || serve());
	text[used] = '\0';
	return text;
}

static void files_are_served(void **state)
{
	(void)state;
	ask("GET /meta-data HTTP/1.1\r\n\r\n");
	assert_string_equal(got(), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
				   "Content-Length: 5\r\nConnection: close\r\n\r\nmeta\n");
	/* What the seed does not have is empty. */
	ask("GET /vendor-data HTTP/1.1\r\n\r\n");
	assert_non_null(
		strstr(got(), "200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"));
	ask("GET /network-config HTTP/1.1\r\n\r\n");
	assert_non_null(strstr(got(), "200 OK"));
	assert_string_equal(told, "GET /meta-data: 200 OK\nGET /vendor-data: 200 OK\n"
				  "GET /network-config: 200 OK\n");
	assert_int_equal(server.requests, 3);
	assert_false(server.phone_home.called);
}

static void a_large_file_goes_out_in_pieces(void **state)
{
	char *text, *body;

	(void)state;
	ask("GET /user-data HTTP/1.1\r\n\r\n");
	assert_true(seed_server_slot(&server).events & POLLOUT);
	assert_true(seed_server_slot(&server).events & POLLIN);
	text = got();
	body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(strlen(body + 4), BIG_BYTES);
	assert_int_equal(strspn(body + 4, "u"), BIG_BYTES);
	assert_false(seed_server_slot(&server).events & POLLOUT);
}

/* QEMU waits for us to read: what a guest sends meanwhile is read, and the last of it answered. */
static void what_comes_while_an_answer_goes_out_is_read(void **state)
{
	char *text;

	(void)state;
	ask("GET /user-data HTTP/1.1\r\n\r\n");
	for (int i = 0; i < 20000; i++)
		ask("GET /user-data HTTP/1.1\r\n\r\n");
	ask("GET /meta-data HTTP/1.1\r\n\r\n");
	assert_string_equal(told, "GET /user-data: 200 OK\n");
	text = got();
	assert_string_equal(text + strlen(text) - 6, "\nmeta\n");
	assert_string_equal(told, "GET /user-data: 200 OK\nGET /meta-data: 200 OK\n");
	assert_int_equal(server.requests, 2);
}

static void nothing_else_is_served(void **state)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", "404 Not Found" },
		{ "GET /../meta-data HTTP/1.1\r\n\r\n", "404 Not Found" },
		{ "GET /meta-data?x HTTP/1.1\r\n\r\n", "404 Not Found" },
		{ "GET /seed.iso HTTP/1.1\r\n\r\n", "404 Not Found" },
		{ "HEAD /meta-data HTTP/1.1\r\n\r\n", "405 Method Not Allowed\r\nAllow: GET" },
		{ "POST /meta-data HTTP/1.1\r\n\r\n", "405 Method Not Allowed\r\nAllow: GET" },
		{ "GET /phone-home HTTP/1.1\r\n\r\n", "405 Method Not Allowed\r\nAllow: POST" },
		{ "POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\na", "404 Not Found" },
		{ "nonsense\r\n\r\n", "400 Bad Request" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expected[100];

		ask(cases[i].request);
		snprintf(expected, sizeof(expected), "HTTP/1.1 %s\r\n", cases[i].status);
		if (strncmp(got(), expected, strlen(expected)) != 0)
			fail_msg("%s", cases[i].request);
		assert_false(server.phone_home.called);
	}
	ask("GET /meta-data HTTP/1.1\r\n\r\n");
	assert_non_null(strstr(got(), "200 OK"));
}

static void a_call_home_is_taken(void **state)
{
	(void)state;
	ask("POST /phone-home HTTP/1.1\r\nContent-Length: 12\r\n\r\nhostname=box");
	assert_non_null(strstr(got(), "200 OK"));
	assert_true(server.phone_home.called);
	assert_string_equal(server.phone_home.hostname, "box");
	/* Another machine has not called. */
	seed_server_connect(&server, host_fd);
	assert_false(server.phone_home.called);
	assert_int_equal(server.requests, 0);
}

static void the_end_of_the_machine_ends_it(void **state)
{
	(void)state;
	shutdown(guest_fd, SHUT_RDWR);
	serve();
	assert_int_equal(seed_server_slot(&server).fd, -1);
}

static void a_folder_without_a_seed_is_a_fault(void **state)
{
	struct seed_server other;
	struct fault fault;

	(void)state;
	assert_int_equal(seed_server_open(&other, "/nonexistent", &fault), -1);
	assert_int_equal(fault.reason, REASON_DISK_IO);
	seed_server_close(&other);
}

#define WITH_SEED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	WITH_SEED(files_are_served),
	WITH_SEED(a_large_file_goes_out_in_pieces),
	WITH_SEED(what_comes_while_an_answer_goes_out_is_read),
	WITH_SEED(nothing_else_is_served),
	WITH_SEED(a_call_home_is_taken),
	WITH_SEED(the_end_of_the_machine_ends_it),
	cmocka_unit_test(a_folder_without_a_seed_is_a_fault),
};

UNIT_MAIN(tests)
