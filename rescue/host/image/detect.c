/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detect.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES   512
#define SECTOR_BYTES 512

enum verdict { FOREIGN, PACKED };

/* A mark at a fixed offset, and what a file with it is. */
static const struct mark {
	uint64_t at; /* from the end of the file, in sectors: FROM_END | n */
	const char *bytes;
	size_t length;
	enum verdict verdict;
	const char *what, *remedy;
} marks[] = {
#define FROM_END (UINT64_C(1) << 63)
#define MARK(at, bytes, ...)                                                                       \
	{                                                                                          \
		at, bytes, sizeof(bytes) - 1, __VA_ARGS__                                          \
	}
	MARK(0, "KDMV", FOREIGN, "a VMDK image (VMware)", NULL),
	MARK(0, "COWD", FOREIGN, "a VMDK image (VMware)", NULL),
	MARK(0, "# Disk Descript", FOREIGN, "a VMDK image (VMware)", NULL),
	MARK(0, "vhdxfile", FOREIGN, "a VHDX image (Hyper-V)", NULL),
	MARK(0, "conectix", FOREIGN, "a VHD image (Virtual PC, Azure)", NULL),
	MARK(0, "QED\0", FOREIGN, "a QED image", NULL),
	MARK(0, "WithoutFreeSpac", FOREIGN, "a Parallels image", NULL),
	MARK(0, "WithouFreSpacExt", FOREIGN, "a Parallels image", NULL),
	MARK(0, "\x1f\x8b", PACKED, "gzip", "gunzip -k NAME"),
	MARK(0,
	     "\xfd"
	     "7zXZ\0",
	     PACKED, "xz", "unxz -k NAME"),
	MARK(0, "\x28\xb5\x2f\xfd", PACKED, "zstd", "unzstd NAME"),
	MARK(0, "PK\3\4", PACKED, "zip", "unzip NAME"),
	MARK(0, "\x04\x22\x4d\x18", PACKED, "lz4", "unlz4 NAME"),
	MARK(0, "7z\xbc\xaf\x27\x1c", PACKED, "7-Zip", "7z x NAME"),
	MARK(4, "1AY&SY", PACKED, "bzip2", "bunzip2 -k NAME"),
	MARK(0, "\x3a\xff\x26\xed", FOREIGN, "an Android sparse image",
	     "Convert it first: simg2img OLD NEW"),
	MARK(64, "\x7f\x10\xda\xbe", FOREIGN, "a VDI image (VirtualBox)", NULL),
	MARK(257, "ustar", PACKED, "tar", "tar -xf NAME (an .ova file is one)"),
	MARK(32769, "CD001", FOREIGN, "an ISO 9660 image (a CD or DVD)",
	     "Install from it, and grow the installed disk"),
	MARK(FROM_END | 1, "conectix", FOREIGN, "a VHD image of fixed size (Virtual PC, Azure)",
	     NULL),
	MARK(FROM_END | 1, "koly", FOREIGN, "a DMG image (macOS)", NULL),
};

static int read_at(const struct image *image, void *bytes, size_t size_bytes, uint64_t at,
		   size_t *ret_got, struct fault *fault)
{
	ssize_t got = pread(image->fd, bytes, size_bytes, (off_t)at);

	if (got < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be read",
				       image_at(image));
	*ret_got = (size_t)got;
	return 0;
}

static int refuse(const struct image *image, const struct mark *mark, struct fault *fault)
{
	if (mark->verdict == PACKED) {
		fault_set(fault, REASON_IMAGE_FORMAT,
			  "%.300s is compressed with %s: it is not a disk image yet", image->path,
			  mark->what);
		return fault_hint(fault, "Decompress it first: %s", mark->remedy);
	}
	fault_set(fault, REASON_IMAGE_FORMAT, "%.300s is %s, which grow-disk does not support",
		  image->path, mark->what);
	return fault_hint(fault, "%s",
			  mark->remedy
				  ? mark->remedy
				  : "Convert it first: qemu-img convert -O qcow2 OLD NEW.qcow2");
}

static int check_marks(const struct image *image, struct fault *fault)
{
	uint64_t bytes = image_file_bytes(image);

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		uint64_t at = marks[i].at;
		uint8_t found[16];
		size_t got = 0;

		if (at & FROM_END) {
			uint64_t back = (at & ~FROM_END) * SECTOR_BYTES;

			if (bytes < back)
				continue;
			at = bytes - back;
		}
		if (read_at(image, found, marks[i].length, at, &got, fault) < 0)
			return -1;
		if (got == marks[i].length && memcmp(found, marks[i].bytes, got) == 0)
			return refuse(image, &marks[i], fault);
	}
	return 0;
}

/* A raw disk belongs to its guest, who can write what looks like a qcow2 header over its
 * boot code. Then it is not for us to choose. */
