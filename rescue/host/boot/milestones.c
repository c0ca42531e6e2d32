/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milestones.h"

#include <ctype.h>
#include <string.h>

#define ESCAPE 0x1b
#define BELL   0x07

/* How a text has to stand in its line. Only what waits for keys counts in a line that has not
 * ended. */
enum where { ANYWHERE, AT_BEGIN, AT_END, WAITS, WAITS_AT_BEGIN };

/* SeaBIOS, EDK2, GRUB, syslinux, systemd-boot's stub; Linux and the BSDs; Linux's file systems and
 * its first process, systemd, procd, sysvinit; getty, OpenWrt's askfirst; cloud-init. */
static const struct {
	enum milestone milestone;
	enum where where;
	const char *text;
} marks[] = {
	{ MILESTONE_LOADER, WAITS, "Booting from Hard Disk" },
	{ MILESTONE_LOADER, ANYWHERE, "BdsDxe: starting Boot" },
	{ MILESTONE_LOADER, ANYWHERE, "Booting from ROM" },
	{ MILESTONE_LOADER, ANYWHERE, "GNU GRUB" },
	{ MILESTONE_LOADER, ANYWHERE, "GRUB loading" },
	{ MILESTONE_LOADER, ANYWHERE, "Welcome to GRUB" },
	{ MILESTONE_LOADER, AT_BEGIN, "SYSLINUX " },
	{ MILESTONE_LOADER, AT_BEGIN, "EXTLINUX " },
	{ MILESTONE_LOADER, AT_BEGIN, "EFI stub:" },
	{ MILESTONE_KERNEL, ANYWHERE, "Linux version " },
	{ MILESTONE_KERNEL, AT_BEGIN, "FreeBSD is a registered trademark" },
	{ MILESTONE_KERNEL, AT_BEGIN, "NetBSD " },
	{ MILESTONE_KERNEL, AT_BEGIN, "OpenBSD " },
	{ MILESTONE_ROOT, ANYWHERE, "VFS: Mounted root" },
	{ MILESTONE_ROOT, ANYWHERE, "): mounted filesystem" },
	{ MILESTONE_ROOT, ANYWHERE, "): re-mounted" },
	{ MILESTONE_ROOT, ANYWHERE, "): Ending clean mount" },
	{ MILESTONE_ROOT, ANYWHERE, "): Ending recovery" },
	{ MILESTONE_ROOT, ANYWHERE, "Run /sbin/init as init process" },
	{ MILESTONE_ROOT, AT_BEGIN, "INIT: version" },
	{ MILESTONE_ROOT, ANYWHERE, "procd: - early -" },
	{ MILESTONE_ROOT, AT_BEGIN, "Trying to mount root from" },
	{ MILESTONE_LOGIN, WAITS, "Please press Enter to activate this console" },
};

static const struct {
	enum where where;
	const char *text, *sentence;
} bad_signs[] = {
	{ ANYWHERE, "You are in emergency mode", "it is in emergency mode" },
	{ ANYWHERE, "Welcome to emergency mode", "it is in emergency mode" },
	{ WAITS, "Give root password for maintenance", "it asks for maintenance" },
	{ WAITS, "Press Enter for maintenance", "it asks for maintenance" },
	{ ANYWHERE, "Entering emergency mode", "it is in emergency mode" },
	{ ANYWHERE, "Dependency failed for Local File Systems", "a file system is missing" },
	{ ANYWHERE, "Kernel panic - not syncing", "its kernel panics" },
	{ ANYWHERE, "No bootable device", "the firmware finds nothing to boot" },
	{ ANYWHERE, "No bootable option or device was found",
	  "the firmware finds nothing to boot" },
	{ ANYWHERE, "UEFI Interactive Shell", "the firmware finds nothing to boot" },
	{ WAITS_AT_BEGIN, "grub rescue>", "GRUB does not find its files" },
	{ ANYWHERE, "Minimal BASH-like line editing", "GRUB does not find its configuration" },
	{ ANYWHERE, "Dropping to a shell!", "the initramfs does not find the root" },
	{ WAITS_AT_BEGIN, "(initramfs)", "the initramfs does not find the root" },
	{ ANYWHERE, "Cannot open root device", "the kernel does not find the root" },
};

static const struct {
	const char *word, *name;
} words[] = {
	[MILESTONE_NONE] = { "none", "nothing" },
	[MILESTONE_LOADER] = { "loader", "a boot loader" },
	[MILESTONE_SCREEN] = { "screen", "a screen that does not change" },
	[MILESTONE_KERNEL] = { "kernel", "a kernel" },
	[MILESTONE_ROOT] = { "root", "a mounted root" },
	[MILESTONE_LOGIN] = { "login", "a login prompt" },
	[MILESTONE_CLOUD_INIT] = { "cloud-init", "the end of cloud-init" },
	[MILESTONE_EXPECTED] = { "expected", "what is expected" },
};

const char *milestone_word(enum milestone milestone)
{
	return words[milestone].word;
}

const char *milestone_name(enum milestone milestone)
{
	return words[milestone].name;
}

