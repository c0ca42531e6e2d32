/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "channels.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <sys/socket.h>

void channels_close(int *ours, int *theirs, int count)
{
	for (int i = 0; i < count; i++) {
		close_fdp(&ours[i]);
		close_fdp(&theirs[i]);
	}
}

static int open_pair(int *ret_ours, int *ret_theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	*ret_ours = pair[0];
	*ret_theirs = pair[1];
	return fcntl(pair[0], F_SETFD, FD_CLOEXEC) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0
		       ? -1
		       : 0;
}

int channels_open(int *ours, int *theirs, int count)
{
	for (int i = 0; i < count; i++)
		ours[i] = theirs[i] = -1;
	for (int i = 0; i < count; i++)
		if (open_pair(&ours[i], &theirs[i]) < 0) {
			channels_close(ours, theirs, count);
			return -1;
		}
	return 0;
}
