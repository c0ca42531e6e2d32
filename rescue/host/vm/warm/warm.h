/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The warm start: a machine that was booted without a disk up to its hello, saved,
 * and gone on with in each later run (docs/decisions/9-warm-start.md).
 *
 * Nothing here makes a run fail: what cannot be used is passed over, and the
 * machine boots. */
#ifndef VM_WARM_WARM_H
#define VM_WARM_WARM_H

#include "host/vm/talk/session.h"
#include "warm_file.h"
#include "warm_key.h"
#include "warm_store.h"

enum warm_mode {
	WARM_OFF,
	WARM_SAVE,   /* none is there: save this one at its hello */
	WARM_RESTORE /* one is there: go on with it */
};

/* warm_close must follow warm_open. */
struct warm {
	enum warm_mode mode;
	struct warm_store store;
	char *key; /* owned */
	char name[WARM_NAME_BYTES];
	int saved_fd; /* WARM_RESTORE: at the beginning of the stream; owned; or -1 */
	struct warm_header header;
	char hello[WARM_HELLO_MAX_BYTES + 1];
};

struct warm_wish {
	bool enabled;
	bool may_restore; /* false after one that did not come up */
};

/* Find the saved machine for this plan, or prepare to save one. With WARM_OFF the fault
 * says why neither is possible. */
void warm_open(struct warm *warm, const struct machine_plan *plan, const char *build_id,
	       struct warm_wish wish, struct fault *fault);
void warm_close(struct warm *warm);

/* WARM_RESTORE: the machine is started; wait until it is as it was when it was
 * saved, and let it run. -1: the session is of no use any more. */
int warm_restore(struct warm *warm, struct session *session, struct fault *fault);

/* WARM_SAVE: the guest has just said hello; save it, and let it run on. 0 saved,
 * 1 not saved, for the fault's reason, but the machine runs; -1: the session is of
 * no use any more. */
int warm_save(struct warm *warm, struct session *session, unsigned memory_mib, struct fault *fault);

/* A machine that was restored failed: it shall not be used again. */
void warm_discard(const struct warm *warm);

#endif