static bool stands(const char *line, bool ended, enum where where, const char *text)
{
	size_t length = strlen(text), line_length = strlen(line);

	if (!ended && (where == ANYWHERE || where == AT_BEGIN))
		return false;
	switch (where) {
	case AT_BEGIN:
	case WAITS_AT_BEGIN:
		return strncmp(line, text, length) == 0;
	case AT_END:
		while (line_length > 0 && line[line_length - 1] == ' ')
			line_length--;
		return line_length >= length &&
		       strncmp(line + line_length - length, text, length) == 0;
	default:
		return strstr(line, text) != NULL;
	}
}

/* "[    0.123456] " in front of what the kernel says. */
static bool is_of_kernel(const char *line)
{
	const char *at = line;
	int digits = 0;

	if (*at++ != '[')
		return false;
	at += strspn(at, " ");
	if (!isdigit((unsigned char)*at))
		return false;
	at += strspn(at, "0123456789");
	if (*at++ != '.')
		return false;
	while (isdigit((unsigned char)at[digits]))
		digits++;
	return digits == 6 && at[digits] == ']';
}

/* systemd of the system, not that of an initramfs; and no boot loader. */
static bool is_welcome(const char *line)
{
	return stands(line, true, AT_BEGIN, "Welcome to ") && !strstr(line, "nitramfs") &&
	       !strstr(line, "GRUB");
}

/* "box login: ", not "Last login: " with more to come. */
static bool is_login(const char *line)
{
	return stands(line, false, AT_END, " login:") && !stands(line, true, AT_BEGIN, "Last ");
}

void milestones_reach(struct milestones *milestones, enum milestone milestone)
{
	if (milestones->reached < milestone)
		milestones->reached = milestone;
}

static void judge_ended(struct milestones *milestones, const char *line)
{
	if (is_of_kernel(line))
		milestones_reach(milestones, MILESTONE_KERNEL);
	if (is_welcome(line))
		milestones_reach(milestones, MILESTONE_ROOT);
	host_keys_take(&milestones->host_keys, line);
	if (!strstr(line, "Cloud-init v."))
		return;
	milestones->has_cloud_init = true;
	if (strstr(line, " finished at "))
		milestones_reach(milestones, MILESTONE_CLOUD_INIT);
}

static void judge(struct milestones *milestones, const char *line, bool ended)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (stands(line, ended, marks[i].where, marks[i].text))
			milestones_reach(milestones, marks[i].milestone);
	for (size_t i = 0; !milestones->bad && i < sizeof(bad_signs) / sizeof(bad_signs[0]); i++)
		if (stands(line, ended, bad_signs[i].where, bad_signs[i].text))
			milestones->bad = bad_signs[i].sentence;
	if (is_login(line))
		milestones_reach(milestones, MILESTONE_LOGIN);
	if (ended)
		judge_ended(milestones, line);
	if (milestones->expect && regexec(milestones->expect, line, 0, NULL, 0) == 0)
		milestones_reach(milestones, MILESTONE_EXPECTED);
}

static void end_line(struct milestones *milestones, struct milestones_line *line)
{
	if (line->bytes == 0)
		return;
	line->text[line->bytes] = '\0';
	judge(milestones, line->text, true);
	strcpy(milestones->last[milestones->next], line->text);
	milestones->next = (milestones->next + 1) % MILESTONES_LAST;
	milestones->lines++;
	line->bytes = 0;
}

/* Return whether the byte belongs to a sequence that steers a terminal. One that moves the cursor
 * to another place ends the line: a boot menu is no text. */
static bool is_escape(struct milestones *milestones, struct milestones_line *line,
		      unsigned char byte)
{
	switch (line->escape) {
	case ESCAPE_NONE:
		if (byte != ESCAPE)
			return false;
		line->escape = ESCAPE_BEGUN;
		return true;
	case ESCAPE_BEGUN:
		line->escape = byte == '[' ? ESCAPE_CSI : byte == ']' ? ESCAPE_STRING : ESCAPE_NONE;
		return true;
	case ESCAPE_CSI:
		if (byte < 0x40 || byte > 0x7e)
			return true;
		line->escape = ESCAPE_NONE;
		if (byte == 'H' || byte == 'f' || byte == 'J')
			end_line(milestones, line);
		return true;
	default: /* until a bell, or the ESC of its other end */
		if (byte == BELL || byte == ESCAPE)
			line->escape = byte == ESCAPE ? ESCAPE_BEGUN : ESCAPE_NONE;
		return true;
	}
}

static void add(const struct milestones *milestones, struct milestones_line *line, char byte)
{
	if (line->bytes == 0)
		line->begun_at = milestones->lines;
	line->text[line->bytes++] = byte;
}

void milestones_feed(struct milestones *milestones, enum milestones_source source, const char *data,
		     size_t size_bytes)
{
	struct milestones_line *line = &milestones->lines_of[source];

	for (size_t i = 0; i < size_bytes; i++) {
		unsigned char byte = (unsigned char)data[i];

		if (is_escape(milestones, line, byte))
			continue;
		if (byte == '\n' || byte == '\r')
			end_line(milestones, line);
		else if (byte != '\0' && line->bytes < MILESTONES_LINE_BYTES - 1)
			add(milestones, line, data[i]);
	}
	line->text[line->bytes] = '\0';
	if (line->bytes > 0)
		judge(milestones, line->text, false);
}

void milestones_end(struct milestones *milestones)
{
	for (int source = 0; source < SOURCES; source++)
		end_line(milestones, &milestones->lines_of[source]);
}
