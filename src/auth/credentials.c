/*
 * credentials.c - see credentials.h.
 *
 * A set is an immutable array, sorted by access key, that is replaced as a whole; a credential in
 * use outlives its set by its reference. Lookups hold a lock only to take a reference.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "auth/credentials.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The fields, in one table: key in the file, place in the struct. */
#define CREDENTIAL_FIELDS(X)                                                                       \
    X(access_key, "aws_access_key_id")                                                             \
    X(secret_key, "aws_secret_access_key")                                                         \
    X(session_token, "aws_session_token")                                                          \
    X(account, "account")                                                                          \
    X(policy, "policy")

enum credential_field {
#define X(name, key) FIELD_##name,
    CREDENTIAL_FIELDS(X)
#undef X
        FIELD_COUNT
};

static const char *const field_keys[FIELD_COUNT] = {
#define X(name, key) [FIELD_##name] = key,
    CREDENTIAL_FIELDS(X)
#undef X
};

struct entry {
    struct credential credential;
    atomic_uint refs;
    size_t text_len;
    char text[]; /* the strings; wiped when the entry is freed */
};

struct set {
    size_t count;
    struct entry **entries; /* sorted by access key */
};

struct credentials {
    pthread_mutex_t lock; /* of what follows */
    struct set set;
    char *path;
    struct stat stat; /* of the file when it was read */
};

/* ---- entries and sets ---- */

static struct entry *entry_of(const struct credential *credential)
{
    return CONTAINER_OF((struct credential *)(uintptr_t)credential, struct entry, credential);
}

void credential_ref(const struct credential *credential)
{
    atomic_fetch_add(&entry_of(credential)->refs, 1);
}

void credential_unref(const struct credential *credential)
{
    struct entry *entry;

    if (credential == NULL)
        return;
    entry = entry_of(credential);
    if (atomic_fetch_sub(&entry->refs, 1) > 1)
        return;
    OPENSSL_cleanse(entry->text, entry->text_len);
    free(entry);
}

static void set_release(struct set *set)
{
    for (size_t i = 0; i < set->count; i++)
        credential_unref(&set->entries[i]->credential);
    free(set->entries);
    *set = (struct set){.count = 0};
}

/** Copies text to *at, ends it with NUL, and moves *at behind it. */
static const char *put_text(char **at, struct slice text)
{
    char *start = *at;

    if (text.len > 0)
        memcpy(start, text.ptr, text.len);
    start[text.len] = '\0';
    *at = start + text.len + 1;
    return start;
}

static struct entry *entry_new(struct slice profile, const struct slice fields[FIELD_COUNT])
{
    struct slice account =
        fields[FIELD_account].len ? fields[FIELD_account] : SLICE(ACCOUNT_ID_DEFAULT);
    size_t len = profile.len + 1 + account.len + 1;
    struct entry *entry;
    char *at;

    for (int i = 0; i < FIELD_COUNT; i++)
        len += fields[i].len + 1;
    entry = calloc(1, sizeof(*entry) + len);
    if (entry == NULL)
        return NULL;
    entry->text_len = len;
    atomic_init(&entry->refs, 1);
    at = entry->text;
    entry->credential.profile = put_text(&at, profile);
    entry->credential.access_key = put_text(&at, fields[FIELD_access_key]);
    entry->credential.secret_key = put_text(&at, fields[FIELD_secret_key]);
    entry->credential.account = put_text(&at, account);
    if (fields[FIELD_session_token].len > 0)
        entry->credential.session_token = put_text(&at, fields[FIELD_session_token]);
    if (fields[FIELD_policy].len > 0)
        entry->credential.policy = put_text(&at, fields[FIELD_policy]);
    return entry;
}

static int set_add(struct set *set, struct entry *entry)
{
    struct entry **entries = realloc(set->entries, (set->count + 1) * sizeof(*entries));

    if (entries == NULL)
        return ST_NOMEM;
    set->entries = entries;
    set->entries[set->count++] = entry;
    return 0;
}

static int entry_order(const void *a, const void *b)
{
    const struct entry *const *left = a, *const *right = b;

    return strcmp((*left)->credential.access_key, (*right)->credential.access_key);
}

/* ---- the file's form ---- */

struct parser {
    struct set set;
    unsigned line;
    bool in_section;
    unsigned section_line;
    struct slice profile;
    struct slice fields[FIELD_COUNT];
    struct refusal *reterr;
};

static struct slice trim(struct slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = slice_skip(text, 1);
    while (text.len > 0 && strchr(" \t\r", text.ptr[text.len - 1]) != NULL)
        text.len--;
    return text;
}

