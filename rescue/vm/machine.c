#include "machine.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "signals.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define STOP_MS	      1000
#define EXEC_FAILED   127
#define HIGHEST_FD    1024
#define ARGUMENTS_MAX 64

/* The machine has no IDE disk, so the controller need not be woken: 0.2 s. */
#define KERNEL_ALWAYS "console=ttyS0 quiet panic=-1 initcall_blacklist=piix_init"
/* One emulated processor: no use in calibrating its APIC timer (0.1 s), nor in
 * patching the locks of several processors out of the kernel (0.06 s). */
#define KERNEL_TCG KERNEL_ALWAYS " noapictimer noreplace-smp"

enum channel { CHANNEL_WIRE, CHANNEL_QMP, CHANNEL_CONSOLE, CHANNEL_COMPLAINT, CHANNELS };

struct channels {
	int ours[CHANNELS];
	int theirs[CHANNELS];
};

/* Texts that the argument table points into. */
struct texts {
	char machine[96];
	char memory[16];
	char wire[64], qmp[64], console[64];
};

static void write_texts(const struct machine_plan *plan, const int fds[CHANNELS],
			struct texts *texts)
{
	snprintf(texts->machine, sizeof(texts->machine), "pc,usb=off,vmport=off,accel=%s",
		 accel_word(plan->accel));
	snprintf(texts->memory, sizeof(texts->memory), "%u", plan->memory_mib);
	snprintf(texts->wire, sizeof(texts->wire), "socket,id=wire,fd=%d", fds[CHANNEL_WIRE]);
	snprintf(texts->qmp, sizeof(texts->qmp), "socket,id=qmp,fd=%d", fds[CHANNEL_QMP]);
	snprintf(texts->console, sizeof(texts->console), "socket,id=console,fd=%d",
		 fds[CHANNEL_CONSOLE]);
}

/* The machine. No network, no disk (it comes over QMP after hello), and no path
 * of a socket: everything is inherited. */
static size_t write_arguments(const struct machine_plan *plan, const struct texts *texts,
			      const char *argv[ARGUMENTS_MAX])
{
	const struct {
		const char *option, *value;
	} table[] = {
		{ "-nodefaults", NULL },
		{ "-no-user-config", NULL },
		{ "-no-reboot", NULL },
		{ "-display", "none" },
		{ "-machine", texts->machine },
		{ "-cpu", plan->accel == ACCEL_TCG ? "max" : "host" },
		{ "-m", texts->memory },
		{ "-kernel", plan->kernel },
		{ "-initrd", plan->initramfs },
		{ "-append", plan->accel == ACCEL_TCG ? KERNEL_TCG : KERNEL_ALWAYS },
		{ "-chardev", texts->qmp },
		{ "-mon", "chardev=qmp,mode=control" },
		{ "-chardev", texts->console },
		{ "-serial", "chardev:console" },
		{ "-chardev", texts->wire },
		{ "-device", "virtio-serial-pci" },
		{ "-device", "virtserialport,chardev=wire,name=" WIRE_PORT_NAME },
		{ "-device", "virtio-scsi-pci,id=scsi" },
		{ "-device", "virtio-rng-pci" },
		{ plan->sandbox ? "-sandbox" : NULL,
		  "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny" },
	};
	size_t count = 0;

	argv[count++] = plan->qemu;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!table[i].option)
			continue;
		argv[count++] = table[i].option;
		if (table[i].value)
			argv[count++] = table[i].value;
	}
	argv[count] = NULL;
	return count;
}

static void close_channels(struct channels *channels)
{
	for (int i = 0; i < CHANNELS; i++) {
		close_fdp(&channels->ours[i]);
		close_fdp(&channels->theirs[i]);
	}
}

