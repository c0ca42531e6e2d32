/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flags of an export that matter here. */
#ifndef NATIVE_NBD_FLAGS_H
#define NATIVE_NBD_FLAGS_H

#define NBD_HAS_FLAGS	 (1 << 0)
#define NBD_IS_READ_ONLY (1 << 1)
#define NBD_CAN_FLUSH	 (1 << 2)
#define NBD_CAN_ZERO	 (1 << 6)

#endif
