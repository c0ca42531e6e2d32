/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

#include "limits.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define PARTITION_NUMBER_MAX 1024
#define HOLD_UP_MS_MAX	     60000

const char *const request_kind_words[] = { "grow", "plan", "check", "trace", "shell", NULL };
const char *const repair_words[] = { "safe", "all", NULL };
const char *const partition_by_words[] = { "number",	"root",	    "label", "uuid",
					   "partlabel", "partuuid", NULL };
const char *const leave_checks_words[] = { "no", "long", "both", NULL };
const char *const moment_words[] = { "no", "power-on", "single", "init", "login", NULL };
const char *const table_method_words[] = { "fdisk", "sfdisk", "agent", NULL };
const char *const share_words[] = { "no", "read", "write", NULL };

bool request_only_reads(enum request_kind kind)
{
	return kind == REQUEST_PLAN || kind == REQUEST_CHECK;
}

static int refuse(struct fault *fault, const char *why)
{
	return fault_set(fault, REASON_GUEST_PROTOCOL, "the request is not valid: %s", why);
}

static int hex_digit(char digit)
{
	const char *digits = "0123456789abcdef", *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) : -1;
}

static bool parse_seed(const char *text, uint8_t seed[REQUEST_SEED_BYTES])
{
	if (strlen(text) != 2 * REQUEST_SEED_BYTES)
		return false;
	for (size_t i = 0; i < REQUEST_SEED_BYTES; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		seed[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A word's place in its list, or -1. */
static int word_index(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

/* The words of a traced boot. */
static int parse_trace(json_t *object, struct trace_request *ret_trace, struct fault *fault)
{
	const char *texts[] = { "power-on", "no", "no", "no", "fdisk" }, *hold_up = "";
	json_int_t hold_up_ms = 0;
	struct trace_request trace = { 0 };
	json_error_t error;
	int values[5];

	if (json_unpack_ex(object, &error, 0, "{s?s, s?s, s?s, s?s, s?s, s?s, s?I}", "attach_at",
			   &texts[0], "seq", &texts[1], "log", &texts[2], "break", &texts[3],
			   "method", &texts[4], "hold_up", &hold_up, "hold_up_ms", &hold_up_ms) < 0)
		return refuse(fault, error.text);
	for (int i = 0; i < 5; i++) {
		values[i] = word_index(i < 4 ? moment_words : table_method_words, texts[i]);
		if (values[i] < 0)
			return refuse(fault, "a word is unknown");
	}
	if (values[0] == MOMENT_NO || strlen(hold_up) >= sizeof(trace.hold_up) || hold_up_ms < 0 ||
	    hold_up_ms > HOLD_UP_MS_MAX)
		return refuse(fault, "attach_at, hold_up or hold_up_ms is out of range");
	trace.attach_at = (enum moment)values[0];
	trace.seq = (enum moment)values[1];
	trace.log = (enum moment)values[2];
	trace.break_at = (enum moment)values[3];
	trace.method = (enum table_method)values[4];
	trace.hold_up_ms = (unsigned)hold_up_ms;
	strcpy(trace.hold_up, hold_up);
	*ret_trace = trace;
	return 0;
}

/* The words of a shell. */
static int parse_shell(json_t *object, struct shell_request *ret_shell, struct fault *fault)
{
	const char *command = "";
	int input = 0, tools = 0;
	json_error_t error;

	if (json_unpack_ex(object, &error, 0, "{s?s, s?b, s?b}", "command", &command, "input",
			   &input, "tools", &tools) < 0)
		return refuse(fault, error.text);
	if (strlen(command) >= sizeof(ret_shell->command))
		return refuse(fault, "the command is too long");
	*ret_shell = (struct shell_request){ .input = input, .tools = tools };
	strcpy(ret_shell->command, command);
	return 0;
}

/* What any guest may be given: a folder, and a window for its shell. */
static int parse_surroundings(json_t *object, struct request *request, struct fault *fault)
{
	json_int_t rows = 0, columns = 0;
	const char *share = "no";
	json_error_t error;

	if (json_unpack_ex(object, &error, 0, "{s?s, s?I, s?I}", "share", &share, "rows", &rows,
			   "columns", &columns) < 0)
		return refuse(fault, error.text);
	if (word_index(share_words, share) < 0)
		return refuse(fault, "share is none of no, read and write");
	if (rows < 0 || rows > REQUEST_WINDOW_MAX || columns < 0 || columns > REQUEST_WINDOW_MAX)
		return refuse(fault, "rows or columns is out of range");
	request->share = (enum share)word_index(share_words, share);
	request->rows = (unsigned)rows;
	request->columns = (unsigned)columns;
	return 0;
}

/* The partition to grow. */
static int parse_partition(json_t *object, struct request *request, struct fault *fault)
{
	const char *by = "number", *value = "";
	json_int_t number = 0;
	json_error_t error;
	int place;

	if (json_unpack_ex(object, &error, 0, "{s?I, s?s, s?s}", "partition", &number,
			   "partition_by", &by, "partition_value", &value) < 0)
		return refuse(fault, error.text);
	if (number < 0 || number > PARTITION_NUMBER_MAX)
		return refuse(fault, "partition is out of range");
	place = word_index(partition_by_words, by);
	if (place < 0)
		return refuse(fault, "partition_by is unknown");
	if ((place != PARTITION_BY_NUMBER && number != 0) ||
	    (place >= PARTITION_BY_LABEL) != (value[0] != '\0') ||
	    strlen(value) >= sizeof(request->partition_value))
		return refuse(fault, "partition_value or partition does not fit partition_by");
	request->partition_by = (enum partition_by)place;
	request->partition = (unsigned)number;
	strcpy(request->partition_value, value);
	return 0;
}

/* What lies between the partition and its file system. */
static int parse_layers(json_t *object, struct request *request, struct fault *fault)
{
	const char *volume = "";
	json_int_t key_bytes = 0;
	json_error_t error;

	if (json_unpack_ex(object, &error, 0, "{s?s, s?I}", "volume", &volume, "key_bytes",
			   &key_bytes) < 0)
		return refuse(fault, error.text);
	if (strlen(volume) >= sizeof(request->volume))
		return refuse(fault, "volume is too long");
	if (key_bytes < 0 || key_bytes > REQUEST_KEY_MAX_BYTES)
		return refuse(fault, "key_bytes is out of range");
	strcpy(request->volume, volume);
	request->key_bytes = (uint32_t)key_bytes;
	return 0;
}

/* No key but those that are known, and those of a trace or a shell only in one. */
static int check_keys(json_t *object, enum request_kind kind, struct fault *fault)
{
	static const char *const always[] = {
		"request",	     "protocol",    "partition_by", "partition_value",
		"partition",	     "repair",	    "share",	    "rows",
		"columns",	     "time_unix_s", "seed",	    "record",
		"disk_before_bytes", "volume",	    "key_bytes",    NULL
	};
	static const char *const of_grow[] = { "leave_checks", NULL };
	static const char *const of_check[] = { "is_grown", NULL };
	static const char *const of_plan[] = { "partition_only", "move_swap", "leave_bytes", NULL };
	static const char *const of_shell[] = { "command", "input", "tools", NULL };
	static const char *const of_trace[] = { "attach_at", "seq",	"log",	      "break",
						"method",    "hold_up", "hold_up_ms", NULL };
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value)
		if (word_index(always, key) < 0 &&
		    (kind != REQUEST_GROW || word_index(of_grow, key) < 0) &&
		    (kind != REQUEST_CHECK || word_index(of_check, key) < 0) &&
		    ((kind != REQUEST_GROW && kind != REQUEST_PLAN) ||
		     word_index(of_plan, key) < 0) &&
		    (kind != REQUEST_TRACE || word_index(of_trace, key) < 0) &&
		    (kind != REQUEST_SHELL || word_index(of_shell, key) < 0))
			return refuse(fault, "a key is unknown");
	return 0;
}

static int parse_object(json_t *object, struct request *ret_request, struct fault *fault)
{
	json_int_t protocol, time_unix_s = 0, disk_before_bytes = 0, leave_bytes = 0;
	const char *command, *repair = "safe", *leave_checks = "no", *seed = NULL;
	struct request request = { 0 };
	json_error_t error;
	int record = 0, is_grown = 0, partition_only = 0, move_swap = 0, kind;

	if (json_unpack_ex(object, &error, 0,
			   "{s:s, s:I, s?s, s?I, s?s, s?b, s?s, s?b, s?b, s?b, s?I, s?I}",
			   "request", &command, "protocol", &protocol, "repair", &repair,
			   "time_unix_s", &time_unix_s, "seed", &seed, "record", &record,
			   "leave_checks", &leave_checks, "is_grown", &is_grown, "partition_only",
			   &partition_only, "move_swap", &move_swap, "disk_before_bytes",
			   &disk_before_bytes, "leave_bytes", &leave_bytes) < 0)
		return refuse(fault, error.text);
	if (protocol != WIRE_PROTOCOL)
		return refuse(fault, "another protocol version");
	kind = word_index(request_kind_words, command);
	if (kind < 0)
		return refuse(fault, "the request is unknown");
	if (word_index(repair_words, repair) < 0)
		return refuse(fault, "repair is neither safe nor all");
	if (word_index(leave_checks_words, leave_checks) < 0)
		return refuse(fault, "leave_checks is unknown");
	if (time_unix_s < 0 || disk_before_bytes < 0 || leave_bytes < 0)
		return refuse(fault, "time_unix_s, disk_before_bytes or leave_bytes is out of "
				     "range");
	if (seed && !parse_seed(seed, request.seed))
		return refuse(fault, "seed is not 64 hexadecimal digits");
	request.kind = (enum request_kind)kind;
	if (check_keys(object, request.kind, fault) < 0 ||
	    parse_partition(object, &request, fault) < 0 ||
	    parse_surroundings(object, &request, fault) < 0 ||
	    parse_layers(object, &request, fault) < 0 ||
	    (kind == REQUEST_TRACE && parse_trace(object, &request.trace, fault) < 0) ||
	    (kind == REQUEST_SHELL && parse_shell(object, &request.shell, fault) < 0))
		return -1;
	request.repair = (enum repair)word_index(repair_words, repair);
	request.record = record;
	request.leave_checks = (enum leave_checks)word_index(leave_checks_words, leave_checks);
	request.is_grown = is_grown;
	request.partition_only = partition_only;
	request.move_swap = move_swap;
	request.leave_bytes = (uint64_t)leave_bytes;
	request.disk_before_bytes = (uint64_t)disk_before_bytes;
	request.time_unix_s = time_unix_s;
	request.has_seed = seed != NULL;
	*ret_request = request;
	return 0;
}

int request_parse(const char *line, struct request *ret_request, struct fault *fault)
{
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	int result;

	if (!object)
		return refuse(fault, error.text);
	result = parse_object(object, ret_request, fault);
	json_decref(object);
	return result;
}
