/* The one request the host sends, after hello. */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

#define REQUEST_SEED_BYTES 32

enum repair {
	REPAIR_SAFE, /* what e2fsck -p may do */
	REPAIR_ALL   /* what e2fsck -y does */
};

struct request {
	bool plan_only;	    /* read and plan, change nothing */
	unsigned partition; /* its number, or 0: the last one by start LBA */
	enum repair repair;
	int64_t time_unix_s; /* the host's clock; 0: leave the guest's clock alone */
	/* Fresh random bytes: a machine that was saved and started twice would
	 * otherwise draw the same numbers twice. */
	bool has_seed;
	uint8_t seed[REQUEST_SEED_BYTES];
};

/* Parse one line. -1 with REASON_GUEST_PROTOCOL when it is not a request of
 * this protocol version: unknown, missing or repeated keys, wrong types. */
int request_parse(const char *line, struct request *ret_request, struct fault *fault);

/* One line without its newline, to be freed; NULL when out of memory. */
char *request_format(const struct request *request);

#endif
