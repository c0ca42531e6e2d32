/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A physical volume of LVM2, and one logical volume of its group. */
#ifndef LAYERS_LVM_H
#define LAYERS_LVM_H

#include "layer.h"

extern const struct layer_ops lvm_ops;

#endif
