/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue/host/boot/milestones.c: how far a system has come, by what its console says. */
#include "host/boot/milestones.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct milestones after(const char *text)
{
	struct milestones milestones = { 0 };

	milestones_feed(&milestones, SOURCE_CONSOLE, text, strlen(text));
	return milestones;
}

/* However the bytes are cut. */
static void expect(const char *text, enum milestone reached, const char *bad)
{
	struct milestones whole = after(text), pieces = { 0 };

	for (const char *at = text; *at; at++)
		milestones_feed(&pieces, SOURCE_CONSOLE, at, 1);
	if (whole.reached != reached || pieces.reached != reached)
		fail_msg("%s: %s, in pieces %s", text, milestone_word(whole.reached),
			 milestone_word(pieces.reached));
	if (bad)
		assert_string_equal(whole.bad, bad);
	else
		assert_null(whole.bad);
}

static void each_line_has_its_milestone(void **state)
{
	static const struct {
		const char *text;
		enum milestone reached;
	} cases[] = {
		{ "", MILESTONE_NONE },
		{ "SeaBIOS (version 1.16.2)\r\n", MILESTONE_NONE },
		{ "Booting from Hard Disk...\r\n", MILESTONE_LOADER },
		{ "Welcome to GRUB!\r\n", MILESTONE_LOADER },
		{ "BdsDxe: starting Boot0001 \"UEFI Misc Device\" from Pci\r\n", MILESTONE_LOADER },
		{ "[    0.000000] Command line: quiet\n", MILESTONE_KERNEL },
		{ "[12345.678901] random: crng init done\n", MILESTONE_KERNEL },
		{ "[2026-11-29] an entry of a diary\n", MILESTONE_NONE },
		{ "[  OK  ] Started something.\n", MILESTONE_NONE },
		{ "Linux version 6.1.0-13-cloud-amd64\n", MILESTONE_KERNEL },
		{ "[    1.0] too few digits\n", MILESTONE_NONE },
		{ "Linux version 6.1 that is not all of it yet", MILESTONE_NONE },
		{ "[    1.123456] EXT4-fs (vda1): mounted filesystem with ordered data mode\n",
		  MILESTONE_ROOT },
		{ "Welcome to \x1b[1mDebian GNU/Linux 12 (bookworm)\x1b[0m!\r\n", MILESTONE_ROOT },
		{ "Welcome to Fedora Linux 40 dracut-059 (Initramfs)!\n", MILESTONE_NONE },
		{ "debian login: ", MILESTONE_LOGIN },
		{ "Debian GNU/Linux 12 debian ttyS0\r\n\r\ndebian login: ", MILESTONE_LOGIN },
		{ "Last login: Mon Jan 1 from here\n", MILESTONE_NONE },
		{ "Please press Enter to activate this console.\n", MILESTONE_LOGIN },
		{ "[   30.1] cloud-init[500]: Cloud-init v. 22.4.2 running 'init' at now\n",
		  MILESTONE_NONE },
		{ "[   31.000001] cloud-init[500]: Cloud-init v. 22.4.2 finished at Sat, 01 Jan\n",
		  MILESTONE_CLOUD_INIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].text, cases[i].reached, NULL);
}

static void bad_signs_are_seen(void **state)
{
	static const struct {
		const char *text, *bad;
		enum milestone reached;
	} cases[] = {
		{ "You are in emergency mode. After logging in, ...\n", "it is in emergency mode",
		  MILESTONE_NONE },
		{ "[    1.234567] Kernel panic - not syncing: VFS: Unable to mount root fs\n",
		  "its kernel panics", MILESTONE_KERNEL },
		{ "No bootable device.\n", "the firmware finds nothing to boot", MILESTONE_NONE },
		{ "error: no such device.\ngrub rescue> ", "GRUB does not find its files",
		  MILESTONE_NONE },
		{ "ALERT!  UUID=1 does not exist.  Dropping to a shell!\n",
		  "the initramfs does not find the root", MILESTONE_NONE },
		{ "(initramfs) ", "the initramfs does not find the root", MILESTONE_NONE },
		{ "[\x1b[0;1;38;5;185mDEPEND\x1b[0m] Dependency failed for "
		  "\x1b[0;1;39mLocal File Systems\x1b[0m.\r\n",
		  "a file system is missing", MILESTONE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].text, cases[i].reached, cases[i].bad);
}

