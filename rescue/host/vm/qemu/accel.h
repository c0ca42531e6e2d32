/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accelerators: what can be tried on this host, and what worked the last time.
 *
 * That /dev/kvm opens does not tell that it works (QEMU may abort, or the guest
 * may hang), so the answer comes from trying, and is remembered in
 * ${XDG_CACHE_HOME:-$HOME/.cache}/grow-disk/accel.
 */
#ifndef VM_QEMU_ACCEL_H
#define VM_QEMU_ACCEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ACCEL_NATIVE is no machine, but a sealed process of the host. */
enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_HVF, ACCEL_TCG, ACCEL_NATIVE };

struct accel_candidates {
	enum accel list[3]; /* in the order to try */
	size_t count;
};

/* "auto", QEMU's words "kvm", "hvf", "tcg", and "native"; ended by NULL. */
extern const char *const accel_words[];
const char *accel_word(enum accel accel);

/* What to try for this wish. Under auto, an accelerator whose device cannot be
 * opened is left out, and so is what did not work the last time. may_be_native: the work may be
 * done by a sealed process; else a wish for that is auto. An empty qemu_path: there is only that.
 */
void accel_candidates(enum accel wish, const char *qemu_path, bool may_be_native,
		      struct accel_candidates *ret);

/* Try the sealed process before everything else, if it is among them. */
void accel_prefer_native(struct accel_candidates *candidates);

/* Remember that under auto this one said hello. One that was taken because a
 * better one only was too slow (the host may have been busy) is remembered for
 * a day, any other answer for a week. Fails silently: nothing depends on it. */
void accel_remember(const char *qemu_path, enum accel accel, bool was_too_slow);

/* Everything the answer depends on: QEMU's program, the kernel, the device.
 * NULL when out of memory or QEMU's path is not UTF-8. Owned by the caller. */
json_t *accel_key(const char *qemu_path, const char *device_path);

/* The remembered answer for this key, or ACCEL_AUTO when the text is no valid
 * answer, was given for another key, or is too old (or from the future). */
enum accel accel_recall(const char *text, size_t size_bytes, const json_t *key, int64_t now_unix_s);

#endif
