/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a filter of system calls (seccomp(2), linux/filter.h). A filter begins with
 * FILTER_LOAD(FILTER_NUMBER), and ends with FILTER_ALLOW or FILTER_DENY. */
#ifndef CONFINE_FILTER_H
#define CONFINE_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define FILTER_COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What can be loaded: the number of the call, and the low half of an argument. */
#define FILTER_NUMBER offsetof(struct seccomp_data, nr)
#define FILTER_ARGUMENT(n)                                                                         \
	(offsetof(struct seccomp_data, args[n]) +                                                  \
	 (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof(__u32) : 0))

#define FILTER_LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
/* Skip so many statements unless what is loaded is that value, or has one of these bits. */
#define FILTER_UNLESS(value, skip)    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define FILTER_UNLESS_HAS(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, skip)
/* Keep only these bits of what is loaded. */
#define FILTER_MASK(bits)  BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)
#define FILTER_DENY(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define FILTER_ALLOW	   BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

#endif
