/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtio-serial ports to the host. */
#ifndef BOOT_PORT_H
#define BOOT_PORT_H

#include "base/fault.h"

/* Find the port by the name that the host gave it (WIRE_PORT_NAME), waiting
 * for its driver, and open it. The descriptor, or -1 with the fault. Source:
 * /sys/class/virtio-ports/vportNpM/name. */
int port_open(const char *name, int timeout_ms, struct fault *fault);

#endif