static int check_both(const struct image *image, const uint8_t head[HEAD_BYTES], size_t got,
		      struct fault *fault)
{
	if (got < HEAD_BYTES || head[510] != 0x55 || head[511] != 0xaa)
		return 0;
	fault_set(
		fault, REASON_IMAGE_FORMAT,
		"%.300s begins like a qcow2 image, but also has the signature of a partition table",
		image->path);
	return fault_hint(fault, "Name its format: --format=raw or --format=qcow2");
}

static int detect_format(struct image *image, struct fault *fault)
{
	uint8_t head[HEAD_BYTES];
	size_t got = 0;

	if (read_at(image, head, sizeof(head), 0, &got, fault) < 0)
		return -1;
	image->format = IMAGE_RAW;
	if (!qcow2_has_magic(head, got))
		return check_marks(image, fault);
	if (image->is_device) {
		fault_set(fault, REASON_IMAGE_FORMAT,
			  "On %.300s is a qcow2 image, which grow-disk does not support on a block "
			  "device",
			  image->path);
		return fault_hint(fault, "Grow it in a file");
	}
	image->format = IMAGE_QCOW2;
	if (got >= 8 && (head[4] || head[5] || head[6] || (head[7] != 2 && head[7] != 3))) {
		fault_set(fault, REASON_IMAGE_FORMAT,
			  "%.300s is a qcow image of an unsupported version: grow-disk supports "
			  "versions 2 and 3",
			  image->path);
		return fault_hint(fault,
				  "Convert it first: qemu-img convert -O qcow2 OLD NEW.qcow2");
	}
	return check_both(image, head, got, fault);
}

int image_read_qcow2(struct image *image, struct fault *fault)
{
	uint8_t head[QCOW2_HEADER_BYTES];
	size_t got = 0;

	if (read_at(image, head, sizeof(head), 0, &got, fault) < 0)
		return -1;
	if (qcow2_parse(head, got, &image->qcow2) == 0)
		return 0;
	fault_set(fault, REASON_IMAGE_FORMAT, "%.300s is not a qcow2 image", image->path);
	return fault_hint(fault, "Omit --format, or use --format=raw");
}

static int refuse_backing(const struct image *image, struct fault *fault)
{
	char name[QCOW2_BACKING_MAX + 1], safe[200];
	size_t got = 0;

	if (read_at(image, name, image->qcow2.backing_bytes, image->qcow2.backing_at, &got, fault) <
	    0)
		return -1;
	text_make_safe(safe, sizeof(safe), name, got);
	fault_set(fault, REASON_IMAGE_BACKING_FILE,
		  "%.200s is an overlay: part of its data is in %s", image->path, safe);
	return fault_hint(fault, "If you trust that file, use --allow-backing: it is only read");
}

int image_check_others(const struct image *image, struct image_accepts accepts, struct fault *fault)
{
	const struct qcow2_header *header = &image->qcow2;

	if (image->format != IMAGE_QCOW2)
		return 0;
	if (header->backing_at != 0 && header->backing_bytes > QCOW2_BACKING_MAX)
		return fault_set(fault, REASON_IMAGE_CORRUPT,
				 "The qcow2 header of %.300s is invalid: the name of its backing "
				 "file has %u bytes",
				 image->path, header->backing_bytes);
	if (accepts.others)
		return 0;
	if (header->incompatible & QCOW2_DATA_FILE) {
		fault_set(fault, REASON_IMAGE_DATA_FILE, "%.300s keeps its data in another file",
			  image->path);
		return fault_hint(fault,
				  "If that file may be changed as well, use --allow-backing");
	}
	return header->backing_at != 0 ? refuse_backing(image, fault) : 0;
}

bool image_has_others(const struct image *image)
{
	return image->format == IMAGE_QCOW2 &&
	       (image->qcow2.backing_at != 0 || (image->qcow2.incompatible & QCOW2_DATA_FILE) != 0);
}

int image_detect(struct image *image, enum image_format_wish wish, struct image_accepts accepts,
		 struct fault *fault)
{
	if (wish == FORMAT_ANY && detect_format(image, fault) < 0)
		return -1;
	if (wish != FORMAT_ANY)
		image->format = wish == FORMAT_QCOW2 ? IMAGE_QCOW2 : IMAGE_RAW;
	if (image->format == IMAGE_RAW) {
		/* QEMU completes the last sector. */
		image->size_bytes =
			(image_file_bytes(image) + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
		return 0;
	}
	if (image_read_qcow2(image, fault) < 0 ||
	    qcow2_check(&image->qcow2, image_file_bytes(image), image->path, fault) < 0)
		return -1;
	image->size_bytes = image->qcow2.size_bytes;
	return image_check_others(image, accepts, fault);
}
