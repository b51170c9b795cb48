/*
 * credentials.h - who may sign: access keys from a file in the form of ~/.aws/credentials.
 *
 *     [alice]
 *     aws_access_key_id = AKIDEXAMPLE
 *     aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
 *     aws_session_token = ...        (optional: the token that requests must then carry)
 *     account = 111122223333         (optional, ours; 12 digits; default 000000000000)
 *     policy = alice.json            (optional, ours; kept for the policy engine)
 *
 * Comments start with '#' or ';'. Unknown keys are ignored, as AWS tools do. A file that cannot be
 * used in full is refused in full, with its line number, and the credentials in force stay.
 *
 * Any thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_AUTH_CREDENTIALS_H
#define TROPIC_AUTH_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"

enum {
    CREDENTIALS_FILE_BYTES_MAX = 4 * 1024 * 1024,
    CREDENTIAL_FIELD_LEN_MAX = 4096, /* session tokens are long */
    ACCOUNT_ID_LEN = 12,
};
#define ACCOUNT_ID_DEFAULT "000000000000"

/* Immutable; shared by reference count. Strings end in NUL. */
struct credential {
    const char *profile; /* the section's name: the user's name in ARNs */
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL: none */
    const char *account;
    const char *policy; /* NULL: none */
};

struct credentials;

/** An empty set. */
int credentials_new(struct credentials **ret_credentials);
void credentials_free(struct credentials *credentials); /* NULL is a no-op */

/**
 * Reads the file at `path`, which becomes the file that credentials_reload() looks at. ST_REFUSED
 * with a line. A file that others than its owner can read is used, and warned about in `log`.
 */
int credentials_load(struct credentials *credentials, const char *path, const struct log *log,
                     struct refusal *reterr);
/** Reads the file again if its time, size or inode has changed: 1 if so, 0 if not. */
int credentials_reload(struct credentials *credentials, const struct log *log,
                       struct refusal *reterr);
/** Replaces the set by what `text` says. */
int credentials_parse(struct credentials *credentials, struct slice text, struct refusal *reterr);

/** The credential of a profile, for signing; NULL: none. Ends with credential_unref(). */
const struct credential *credentials_profile(struct credentials *credentials, const char *profile);
/** The credential of an access key; NULL: none. Ends with credential_unref(). */
const struct credential *credentials_find(struct credentials *credentials, struct slice access_key);
void credential_ref(const struct credential *credential);   /* one that came from the above */
void credential_unref(const struct credential *credential); /* NULL is a no-op */

/** How many there are. */
size_t credentials_count(struct credentials *credentials);

#endif