/* One kind for all: a socket pair also does for output that only goes one way. */
static int open_channels(struct channels *channels)
{
	for (int i = 0; i < CHANNELS; i++)
		channels->ours[i] = channels->theirs[i] = -1;
	for (int i = 0; i < CHANNELS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			return -1;
		channels->ours[i] = pair[0];
		channels->theirs[i] = pair[1];
		if (fcntl(pair[0], F_SETFD, FD_CLOEXEC) < 0 ||
		    fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
			return -1;
	}
	return 0;
}

/* Nothing of ours may outlive us in QEMU: locks and files of whoever called. */
static void close_other_fds(const int keep[CHANNELS])
{
	for (int fd = STDERR_FILENO + 1; fd < HIGHEST_FD; fd++) {
		bool kept = false;

		for (int i = 0; i < CHANNELS; i++)
			kept = kept || keep[i] == fd;
		if (!kept)
			(void)close(fd); /* most are not open */
	}
}

static void tie_to_parent(pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXEC_FAILED); /* it died before the line above */
#else
	(void)parent;
#endif
}

static _Noreturn void become_qemu(const struct machine_plan *plan, const int fds[CHANNELS],
				  char *const argv[], pid_t parent)
{
	struct rlimit no_core = { 0, 0 };
	int null_fd;

	tie_to_parent(parent);
	(void)setsid();
	signals_reset();
	(void)setrlimit(RLIMIT_CORE, &no_core); /* an accelerator may abort: no litter */
	(void)setenv("LC_ALL", "C", 1);
	null_fd = open("/dev/null", O_RDONLY);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(fds[CHANNEL_COMPLAINT], STDOUT_FILENO) < 0 ||
	    dup2(fds[CHANNEL_COMPLAINT], STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	close_other_fds(fds);
	if (chdir(plan->folder) == 0)
		execv(plan->qemu, argv);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(EXEC_FAILED);
}

int machine_start(const struct machine_plan *plan, struct machine *ret_machine, struct fault *fault)
{
	struct channels channels;
	struct texts texts;
	const char *argv[ARGUMENTS_MAX];
	pid_t parent = getpid(), pid;

	*ret_machine = (struct machine){
		.wire_fd = -1, .qmp_fd = -1, .console_fd = -1, .complaint_fd = -1
	};
	if (open_channels(&channels) < 0) {
		fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a socket pair");
		close_channels(&channels);
		return -1;
	}
	write_texts(plan, channels.theirs, &texts);
	write_arguments(plan, &texts, argv);
	pid = fork();
	if (pid == 0)
		become_qemu(plan, channels.theirs, (char *const *)argv, parent);
	if (pid < 0) {
		fault_set_errno(fault, REASON_NO_MEMORY, errno, "cannot start a process");
		close_channels(&channels);
		return -1;
	}
	ret_machine->pid = pid;
	ret_machine->wire_fd = steal_fd(&channels.ours[CHANNEL_WIRE]);
	ret_machine->qmp_fd = steal_fd(&channels.ours[CHANNEL_QMP]);
	ret_machine->console_fd = steal_fd(&channels.ours[CHANNEL_CONSOLE]);
	ret_machine->complaint_fd = steal_fd(&channels.ours[CHANNEL_COMPLAINT]);
	close_channels(&channels);
	return 0;
}

void machine_reap(struct machine *machine)
{
	int status;

	if (machine->pid > 0 && waitpid(machine->pid, &status, WNOHANG) == machine->pid) {
		machine->pid = 0;
		machine->exited = true;
		machine->wait_status = status;
	}
}

void machine_stop(struct machine *machine)
{
	int64_t deadline_ms = clock_ms() + STOP_MS;

	if (machine->pid > 0) {
		/* Its session first: --qemu may be a script that runs the real one. */
		(void)kill(-machine->pid, SIGKILL);
		(void)kill(machine->pid, SIGKILL);
	}
	for (machine_reap(machine); machine->pid > 0 && clock_ms() < deadline_ms;
	     machine_reap(machine))
		poll(NULL, 0, 5);
	close_fdp(&machine->wire_fd);
	close_fdp(&machine->qmp_fd);
	close_fdp(&machine->console_fd);
	close_fdp(&machine->complaint_fd);
}
