/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The request reader of the agent: lines, then wire/request.c. */
#include "fuzz.h"

#include "wire/limits.h"
#include "wire/request.h"

#include <stdlib.h>
#include <string.h>

#define PARTITION_NUMBER_MAX 1024 /* as many entries as a GPT may have */

static bool same(const struct request *one, const struct request *other)
{
	return one->kind == other->kind && one->partition == other->partition &&
	       one->repair == other->repair && one->leave_bytes == other->leave_bytes &&
	       one->partition_by == other->partition_by &&
	       strcmp(one->partition_value, other->partition_value) == 0 &&
	       one->partition_only == other->partition_only &&
	       one->time_unix_s == other->time_unix_s;
}

/* What was accepted is in range, and survives the way to the guest once more. */
static void judge(const struct request *request)
{
	struct request again = { 0 };
	struct fault fault = { 0 };
	char *line = request_format(request);

	MUST(request->partition <= PARTITION_NUMBER_MAX);
	MUST(request->repair == REPAIR_SAFE || request->repair == REPAIR_ALL);
	MUST(request->partition == 0 || request->partition_by == PARTITION_BY_NUMBER);
	MUST((request->partition_value[0] != '\0') ==
	     (request->partition_by >= PARTITION_BY_LABEL));
	MUST(request->leave_bytes <= INT64_MAX);
	MUST(request->time_unix_s >= 0);
	MUST(!request->partition_only || request->kind == REQUEST_GROW ||
	     request->kind == REQUEST_PLAN);
	MUST(line);
	MUST(strlen(line) < WIRE_LINE_MAX_BYTES);
	MUST(fuzz_text_is_safe(line, strlen(line)));
	MUST(request_parse(line, &again, &fault) == 0);
	MUST(same(request, &again));
	free(line);
}

static void take(const char *line, size_t line_bytes)
{
	static const struct request untouched = { .partition = 77, .time_unix_s = 7777 };
	struct request request = untouched;
	struct fault fault = { 0 };

	(void)line_bytes;
	if (request_parse(line, &request, &fault) == 0) {
		judge(&request);
		fuzz_accepted++;
		return;
	}
	MUST(fault.reason == REASON_GUEST_PROTOCOL);
	MUST(fault.message[0] != '\0');
	MUST(same(&request, &untouched));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	fuzz_lines(data, size_bytes, WIRE_LINE_MAX_BYTES, take);
	return 0;
}
