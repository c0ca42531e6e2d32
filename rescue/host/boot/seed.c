/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "seed_server.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES	   (1 << 20) /* cloud-init takes less from most clouds */
#define WRITE_MS	   10000
#define NAME_BYTES	   320
#define PASSWORD_MAX_BYTES (CRYPT_MAX_PASSPHRASE_SIZE - 1)
#define INSTANCE_ID	   "try-disk"
#define KEY_BLOB_BEGIN	   " AAAA" /* of an ssh public key */

bool seed_is_wished(const struct seed_wish *wish)
{
	return wish->asked || wish->user_data || wish->meta_data || wish->network_config ||
	       wish->ssh_key_count > 0 || wish->password_file || wish->hostname;
}

static bool is_input(const char *path)
{
	return path && (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0);
}

size_t seed_inputs(const struct seed_wish *wish)
{
	size_t count = 0;

	for (size_t i = 0; i < wish->ssh_key_count; i++)
		count += is_input(wish->ssh_keys[i]);
	return count + is_input(wish->user_data) + is_input(wish->meta_data) +
	       is_input(wish->network_config) + is_input(wish->password_file);
}

/* What a file is called at the beginning of a sentence. */
static const char *name_file(const char *path, char ret_name[NAME_BYTES])
{
	if (is_input(path))
		return "Standard input";
	snprintf(ret_name, NAME_BYTES, "The file %s", path);
	return ret_name;
}

static int cannot_read(const char *path, int errno_value, struct fault *fault)
{
	char name[NAME_BYTES];

	fault_set_errno(fault, REASON_USAGE, errno_value, "%s cannot be read for the seed",
			name_file(path, name));
	return fault_hint(fault, "See try-disk --help");
}

/* All of it, which has to be less than FILE_MAX_BYTES. */
static int read_all(const char *path, int fd, char *text, size_t *ret_bytes,
		    struct interrupt *interrupt, struct fault *fault)
{
	ssize_t got = 1;

	*ret_bytes = 0;
	while (got != 0) {
		if (interrupt_await_input(interrupt, fd, fault) < 0)
			return -1;
		got = read(fd, text + *ret_bytes, FILE_MAX_BYTES - *ret_bytes);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return cannot_read(path, errno, fault);
		*ret_bytes += got > 0 ? (size_t)got : 0;
		if (*ret_bytes == FILE_MAX_BYTES)
			return cannot_read(path, EFBIG, fault);
	}
	return 0;
}

/* A small file, or standard input for "-"; NUL-terminated; owned by the caller. NULL with the
 * fault.
 */
static char *read_file(const char *path, size_t *ret_bytes, struct interrupt *interrupt,
		       struct fault *fault)
{
	cleanup_fd int fd = is_input(path) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					   : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char *text;

	if (fd < 0) {
		cannot_read(path, errno, fault);
		return NULL;
	}
	text = malloc(FILE_MAX_BYTES + 1);
	if (!text) {
		fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
		return NULL;
	}
	if (read_all(path, fd, text, ret_bytes, interrupt, fault) == 0) {
		text[*ret_bytes] = '\0';
		return text;
	}
	explicit_bzero(text, *ret_bytes); /* a part of a password */
	free(text);
	return NULL;
}

static int write_file(const char *folder, const char *name, const char *text, size_t size_bytes,
		      struct fault *fault)
{
	char path[PATH_MAX + 32];
	cleanup_fd int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && write_all(fd, text, size_bytes, WRITE_MS) == 0)
		return 0;
	return fault_set_errno(fault, errno == ENOSPC ? REASON_NO_SPACE : REASON_DISK_IO, errno,
			       "The seed cannot be written");
}

/* As it is. */
static int copy_file(const char *from_path, const char *folder, const char *name,
		     struct interrupt *interrupt, struct fault *fault)
{
	cleanup_free char *text = NULL;
	size_t size_bytes = 0;

	text = read_file(from_path, &size_bytes, interrupt, fault);
	return text ? write_file(folder, name, text, size_bytes, fault) : -1;
}

/* JSON is YAML too, and has one way to write a text that may hold anything. */
static int write_object(const char *folder, const char *name, const char *head, json_t *object,
			struct fault *fault)
{
	cleanup_free char *dump = object ? json_dumps(object, JSON_INDENT(1)) : NULL;
	cleanup_free char *text = NULL;

	json_decref(object);
	if (!dump || asprintf(&text, "%s%s\n", head, dump) < 0) {
		text = NULL;
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	}
	return write_file(folder, name, text, strlen(text), fault);
}

static int bad_key(const char *path, struct fault *fault)
{
	char name[NAME_BYTES];

	fault_set(fault, REASON_USAGE, "%s contains no ssh public key", name_file(path, name));
	return fault_hint(fault, "Name the file with the suffix .pub");
}

/* Each line that is not empty, nor a comment. A private key must not get into the guest: what is
 * public is one line with a blob that begins with a length below 2^24, in base64. */
