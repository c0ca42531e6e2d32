/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LUKS, version 1 and 2: dm-crypt with a header in front. */
#ifndef LAYERS_LUKS_H
#define LAYERS_LUKS_H

#include "layer.h"

extern const struct layer_ops luks_ops;

#endif
