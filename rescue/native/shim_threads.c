/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads of a tool: a sealed process cannot have any. xfs_repair puts its work into queues,
 * starts threads that take from them, and waits for the end of each (libfrog/workqueue.c). So what
 * a thread has to do is done when somebody waits for its end: by then all the work is there. */
#define _LGPL_SOURCE /* the variables of liburcu, which its users read themselves */
#include "shim_calls.h"

#include <stdlib.h>
#include <urcu/urcu-memb.h>

struct thread {
	void *(*run)(void *argument);
	void *argument;
};

int shim_thread_create(pthread_t *ret_thread, const pthread_attr_t *attributes,
		       void *(*run)(void *argument), void *argument)
{
	struct thread *thread = shim_malloc(sizeof(*thread));

	(void)attributes;
	*thread = (struct thread){ run, argument };
	*ret_thread = (pthread_t)thread;
	return 0;
}

int shim_thread_join(pthread_t number, void **ret_result)
{
	struct thread *thread = (struct thread *)number;
	void *result = thread->run(thread->argument);

	free(thread);
	if (ret_result)
		*ret_result = result;
	return 0;
}

/* It would wait for another thread, so for ever. */
int shim_thread_wait(void)
{
	abort();
}

/* What xfs_repair needs of liburcu, in the place of the library: nobody reads at the same time, so
 * what is to be done after all readers have ended is done at once. */
struct urcu_gp urcu_memb_gp = { .ctr = URCU_GP_COUNT };
DEFINE_URCU_TLS(struct urcu_reader, urcu_memb_reader);
int urcu_memb_has_sys_membarrier;

void urcu_memb_init(void)
{
}

void urcu_memb_register_thread(void)
{
}

void urcu_memb_unregister_thread(void)
{
}

void urcu_memb_call_rcu(struct rcu_head *head, void (*run)(struct rcu_head *head))
{
	run(head);
}

/* Wakes those who wait for readers. */
int compat_futex_async(int32_t *word, int operation, int32_t value, const struct timespec *timeout,
		       int32_t *word2, int32_t value2)
{
	(void)word, (void)operation, (void)value, (void)timeout, (void)word2, (void)value2;
	return 0;
}