static int add_keys(json_t *list, const char *path, struct interrupt *interrupt,
		    struct fault *fault)
{
	cleanup_free char *text = NULL;
	size_t size_bytes = 0, count = json_array_size(list);
	char name[NAME_BYTES], *rest = NULL;

	text = read_file(path, &size_bytes, interrupt, fault);
	if (!text)
		return -1;
	for (char *line = strtok_r(text, "\r\n", &rest); line;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (line[0] == '#')
			continue;
		if (!strstr(line, KEY_BLOB_BEGIN))
			return bad_key(path, fault);
		if (json_array_append_new(list, json_string(line)) < 0)
			return fault_set(fault, REASON_USAGE, "A key in %s is not UTF-8",
					 name_file(path, name));
	}
	return json_array_size(list) > count ? 0 : bad_key(path, fault);
}

/* The guest gets only the hash, as does everybody who can read the seed. */
static int hash_password(const char *password, char ret_hash[CRYPT_OUTPUT_SIZE],
			 struct fault *fault)
{
	cleanup_free struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (password[0] == '\0') {
		fault_set(fault, REASON_USAGE, "The password is empty");
		return fault_hint(fault, "Write it in the first line of its file");
	}
	if (strlen(password) > PASSWORD_MAX_BYTES) {
		fault_set(fault, REASON_USAGE, "The password is longer than %d bytes",
			  PASSWORD_MAX_BYTES);
		return fault_hint(fault, "Choose a shorter one");
	}
	if (data && crypt_gensalt_rn("$6$", 0, NULL, 0, salt, sizeof(salt)))
		hash = crypt_r(password, salt, data);
	if (!hash || hash[0] != '$')
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "The password cannot be hashed");
	snprintf(ret_hash, CRYPT_OUTPUT_SIZE, "%s", hash);
	return 0;
}

/* The first line of the file. */
static int take_password(const char *path, char ret_hash[CRYPT_OUTPUT_SIZE],
			 struct interrupt *interrupt, struct fault *fault)
{
	cleanup_free char *text = NULL;
	size_t size_bytes = 0, line_bytes;
	int result;

	text = read_file(path, &size_bytes, interrupt, fault);
	if (!text)
		return -1;
	line_bytes = strcspn(text, "\r\n");
	if (line_bytes < size_bytes && text[line_bytes] == '\0') {
		fault_set(fault, REASON_USAGE, "The password has a byte that is zero");
		result = fault_hint(fault, "Write it in the first line of its file, as text");
	} else {
		text[line_bytes] = '\0';
		result = hash_password(text, ret_hash, fault);
	}
	explicit_bzero(text, size_bytes);
	return result;
}

/* A seed that is served takes a call when cloud-init is done. The keys are named: "all" has one
 * that is not made any more, which cloud-init complains of; without "tries" its version 22.2 fails.
 */
static json_t *phone_home(void)
{
	return json_pack("{s:s, s:[s, s, s, s, s, s], s:i}", "url",
			 SEED_SERVER_URL SEED_SERVER_PHONE_HOME, "post", "pub_key_rsa",
			 "pub_key_ecdsa", "pub_key_ed25519", "instance_id", "hostname", "fqdn",
			 "tries", 3);
}

/* For the default user of the system. */
static int write_user_data(const struct seed_wish *wish, const char *folder,
			   struct interrupt *interrupt, struct fault *fault)
{
	json_t *object = json_object(), *keys = json_array();
	char hash[CRYPT_OUTPUT_SIZE];
	int result = 0;

	for (size_t i = 0; result == 0 && i < wish->ssh_key_count; i++)
		result = add_keys(keys, wish->ssh_keys[i], interrupt, fault);
	if (result == 0 && wish->password_file)
		result = take_password(wish->password_file, hash, interrupt, fault);
	if (result == 0 && wish->password_file) {
		json_object_set_new(object, "password", json_string(hash));
		json_object_set_new(object, "chpasswd", json_pack("{s:b}", "expire", 0));
		json_object_set_new(object, "ssh_pwauth", json_true());
	}
	if (result == 0 && wish->ssh_key_count > 0)
		json_object_set(object, "ssh_authorized_keys", keys);
	if (wish->way == SEED_HTTP)
		json_object_set_new(object, "phone_home", phone_home());
	json_decref(keys);
	if (result == 0)
		return write_object(folder, "user-data", "#cloud-config\n", object, fault);
	json_decref(object);
	return -1;
}

int seed_write(const struct seed_wish *wish, const char *folder, struct interrupt *interrupt,
	       struct fault *fault)
{
	json_t *meta;

	if ((wish->user_data ? copy_file(wish->user_data, folder, "user-data", interrupt, fault)
			     : write_user_data(wish, folder, interrupt, fault)) < 0)
		return -1;
	if (wish->network_config &&
	    copy_file(wish->network_config, folder, "network-config", interrupt, fault) < 0)
		return -1;
	if (wish->meta_data)
		return copy_file(wish->meta_data, folder, "meta-data", interrupt, fault);
	meta = json_pack("{s:s, s:s*}", "instance-id", INSTANCE_ID, "local-hostname",
			 wish->hostname);
	return write_object(folder, "meta-data", "", meta, fault);
}
