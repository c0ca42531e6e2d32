#include "request.h"

#include "limits.h"

#include <jansson.h>
#include <string.h>

#define PARTITION_NUMBER_MAX 128

static int refuse(struct fault *fault, json_t *object, const char *why)
{
	json_decref(object);
	return fault_set(fault, REASON_GUEST_PROTOCOL, "the request is not valid: %s", why);
}

int request_parse(const char *line, struct request *ret_request, struct fault *fault)
{
	json_error_t error;
	json_int_t protocol, partition = 0, time_unix_s = 0;
	const char *command, *repair = "safe";
	struct request request = { 0 };
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	if (!object)
		return refuse(fault, NULL, error.text);
	if (json_unpack_ex(object, &error, JSON_STRICT, "{s:s, s:I, s?I, s?s, s?I}", "request",
			   &command, "protocol", &protocol, "partition", &partition, "repair",
			   &repair, "time_unix_s", &time_unix_s) < 0)
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

	request.plan_only = strcmp(command, "plan") == 0;
	request.partition = (unsigned)partition;
	request.repair = strcmp(repair, "all") == 0 ? REPAIR_ALL : REPAIR_SAFE;
	request.time_unix_s = time_unix_s;
	json_decref(object);
	*ret_request = request;
	return 0;
}

char *request_format(const struct request *request)
{
	json_t *object = json_pack("{s:s, s:i, s:I, s:s, s:I}", "request",
				   request->plan_only ? "plan" : "grow", "protocol", WIRE_PROTOCOL,
				   "partition", (json_int_t)request->partition, "repair",
				   request->repair == REPAIR_ALL ? "all" : "safe", "time_unix_s",
				   (json_int_t)request->time_unix_s);
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return line;
}
