/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/vm/vm.h, with a QEMU that plays guests by script: what the caller of a
 * machine sees of it, and what its keeper does when the caller goes. */
#include "fake_vm.h"
#include "host/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void a_grow_is_done(void **state)
{
	struct vm_spec spec = spec_of("ok");
	struct vm vm;

	(void)state;
	start(&spec, &vm);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_NONE, "");
	assert_true(json_is_true(json_object_get(vm_event(&vm, "plan"), "changed")));
	assert_string_equal(json_string_value(json_object_get(vm_event(&vm, "table"), "moment")),
			    "after");
	assert_null(vm_event(&vm, "nothing"));
	vm_close(&vm);
}

static void a_fault_of_the_guest_is_told(void **state)
{
	struct vm_spec spec = spec_of("fault");
	struct vm vm;

	(void)state;
	start(&spec, &vm);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_MBR_2TIB, "the table ends at 2 TiB");
	vm_close(&vm);
}

static void the_disk_is_awaited(void **state)
{
	struct vm_spec spec = spec_of("ok");
	struct fault fault;
	struct pollfd slot;
	struct vm vm;

	(void)state;
	spec.disk.awaited = true;
	start(&spec, &vm);
	read_until(&vm, "machine");
	slot = (struct pollfd){ .fd = vm.fd, .events = POLLIN };
	assert_int_equal(poll(&slot, 1, 300), 0);
	assert_null(vm_event(&vm, "disk"));
	assert_int_equal(vm_disk_ready(&vm, 512, &fault), 0);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_NONE, "");
	assert_int_equal(vm_disk_ready(&vm, 512, &fault), 0); /* too late, and no harm */
	vm_close(&vm);
}

static void a_caller_that_goes_ends_it(void **state)
{
	struct vm_spec spec = spec_of("ok");
	struct vm vm;

	(void)state;
	spec.disk.awaited = true;
	start(&spec, &vm);
	read_until(&vm, "machine");
	assert_int_equal(shutdown(vm.fd, SHUT_WR), 0);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_INTERRUPTED, "before the disk was ready");
	vm_close(&vm);
	spec = spec_of("hang");
	start(&spec, &vm);
	read_until(&vm, "disk");
	assert_int_equal(shutdown(vm.fd, SHUT_WR), 0);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_INTERRUPTED, "has ended");
	vm_close(&vm);
}

static void it_can_be_stopped_and_killed(void **state)
{
	struct vm_spec spec = spec_of("hang");
	struct vm vm;

	(void)state;
	start(&spec, &vm);
	read_until(&vm, "disk");
	vm_stop(&vm);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_INTERRUPTED, "signal 15");
	vm_stop(&vm); /* nobody is there any more */
	vm_close(&vm);
	spec = spec_of("hang");
	start(&spec, &vm);
	read_until(&vm, "disk");
	vm_kill(&vm);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_GUEST_DIED, "signal 9");
	vm_close(&vm);
	spec = spec_of("hang");
	start(&spec, &vm);
	read_until(&vm, "disk");
	vm_close(&vm); /* in the middle of it */
	assert_int_equal(vm.pid, 0);
	assert_true(vm.ended);
}

/* What the keeper holds would keep locks, and pipes from ending. */
static void the_keeper_holds_nothing_of_the_caller(void **state)
{
	struct vm_spec spec = spec_of("hang");
	struct pollfd slot;
	struct vm vm;
	char byte;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	start(&spec, &vm);
	close_fdp(&fds[1]);
	read_until(&vm, "disk");
	slot = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	assert_int_equal(poll(&slot, 1, LONG_MS), 1);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close_fdp(&fds[0]);
	vm_close(&vm);
}

static void signals_of_the_keeper_are_its_own(void **state)
{
	struct vm_spec spec = spec_of("hang");
	struct fault fault;
	struct vm vm;
	int signals_fd, number;

	(void)state;
	assert_int_equal(signals_open(&signals_fd, &fault), 0);
	start(&spec, &vm);
	read_until(&vm, "disk");
	assert_int_equal(kill(vm.pid, SIGQUIT), 0);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_INTERRUPTED, "signal 3");
	while ((number = signals_next(signals_fd)) != 0)
		assert_int_equal(number, SIGCHLD);
	vm_close(&vm);
	signals_reset();
}

static void of_beats_the_last_one_is_kept(void **state)
{
	struct vm_spec spec = spec_of("beats");
	struct vm vm;
	size_t index, beats = 0;
	json_t *event;

	(void)state;
	spec.limits.deadline_seconds = 2;
	start(&spec, &vm);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_STALLED, "not finish within 2 s");
	json_array_foreach (vm.events, index, event)
		beats += strcmp(json_string_value(json_object_get(event, "event")), "beat") == 0;
	assert_int_equal(beats, 1);
	vm_close(&vm);
}

static void a_descriptor_must_be_open_as_it_is_used(void **state)
{
	struct vm_spec spec = spec_of("ok");
	struct fault fault;
	struct vm vm;

	(void)state;
	spec.request.kind = REQUEST_PLAN;
	assert_int_equal(vm_start(&spec, &vm, &fault), -1);
	assert_int_equal(fault.reason, REASON_INTERNAL);
	vm_close(&vm);
	close_fdp(&spec.disk.fd);
	spec.disk.fd = open(in_folder("disk"), O_RDONLY | O_CLOEXEC);
	spec.request.kind = REQUEST_GROW;
	assert_int_equal(vm_start(&spec, &vm, &fault), -1);
	assert_int_equal(fault.reason, REASON_INTERNAL);
	vm_close(&vm);
	close_fdp(&spec.disk.fd);
}

static void what_the_host_lacks_is_told(void **state)
{
	struct vm_spec spec = spec_of("ok");
	struct vm vm;

	(void)state;
	spec.qemu = "qemu-that-is-not-there";
	start(&spec, &vm);
	read_until(&vm, NULL);
	verdict_is(&vm, REASON_NO_QEMU, "is not installed");
	vm_close(&vm);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grow_is_done),
		cmocka_unit_test(a_fault_of_the_guest_is_told),
		cmocka_unit_test(the_disk_is_awaited),
		cmocka_unit_test(a_caller_that_goes_ends_it),
		cmocka_unit_test(it_can_be_stopped_and_killed),
		cmocka_unit_test(the_keeper_holds_nothing_of_the_caller),
		cmocka_unit_test(signals_of_the_keeper_are_its_own),
		cmocka_unit_test(of_beats_the_last_one_is_kept),
		cmocka_unit_test(a_descriptor_must_be_open_as_it_is_used),
		cmocka_unit_test(what_the_host_lacks_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
