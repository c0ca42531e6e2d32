/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "warm.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

#define SAVE_MS	    10000
#define POLL_MS	    2
#define PIPE_BYTES  (1024 * 1024)
#define MIB	    (UINT64_C(1) << 20)
#define DEVICES_MIB 64		       /* the stream, above the memory itself */
#define BANDWIDTH   (INT64_C(1) << 40) /* as fast as it goes */

/* The saved machine for our key, if there is one. */
static bool find(struct warm *warm)
{
	cleanup_fd int fd = warm_store_read(&warm->store, warm->name);

	if (fd < 0 || !warm_file_read(fd, warm->key, &warm->header, warm->hello) ||
	    lseek(fd, (off_t)warm->header.stream_at, SEEK_SET) < 0)
		return false;
	warm->saved_fd = steal_fd(&fd);
	return true;
}

void warm_open(struct warm *warm, const struct machine_plan *plan, const char *build_id,
	       struct warm_wish wish, struct fault *fault)
{
	*warm = (struct warm){ .store = { .folder_fd = -1, .lock_fd = -1 }, .saved_fd = -1 };
	if (!wish.enabled)
		return;
	warm->key = warm_key(plan, build_id);
	if (!warm->key) {
		fault_set(fault, REASON_NO_MEMORY, "out of memory");
		return;
	}
	warm_key_name(warm->key, plan->accel, warm->name);
	if (warm_store_open(&warm->store, fault) < 0)
		return;
	if (wish.may_restore && find(warm))
		warm->mode = WARM_RESTORE;
	else if (warm_store_lock(&warm->store, fault) == 0)
		warm->mode = WARM_SAVE;
}

void warm_close(struct warm *warm)
{
	close_fdp(&warm->saved_fd);
	warm_store_close(&warm->store);
	free(warm->key);
	warm->key = NULL;
}

void warm_discard(const struct warm *warm)
{
	if (warm->mode == WARM_RESTORE)
		warm_store_remove(&warm->store, warm->name);
}

/* Run a command whose refusal ends the session. */
static int execute(struct session *session, const char *command, json_t *arguments,
		   struct fault *fault)
{
	return session_execute(session, command, arguments, -1, fault) == 0 ? 0 : -1;
}

/* Return the status in QEMU's answer, or an empty text. */
static const char *status_word(const struct session *session)
{
	const json_t *told = json_object_get(session->monitor.answer, "return");
	const char *word = json_string_value(json_object_get(told, "status"));

	return word ? word : "";
}

/* Ask until the status is none of those, which pass by themselves. */
static int await_status(struct session *session, const char *command, const char *passing,
			const char *passing_too, struct fault *fault)
{
	for (;;) {
		const char *word;

		if (execute(session, command, NULL, fault) < 0)
			return -1;
		word = status_word(session);
		if (strcmp(word, passing) != 0 && strcmp(word, passing_too) != 0)
			return 0;
		poll(NULL, 0, POLL_MS);
	}
}

int warm_restore(struct warm *warm, struct session *session, struct fault *fault)
{
	if (strcmp(session->monitor.qemu_version, warm->header.qemu_version) != 0)
		return fault_set(fault, REASON_INTERNAL, "the machine was saved by another QEMU");
	/* QEMU reads it at the same time: that it is whole must be known only when
	 * the guest goes on. */
	if (!warm_file_verify(warm->saved_fd, &warm->header))
		return fault_set(fault, REASON_INTERNAL, "the saved machine is damaged");
	if (await_status(session, "query-status", "inmigrate", "restore-vm", fault) < 0)
		return -1;
	if (session_take_hello(session, warm->hello, strlen(warm->hello), fault) < 0)
		return -1;
	return execute(session, "cont", NULL, fault);
}

/* Let QEMU send the machine into a pipe, of which we have the other end: it never
 * has the file. -1 with the fault. */
static int begin_stream(struct session *session, int *ret_stream_fd, struct fault *fault)
{
	int fds[2], result = -1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a pipe");
#ifdef F_SETPIPE_SZ
	(void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_BYTES);
#endif
	if (execute(session, "migrate-set-parameters",
		    json_pack("{s:I}", "max-bandwidth", (json_int_t)BANDWIDTH), fault) == 0 &&
	    session_execute(session, "getfd", json_pack("{s:s}", "fdname", "saved"), fds[1],
			    fault) == 0)
		result = execute(session, "migrate", json_pack("{s:s}", "uri", "fd:saved"), fault);
	close_fdp(&fds[1]);
	if (result < 0)
		close_fdp(&fds[0]);
	*ret_stream_fd = fds[0];
	return result;
}

static int take_stream(const struct warm *warm, struct session *session, int fd, uint64_t max_bytes,
		       struct fault *fault)
{
	cleanup_free char *hello = json_dumps(session->hello, JSON_COMPACT);
	const struct warm_text text = { .key = warm->key,
					.hello = hello,
					.qemu_version = session->monitor.qemu_version };
	int limit_ms = session->stall_ms < SAVE_MS ? (int)session->stall_ms : SAVE_MS;
	struct warm_header header;
	int stream_fd = -1, result;

	if (!hello)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	if (begin_stream(session, &stream_fd, fault) < 0)
		return -1;
	result = warm_file_write(fd, &text, stream_fd, limit_ms, max_bytes, &header, fault);
	close_fdp(&stream_fd);
	watchdog_feed(&session->dog, NULL); /* it was our time, not the guest's */
	if (result < 0 || await_status(session, "query-migrate", "active", "setup", fault) < 0)
		return -1;
	if (strcmp(status_word(session), "completed") != 0)
		return fault_set(fault, REASON_INTERNAL, "QEMU did not save the machine: %.30s",
				 status_word(session));
	return warm_file_seal(fd, &header, fault);
}

static int save_stopped(struct warm *warm, struct session *session, unsigned memory_mib,
			struct fault *fault)
{
	cleanup_fd int fd = -1;
	bool between_lines;

	if (session_drain(session, &between_lines, fault) < 0)
		return -1;
	if (!between_lines)
		return fault_set(fault, REASON_INTERNAL, "the guest was in the middle of a line");
	fd = warm_store_create(&warm->store, fault);
	if (fd < 0)
		return -1;
	if (take_stream(warm, session, fd, (memory_mib + DEVICES_MIB) * MIB, fault) == 0 &&
	    warm_store_publish(&warm->store, warm->name, fault) == 0)
		return 0;
	warm_store_drop(&warm->store);
	return -1;
}

int warm_save(struct warm *warm, struct session *session, unsigned memory_mib, struct fault *fault)
{
	struct fault second;
	int saved;

	if (execute(session, "stop", NULL, fault) < 0)
		return -1;
	saved = save_stopped(warm, session, memory_mib, fault);
	warm_store_close(&warm->store); /* others may save */
	if (execute(session, "cont", NULL, saved < 0 ? &second : fault) < 0)
		return -1;
	watchdog_feed(&session->dog, NULL);
	return saved < 0 ? 1 : 0;
}