static void the_strongest_stays(void **state)
{
	struct milestones milestones = after("debian login: \n[    9.000000] late\n");

	(void)state;
	assert_int_equal(milestones.reached, MILESTONE_LOGIN);
	assert_false(milestones.has_cloud_init);
	milestones = after("Cloud-init v. 22 running 'init'\ndebian login: ");
	assert_true(milestones.has_cloud_init);
	assert_int_equal(milestones.reached, MILESTONE_LOGIN);
}

static void the_screen_does_not_break_lines_of_the_console(void **state)
{
	struct milestones milestones = { 0 };

	(void)state;
	milestones_feed(&milestones, SOURCE_CONSOLE, "Linux ver", 9);
	milestones_feed(&milestones, SOURCE_SCREEN, ".\r\ngrub re", 10);
	milestones_feed(&milestones, SOURCE_CONSOLE, "sion 6.1\n", 9);
	assert_int_equal(milestones.reached, MILESTONE_KERNEL);
	assert_null(milestones.bad);
	milestones_feed(&milestones, SOURCE_SCREEN, "scue> ", 6);
	assert_string_equal(milestones.bad, "GRUB does not find its files");
}

static void what_is_expected_is_found(void **state)
{
	regex_t expect;
	struct milestones milestones = { .expect = &expect };

	(void)state;
	assert_int_equal(regcomp(&expect, "^all is (said|done)$", REG_EXTENDED | REG_NOSUB), 0);
	milestones_feed(&milestones, SOURCE_CONSOLE, "not all is said\r\n", 17);
	assert_int_equal(milestones.reached, MILESTONE_NONE);
	milestones_feed(&milestones, SOURCE_CONSOLE, "all is done\r\n", 13);
	assert_int_equal(milestones.reached, MILESTONE_EXPECTED);
	regfree(&expect);
}

static void an_unended_line_counts_at_the_end(void **state)
{
	struct milestones milestones = after("Linux version 6.1");

	(void)state;
	assert_int_equal(milestones.reached, MILESTONE_NONE);
	milestones_end(&milestones);
	assert_int_equal(milestones.reached, MILESTONE_KERNEL);
}

static void the_last_lines_are_kept(void **state)
{
	const char *lines[MILESTONES_LAST + SOURCES];
	struct milestones milestones = { 0 };
	char longer[3 * MILESTONES_LINE_BYTES], text[16];

	(void)state;
	assert_int_equal(milestones_last(&milestones, lines), 0);
	for (int i = 0; i < 100; i++) {
		int length = snprintf(text, sizeof(text), "line %d\r\n\r\n", i);

		milestones_feed(&milestones, SOURCE_CONSOLE, text, (size_t)length);
	}
	milestones_feed(&milestones, SOURCE_CONSOLE, "prompt$ ", 8);
	assert_int_equal(milestones_last(&milestones, lines), MILESTONES_LAST + 1);
	assert_string_equal(lines[0], "line 88");
	assert_string_equal(lines[MILESTONES_LAST - 1], "line 99");
	assert_string_equal(lines[MILESTONES_LAST], "prompt$ ");
	assert_int_equal(milestones.lines, 100);
	memset(longer, 'x', sizeof(longer));
	milestones_feed(&milestones, SOURCE_CONSOLE, longer, sizeof(longer));
	milestones_feed(&milestones, SOURCE_CONSOLE, "\n", 1);
	(void)milestones_last(&milestones, lines);
	assert_int_equal(strlen(lines[MILESTONES_LAST - 1]), MILESTONES_LINE_BYTES - 1);
	/* What the screen showed before the console spoke comes before it. */
	milestones_feed(&milestones, SOURCE_SCREEN, "Booting from Hard Disk...", 25);
	milestones_feed(&milestones, SOURCE_CONSOLE, "Welcome\nbox login: ", 19);
	assert_int_equal(milestones_last(&milestones, lines), MILESTONES_LAST + 2);
	assert_string_equal(lines[MILESTONES_LAST - 1], "Booting from Hard Disk...");
	assert_string_equal(lines[MILESTONES_LAST], "Welcome");
	assert_string_equal(lines[MILESTONES_LAST + 1], "box login: ");
}

