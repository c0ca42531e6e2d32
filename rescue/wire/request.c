#include "request.h"

#include "limits.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define PARTITION_NUMBER_MAX 128

static int refuse(struct fault *fault, json_t *object, const char *why)
{
	json_decref(object);
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

int request_parse(const char *line, struct request *ret_request, struct fault *fault)
{
	json_error_t error;
	json_int_t protocol, partition = 0, time_unix_s = 0;
	const char *command, *repair = "safe", *seed = NULL;
	struct request request = { 0 };
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	if (!object)
		return refuse(fault, NULL, error.text);
	if (json_unpack_ex(object, &error, JSON_STRICT, "{s:s, s:I, s?I, s?s, s?I, s?s}", "request",
			   &command, "protocol", &protocol, "partition", &partition, "repair",
			   &repair, "time_unix_s", &time_unix_s, "seed", &seed) < 0)
		return refuse(fault, object, error.text);
	if (protocol != WIRE_PROTOCOL)
		return refuse(fault, object, "another protocol version");
	if (strcmp(command, "grow") != 0 && strcmp(command, "plan") != 0)
		return refuse(fault, object, "the request is neither grow nor plan");
	if (strcmp(repair, "safe") != 0 && strcmp(repair, "all") != 0)
		return refuse(fault, object, "repair is neither safe nor all");
	if (partition < 0 || partition > PARTITION_NUMBER_MAX)
		return refuse(fault, object, "partition is out of range");
	if (time_unix_s < 0)
		return refuse(fault, object, "time_unix_s is out of range");
	if (seed && !parse_seed(seed, request.seed))
		return refuse(fault, object, "seed is not 64 hexadecimal digits");

	request.plan_only = strcmp(command, "plan") == 0;
	request.partition = (unsigned)partition;
	request.repair = strcmp(repair, "all") == 0 ? REPAIR_ALL : REPAIR_SAFE;
	request.time_unix_s = time_unix_s;
	request.has_seed = seed != NULL;
	json_decref(object);
	*ret_request = request;
	return 0;
}

char *request_format(const struct request *request)
{
	char seed[2 * REQUEST_SEED_BYTES + 1];
	json_t *object;
	char *line;

	for (size_t i = 0; i < REQUEST_SEED_BYTES; i++)
		snprintf(seed + 2 * i, 3, "%02x", request->seed[i]);
	object = json_pack(
		"{s:s, s:i, s:I, s:s, s:I, s:s*}", "request", request->plan_only ? "plan" : "grow",
		"protocol", WIRE_PROTOCOL, "partition", (json_int_t)request->partition, "repair",
		request->repair == REPAIR_ALL ? "all" : "safe", "time_unix_s",
		(json_int_t)request->time_unix_s, "seed", request->has_seed ? seed : NULL);
	line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return line;
}
