/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mounted.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 500

const char *mounted_stage_word(enum mounted_stage stage)
{
	static const char *const words[] = {
		[MOUNTED_MOUNT] = "mount", [MOUNTED_WORK] = "grow", [MOUNTED_UNMOUNT] = "unmount"
	};

	return words[stage];
}

static struct mounted_end failed_at(enum mounted_stage stage, int error)
{
	return (struct mounted_end){ stage, error };
}

static int work_in(const char *folder, const struct mounted_work *work)
{
	cleanup_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return work->run ? work->run(fd, work->argument) : 0;
}

static struct mounted_end do_work(const char *folder, const struct fs_target *target,
				  const struct mounted_work *work)
{
	const unsigned long flags = MS_NOATIME | MS_NODEV | MS_NOEXEC | MS_NOSUID;
	int error;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return failed_at(MOUNTED_MOUNT, errno);
	if (mount(target->device, folder, work->type, flags, work->options) < 0)
		return failed_at(MOUNTED_MOUNT, errno);
	error = work_in(folder, work);
	if (umount2(folder, 0) < 0)
		return error ? failed_at(MOUNTED_WORK, error) : failed_at(MOUNTED_UNMOUNT, errno);
	return error ? failed_at(MOUNTED_WORK, error) : failed_at(MOUNTED_DONE, 0);
}

static _Noreturn void be_child(int fd, const struct fs_target *target,
			       const struct mounted_work *work, const struct fs_tools *tools)
{
	char folder[PATH_MAX];
	struct mounted_end end;

	snprintf(folder, sizeof(folder), "%s/target", tools->run_dir);
	end = do_work(folder, target, work);
	_exit(write(fd, &end, sizeof(end)) == sizeof(end) ? 0 : 1);
}

/* Until the child has told, or is gone. */
static bool await_end(int fd, const struct fs_tools *tools, struct mounted_end *ret_end)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t got;

	while (poll(&ready, 1, TICK_MS) <= 0)
		tools->on_progress(tools->context, -1);
	do
		got = read(fd, ret_end, sizeof(*ret_end));
	while (got < 0 && errno == EINTR);
	return got == sizeof(*ret_end);
}

int mounted_refuse_sealed(const char *type, struct fault *fault)
{
	return fault_set(fault, REASON_NEEDS_MACHINE,
			 "%s has to be mounted: that takes a virtual machine", type);
}

int mounted_run(const struct fs_target *target, const struct mounted_work *work,
		const struct fs_tools *tools, struct mounted_end *ret_end, struct fault *fault)
{
	cleanup_fd int reader = -1;
	int ends[2], status;
	bool told;
	pid_t child;

	if (tools->sealed)
		return mounted_refuse_sealed(work->type, fault);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "no pipe");
	reader = ends[0];
	child = fork();
	if (child == 0)
		be_child(ends[1], target, work, tools);
	close(ends[1]);
	if (child < 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, errno,
				       "a process to mount the file system cannot be started");
	told = await_end(reader, tools, ret_end);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return told ? 0
		    : fault_set(fault, REASON_INTERNAL,
				"the kernel failed while it had the file system mounted as %s",
				work->type);
}