static bool is_account_id(struct slice text)
{
    if (text.len != ACCOUNT_ID_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

/** The section that ends here becomes a credential. */
static int section_end(struct parser *parser)
{
    const struct slice *fields = parser->fields;
    struct entry *entry;
    int rc;

    if (!parser->in_section)
        return 0;
    /* A profile may hold settings only (source_profile, region ...), as in AWS's own files. */
    if (fields[FIELD_access_key].len == 0 && fields[FIELD_secret_key].len == 0)
        return 0;
    if (fields[FIELD_access_key].len == 0 || fields[FIELD_secret_key].len == 0)
        return refuse(
            parser->reterr, "line %u: profile %.*s has no %s", parser->section_line,
            SLICE_ARGS(parser->profile),
            field_keys[fields[FIELD_access_key].len == 0 ? FIELD_access_key : FIELD_secret_key]);
    if (fields[FIELD_account].len > 0 && !is_account_id(fields[FIELD_account]))
        return refuse(parser->reterr, "line %u: profile %.*s: account must be 12 digits",
                      parser->section_line, SLICE_ARGS(parser->profile));
    entry = entry_new(parser->profile, fields);
    if (entry == NULL)
        return ST_NOMEM;
    rc = set_add(&parser->set, entry);
    if (rc < 0)
        credential_unref(&entry->credential);
    return rc;
}

static int section_begin(struct parser *parser, struct slice line)
{
    int rc = section_end(parser);

    if (rc < 0)
        return rc;
    if (line.ptr[line.len - 1] != ']')
        return refuse(parser->reterr, "line %u: a section must end in ']'", parser->line);
    parser->profile = trim(slice_of(line.ptr + 1, line.len - 2));
    if (parser->profile.len == 0 || parser->profile.len > CREDENTIAL_FIELD_LEN_MAX)
        return refuse(parser->reterr, "line %u: a section needs a name", parser->line);
    parser->in_section = true;
    parser->section_line = parser->line;
    memset(parser->fields, 0, sizeof(parser->fields));
    return 0;
}

static int parse_field(struct parser *parser, struct slice line)
{
    const uint8_t *equals = memchr(line.ptr, '=', line.len);
    struct slice key, value;

    if (equals == NULL)
        return refuse(parser->reterr, "line %u: expected 'key = value' or '[profile]'",
                      parser->line);
    if (!parser->in_section)
        return refuse(parser->reterr, "line %u: a key outside of a [profile]", parser->line);
    key = trim(slice_of(line.ptr, (size_t)(equals - line.ptr)));
    value = trim(slice_skip(line, (size_t)(equals - line.ptr) + 1));
    if (value.len > CREDENTIAL_FIELD_LEN_MAX)
        return refuse(parser->reterr, "line %u: value too long", parser->line);
    if (memchr(value.ptr ? value.ptr : (const uint8_t *)"", 0, value.len) != NULL)
        return refuse(parser->reterr, "line %u: a NUL byte", parser->line);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (slice_eq_str(key, field_keys[i])) {
            if (parser->fields[i].ptr != NULL)
                return refuse(parser->reterr, "line %u: %s is given twice", parser->line,
                              field_keys[i]);
            parser->fields[i] = value;
        }
    return 0;
}

static int parse_line(struct parser *parser, struct slice line)
{
    bool continues = line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');

    line = trim(line);
    if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
        return 0;
    if (continues)
        return 0; /* nested settings ("s3 =" and what follows), which are not ours */
    if (line.ptr[0] == '[')
        return section_begin(parser, line);
    return parse_field(parser, line);
}

/** No two profiles may share an access key: which secret would count? */
static int check_unique(struct parser *parser)
{
    struct set *set = &parser->set;

    if (set->count > 1)
        qsort(set->entries, set->count, sizeof(*set->entries), entry_order);
    for (size_t i = 1; i < set->count; i++)
        if (entry_order(&set->entries[i - 1], &set->entries[i]) == 0)
            return refuse(parser->reterr, "profiles %s and %s have the same access key",
                          set->entries[i - 1]->credential.profile,
                          set->entries[i]->credential.profile);
    return 0;
}

int credentials_parse(struct credentials *credentials, struct slice text, struct refusal *reterr)
{
    struct parser parser = {.reterr = reterr};
    struct set before;
    int rc = 0;

    while (text.len > 0 && rc == 0) {
        const uint8_t *newline = memchr(text.ptr, '\n', text.len);
        size_t len = newline ? (size_t)(newline - text.ptr) : text.len;

        parser.line++;
        rc = parse_line(&parser, slice_of(text.ptr, len));
        text = slice_skip(text, newline ? len + 1 : len);
    }
    if (rc == 0)
        rc = section_end(&parser);
    if (rc == 0)
        rc = check_unique(&parser);
    if (rc < 0) {
        set_release(&parser.set);
        return rc;
    }
    pthread_mutex_lock(&credentials->lock);
    before = credentials->set;
    credentials->set = parser.set;
    pthread_mutex_unlock(&credentials->lock);
    set_release(&before);
    return 0;
}

/* ---- the file ---- */

static int read_all(int fd, const char *path, struct buf *text, struct refusal *reterr)
{
    for (;;) {
        ssize_t n;

        if (text->len > CREDENTIALS_FILE_BYTES_MAX)
            return refuse(reterr, "%s is too large", path);
        if (buf_reserve(text, 16 * 1024) < 0)
            return ST_NOMEM;
        n = read(fd, text->ptr + text->len, text->cap - text->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse(reterr, "cannot read %s: %s", path, strerror(errno));
        if (n == 0)
            return 0;
        text->len += (size_t)n;
    }
}

/** Reads and parses; on success *ret_stat describes the file that was read. */
static int read_file(struct credentials *credentials, const char *path, const struct log *log,
                     struct stat *ret_stat, struct refusal *reterr)
{
    struct buf text = BUF_EMPTY;
    struct stat info;
    int fd, rc;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse(reterr, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        rc = refuse(reterr, "%s is not a file", path);
        goto out;
    }
    if (info.st_mode & 0077)
        log_warn(log, "auth", "%s can be read by others than its owner (mode %04o); run chmod 600",
                 path, (unsigned)info.st_mode & 07777);
    rc = read_all(fd, path, &text, reterr);
    if (rc < 0)
        goto out;
    rc = credentials_parse(credentials, buf_slice(&text), reterr);
    if (rc == ST_REFUSED && reterr != NULL) {
        char reason[256];

        snprintf(reason, sizeof(reason), "%.200s", reterr->text);
        rc = refuse(reterr, "%s: %s", path, reason);
    }
    if (rc == 0)
        *ret_stat = info;
out:
    if (text.ptr != NULL)
        OPENSSL_cleanse(text.ptr, text.cap);
    buf_release(&text);
    close(fd);
    return rc;
}

int credentials_load(struct credentials *credentials, const char *path, const struct log *log,
                     struct refusal *reterr)
{
    char *copy = strdup(path);
    struct stat info;
    int rc;

    if (copy == NULL)
        return ST_NOMEM;
    rc = read_file(credentials, path, log, &info, reterr);
    if (rc < 0) {
        free(copy);
        return rc;
    }
    pthread_mutex_lock(&credentials->lock);
    free(credentials->path);
    credentials->path = copy;
    credentials->stat = info;
    pthread_mutex_unlock(&credentials->lock);
    return 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int credentials_reload(struct credentials *credentials, const struct log *log,
                       struct refusal *reterr)
{
    struct stat before, info;
    char *path = NULL;
    int rc;

    pthread_mutex_lock(&credentials->lock);
    before = credentials->stat;
    if (credentials->path != NULL)
        path = strdup(credentials->path);
    pthread_mutex_unlock(&credentials->lock);
    if (path == NULL)
        return 0;
    if (stat(path, &info) < 0) {
        rc = refuse(reterr, "cannot look at %s: %s", path, strerror(errno));
        goto out;
    }
    if (same_file(&before, &info)) {
        rc = 0;
        goto out;
    }
    rc = read_file(credentials, path, log, &info, reterr);
    if (rc < 0)
        goto out;
    pthread_mutex_lock(&credentials->lock);
    credentials->stat = info;
    pthread_mutex_unlock(&credentials->lock);
    rc = 1;
out:
    free(path);
    return rc;
}

/* ---- the set in force ---- */

int credentials_new(struct credentials **ret_credentials)
{
    struct credentials *credentials = calloc(1, sizeof(*credentials));

    if (credentials == NULL)
        return ST_NOMEM;
    pthread_mutex_init(&credentials->lock, NULL);
    *ret_credentials = credentials;
    return 0;
}

void credentials_free(struct credentials *credentials)
{
    if (credentials == NULL)
        return;
    set_release(&credentials->set);
    free(credentials->path);
    pthread_mutex_destroy(&credentials->lock);
    free(credentials);
}

static const struct credential *take(struct entry *entry)
{
    credential_ref(&entry->credential);
    return &entry->credential;
}

const struct credential *credentials_profile(struct credentials *credentials, const char *profile)
{
    const struct credential *found = NULL;

    pthread_mutex_lock(&credentials->lock);
    for (size_t i = 0; i < credentials->set.count && found == NULL; i++)
        if (strcmp(credentials->set.entries[i]->credential.profile, profile) == 0)
            found = take(credentials->set.entries[i]);
    pthread_mutex_unlock(&credentials->lock);
    return found;
}

const struct credential *credentials_find(struct credentials *credentials, struct slice access_key)
{
    const struct credential *found = NULL;
    size_t low = 0, high;

    pthread_mutex_lock(&credentials->lock);
    high = credentials->set.count;
    while (low < high && found == NULL) {
        size_t middle = low + (high - low) / 2;
        struct entry *entry = credentials->set.entries[middle];
        int order = slice_cmp(access_key, slice_str(entry->credential.access_key));

        if (order == 0)
            found = take(entry);
        else if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    pthread_mutex_unlock(&credentials->lock);
    return found;
}

size_t credentials_count(struct credentials *credentials)
{
    size_t count;

    pthread_mutex_lock(&credentials->lock);
    count = credentials->set.count;
    pthread_mutex_unlock(&credentials->lock);
    return count;
}