static void sequences_of_a_terminal_are_no_text(void **state)
{
	const char *lines[MILESTONES_LAST + SOURCES];
	struct milestones milestones =
		after("\x1b"
		      "c\x1b[?7l\x1b[2J\x1b]0;title\x07one\x1b[5;1Htwo\x1b]0;t\x1b\\three\n");

	(void)state;
	assert_int_equal(milestones_last(&milestones, lines), 2);
	assert_string_equal(lines[0], "one");
	assert_string_equal(lines[1], "twothree");
}

#define PRINT_1 "SHA256:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
#define PRINT_2 "SHA256:+/23456789abcdefghijklmnopqrstuvwxyzABCDEFG"

static void host_keys_are_taken(void **state)
{
	struct milestones milestones =
		after("256 " PRINT_2 " too@early (RSA)\n"
		      "[   40.1] cloud-init[9]: -----BEGIN SSH HOST KEY FINGERPRINTS-----\r\n"
		      "<14>Nov 29 18:00:00 ec2: 256 " PRINT_1 " root@box (ED25519)\r\n"
		      "<14>Nov 29 18:00:00 ec2: 256 " PRINT_1 " root@box (ED25519)\r\n"
		      "<14>Nov 29 18:00:00 ec2: 3072 " PRINT_2 " a (comment) (RSA)\r\n"
		      "256 SHA256:short root@box (ECDSA)\n"
		      "256 " PRINT_2 "x root@box (ECDSA)\n"
		      "256 " PRINT_2 " root@box (EC\xff)\n"
		      "256 " PRINT_2 " root@box ()\n"
		      "(RSA) 256 " PRINT_2 " root@box\n"
		      "<14>Nov 29 18:00:00 ec2: -----END SSH HOST KEY FINGERPRINTS-----\n"
		      "256 " PRINT_2 " too@late (ECDSA)\n");
	const struct host_keys *keys = &milestones.host_keys;

	(void)state;
	assert_int_equal(keys->count, 2);
	assert_string_equal(keys->list[0], PRINT_1 " (ED25519)");
	assert_string_equal(keys->list[1], PRINT_2 " (RSA)");
}

static void host_keys_are_bounded(void **state)
{
	struct host_keys keys = { .inside = true };
	char line[128];

	(void)state;
	for (int i = 0; i < 2 * HOST_KEYS_MAX; i++) {
		snprintf(line, sizeof(line), "256 SHA256:%043d x (RSA)", i);
		host_keys_take(&keys, line);
	}
	assert_int_equal(keys.count, HOST_KEYS_MAX);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(host_keys_are_taken),
	cmocka_unit_test(host_keys_are_bounded),
	cmocka_unit_test(each_line_has_its_milestone),
	cmocka_unit_test(bad_signs_are_seen),
	cmocka_unit_test(the_strongest_stays),
	cmocka_unit_test(the_screen_does_not_break_lines_of_the_console),
	cmocka_unit_test(what_is_expected_is_found),
	cmocka_unit_test(an_unended_line_counts_at_the_end),
	cmocka_unit_test(the_last_lines_are_kept),
	cmocka_unit_test(sequences_of_a_terminal_are_no_text),
};
UNIT_MAIN(tests)
