/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed.h"

bool seed_is_wished(const struct seed_wish *wish)
{
	return wish->user_data || wish->meta_data || wish->network_config ||
	       wish->ssh_key_count > 0 || wish->password_file || wish->hostname;
}

int seed_make(const struct seed_wish *wish, const char *folder, const struct programs *programs,
	      char ret_path[PATH_MAX], struct fault *fault)
{
	(void)wish, (void)folder, (void)programs, (void)ret_path;
	return fault_set(fault, REASON_INTERNAL, "not yet");
}
