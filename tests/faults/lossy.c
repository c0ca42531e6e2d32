/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lossy: mount a folder over itself, write down every change made in it, let operations fail.
 *
 *	lossy [-t TRACE] [-f CLASSES -n N -e ERRNO] FOLDER
 *
 * Runs until the folder is unmounted (fusermount3 -u, umount) or a signal comes. All goes through
 * to the folder beneath, at once; nothing is flushed there. What a power cut would have left of it,
 * `powercut` computes afterwards from the trace and a copy of the folder from before: the trace has
 * each change in its order, with its data, and each flush.
 *
 * CLASSES are letters: r read, w write, a allocate, t truncate, f flush, c create, n rename,
 * u unlink, m attributes. The operations of these classes are counted; the N-th (from 1) and all
 * later ones fail with ERRNO (28 ENOSPC, 5 EIO). How many there were is told at the end, on
 * standard output.
 */
#include "lossy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *fail_classes = "";
static long fail_from, fail_errno = EIO, counted;

int due(char class)
{
	if (!strchr(fail_classes, class))
		return 0;
	counted++;
	return fail_from > 0 && counted >= fail_from ? -(int)fail_errno : 0;
}

const char *beneath(const char *path)
{
	return path[1] ? path + 1 : ".";
}

int result(int value)
{
	return value < 0 ? -errno : value;
}

int changed(struct record record, const char *path, const struct fuse_file_info *info,
	    const void *data)
{
	struct stat status;

	if ((info ? fstat((int)info->fh, &status) : lstat(beneath(path), &status)) < 0)
		return -errno;
	trace_note(record, &status, NULL, NULL, data);
	return 0;
}

int named(char kind, const char *path, const char *to, const char *there)
{
	struct stat status;

	if (lstat(beneath(there), &status) < 0)
		return -errno;
	trace_note(RECORD(kind), &status, beneath(path), to ? beneath(to) : NULL, NULL);
	return 0;
}

/* The same inode numbers as beneath; what is removed is removed, open or not. */
static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	config->use_ino = 1;
	config->hard_remove = 1;
	config->nullpath_ok = 1;
	config->attr_timeout = config->entry_timeout = 0;
	return NULL;
}

/* Locks are the kernel's: it keeps them itself for whom has no lock and no flock. */
#define OPERATION(name) .name = do_##name

static const struct fuse_operations operations = {
	OPERATION(init),	OPERATION(getattr),  OPERATION(access),	    OPERATION(readlink),
	OPERATION(readdir),	OPERATION(statfs),   OPERATION(open),	    OPERATION(create),
	OPERATION(release),	OPERATION(read),     OPERATION(write),	    OPERATION(truncate),
	OPERATION(fallocate),	OPERATION(lseek),    OPERATION(fsync),	    OPERATION(fsyncdir),
	OPERATION(mkdir),	OPERATION(symlink),  OPERATION(link),	    OPERATION(rename),
	OPERATION(unlink),	OPERATION(rmdir),    OPERATION(chmod),	    OPERATION(chown),
	OPERATION(utimens),	OPERATION(setxattr), OPERATION(getxattr),   OPERATION(listxattr),
	OPERATION(removexattr), OPERATION(opendir),  OPERATION(releasedir),
};

/* Mounts, serves until the end, unmounts. */
static int serve(const char *program, const char *folder)
{
	char *names[] = { (char *)program, "-o", "default_permissions,fsname=lossy", NULL };
	struct fuse_args arguments = FUSE_ARGS_INIT(3, names);
	struct fuse *fuse = fuse_new(&arguments, &operations, sizeof(operations), NULL);
	int failed = 1;

	if (fuse && fuse_mount(fuse, folder) == 0) {
		failed =
			fuse_set_signal_handlers(fuse_get_session(fuse)) < 0 || fuse_loop(fuse) < 0;
		fuse_remove_signal_handlers(fuse_get_session(fuse));
		fuse_unmount(fuse);
	}
	if (fuse)
		fuse_destroy(fuse);
	fuse_opt_free_args(&arguments);
	return failed;
}

int main(int argc, char **argv)
{
	char *folder;
	int option, failed;

	while ((option = getopt(argc, argv, "t:f:n:e:")) != -1) {
		if (option == 't' && trace_open(optarg) < 0) {
			perror(optarg);
			return 2;
		}
		if (option == 'f')
			fail_classes = optarg;
		if (option == 'n')
			fail_from = atol(optarg);
		if (option == 'e')
			fail_errno = atol(optarg);
		if (option == '?')
			return 2;
	}
	folder = optind < argc ? realpath(argv[optind], NULL) : NULL;
	if (!folder || chdir(folder) < 0) {
		fputs("usage: lossy [-t TRACE] [-f CLASSES -n N -e ERRNO] FOLDER\n", stderr);
		return 2;
	}
	umask(0); /* the caller's has been applied by the kernel */
	failed = serve(argv[0], folder);
	free(folder);
	if (trace_close() != 0)
		failed = 1;
	printf("%ld\n", counted);
	return failed;
}
