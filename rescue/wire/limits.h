/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both ends of the virtio-serial port agree on. docs/protocol.md is the
 * same in prose. */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

#define WIRE_PROTOCOL  1
#define WIRE_PORT_NAME "org.grow-disk.wire"

/* Only in a machine that runs a command: its three standard streams. */
#define WIRE_INPUT_NAME	 "org.grow-disk.input"
#define WIRE_OUTPUT_NAME "org.grow-disk.output"
#define WIRE_ERROR_NAME	 "org.grow-disk.error"

/* The serial number of the tools disk, by which the guest knows it. Never that of another
 * disk: what QEMU gives as a serial number is the host's choice alone. */
#define WIRE_TOOLS_SERIAL "grow-disk-tools"

/* The same of the disk with the key of an encrypted layer. */
#define WIRE_KEY_SERIAL "grow-disk-key"

/* The build id of the sealed process, which has no initramfs. */
#define WIRE_NATIVE_BUILD_ID "native-" GROW_DISK_VERSION

/* With the socket of its disk comes one byte, which tells the size of a logical sector. */
#define WIRE_DISK_512  '5'
#define WIRE_DISK_4096 '4'

#define WIRE_LINE_MAX_BYTES   4096
#define WIRE_STREAM_MAX_BYTES (16 * 1024 * 1024)
#define WIRE_TEXT_MAX_BYTES   512

#define WIRE_BEAT_MS  1000  /* the agent beats at least this often */
#define WIRE_STALL_MS 30000 /* the host gives up after this silence */

#endif
