/*
 * kinesis.c - see kinesis.h. One thread for all Regions of the process:
 *
 *   a Region's log grows --kinesis_wake--> look at every table that has a destination:
 *       collect     the next changes of one log group, as PutRecords wants them (the Region is
 * held) put         the call, with the Region let go: it may close meanwhile remember    the new
 * place in the log, durable and again until nothing is left; then wait
 *
 * An endpoint that fails is asked again after 0.1 s, then 0.2 s and so on, up to 10 s; per table,
 * so that one stream that is gone delays no other. A call may be taken in part: then the rest is
 * sent again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/kinesis.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/kinesis_record.h"
#include "auth/sigv4.h"
#include "http/http_client.h"
#include "http/tls.h"
#include "server/client.h"
#include "server/server.h"
#include "server/wait.h"

#define PART "kinesis"
#define META "kinesis"

enum {
    RECORDS_MAX = 500,                 /* Source: PutRecords */
    BATCH_LOG_BYTES_MAX = 1024 * 1024, /* ours; PutRecords takes 5 MB, images are escaped */
    TABLES_PAGE = 100,
    CALL_TIMEOUT_MS = 10 * 1000,
    BACKOFF_MS_MIN = 100,
    BACKOFF_MS_MAX = 10 * 1000,
};

/* A table that could not be delivered lately. */
struct failing {
    struct list_node node;
    const struct region *region;
    uint32_t table;
    int64_t wait_ms, due_ms;
};

/* What one call delivers. */
struct batch_of_records {
    uint32_t table; /* its id */
    uint32_t log_group;
    uint32_t count;
    uint64_t position; /* of the log, once all are taken */
    char stream_arn[KINESIS_ARN_BYTES_MAX + 1];
    struct buf bytes; /* elements of "Records", one behind the other */
    struct slice_at {
        size_t at, len;
    } records[RECORDS_MAX];
    bool taken[RECORDS_MAX];
};

struct kinesis {
    struct server *server;
    struct tls *tls;
    struct http_client *http;
    struct json_parser *parser;
    struct credentials *credentials;
    const struct credential *from_file;
    struct credential signing;
    struct arena arena; /* of the table that is looked at */
    struct list_node failing;
    struct batch_of_records batch;
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool woken, stopping;
};

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- places in logs ---- */

static void position_name(struct buf *name, uint32_t table, uint32_t log_group)
{
    buf_printf(name, "%u/%u", table, log_group);
}

static int position_load(struct kinesis *kinesis, struct store *store, uint32_t table,
                         uint32_t log_group, uint64_t *ret_position)
{
    struct buf name = BUF_EMPTY;
    struct slice value;
    int rc;

    position_name(&name, table, log_group);
    rc = store_meta_get(store, META, buf_slice(&name), &kinesis->arena, &value);
    buf_release(&name);
    *ret_position = rc == 0 && value.len == 8 ? be64_get(value.ptr) : 0;
    return rc == ST_NOTFOUND ? 0 : rc;
}

struct remembering {
    struct store_edit edit;
    struct gate gate;
    int rc;
};

static void on_remembered(struct store_edit *edit, int rc)
{
    struct remembering *remembering = CONTAINER_OF(edit, struct remembering, edit);

    remembering->rc = rc;
    gate_open(&remembering->gate);
}

/** Durable when it returns 0. */
static int position_store(struct region *region, uint32_t table, uint32_t log_group,
                          uint64_t position)
{
    struct remembering remembering = {.edit = {.strand = region->host->events,
                                               .kind = EDIT_META,
                                               .on_done = on_remembered,
                                               .meta = BATCH_EMPTY}};
    struct buf name = BUF_EMPTY, key = BUF_EMPTY;
    uint8_t value[8];

    be64_put(value, position);
    position_name(&name, table, log_group);
    store_meta_key(&key, META, buf_slice(&name));
    batch_put(&remembering.edit.meta, ENGINE_DATA, buf_slice(&key), slice_of(value, sizeof(value)));
    buf_release(&name);
    buf_release(&key);
    gate_init(&remembering.gate);
    store_edit(region->store, &remembering.edit);
    gate_wait(&remembering.gate);
    return remembering.rc;
}

/* ---- collecting ---- */

/** Appends one element of "Records". Changes of one partition key share a Kinesis partition key. */
static int add_record(struct kinesis *kinesis, const struct region *region,
                      const struct schema *schema, const struct change *change,
                      struct batch_of_records *batch)
{
    struct buf data = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&data);
    struct slice_at *record = &batch->records[batch->count];
    struct item_key key;
    char partition_key[17];
    int rc = kinesis_record_write(&writer, region->config->name, schema, change, &kinesis->arena);

    if (rc == 0)
        rc = item_key_decode(change->key, schema->key_count == 2, &key);
    if (rc < 0)
        goto out;
    snprintf(partition_key, sizeof(partition_key), "%016llx",
             (unsigned long long)item_key_hash(&key));
    record->at = batch->bytes.len;
    writer = json_writer_of(&batch->bytes);
    json_object_begin(&writer);
    json_key(&writer, "Data");
    json_put_base64(&writer, buf_slice(&data));
    json_key(&writer, "PartitionKey");
    json_put_str(&writer, partition_key);
    json_object_end(&writer);
    record->len = batch->bytes.len - record->at;
    batch->taken[batch->count++] = false;
    rc = buf_failed(&data) || buf_failed(&batch->bytes) ? ST_NOMEM : 0;
out:
    buf_release(&data);
    return rc;
}

static int read_log(const struct region *region, struct table *table, uint32_t log_group,
                    struct log_read *read, struct buf *out)
{
    int rc = store_log_read(region->store, table, log_group, read, out);

    if (rc != ST_TRIMMED)
        return rc;
    read->after = store_log_trimmed(region->store, table, log_group);
    log_error(&region->log, PART,
              "changes were not taken within 24 hours and are lost to the stream; going on after "
              "%llu of log group %u",
              (unsigned long long)read->after, log_group);
    buf_clear(out);
    return store_log_read(region->store, table, log_group, read, out);
}

/** The next changes of a log group: batch->count of them, maybe none. */
static int collect(struct kinesis *kinesis, const struct region *region, struct table *table,
                   const struct schema *schema, uint32_t log_group, struct batch_of_records *batch)
{
    struct log_read read = {
        .visible_only = true, .count_max = RECORDS_MAX, .bytes_max = BATCH_LOG_BYTES_MAX};
    struct buf changes = BUF_EMPTY;
    struct reader reader;
    uint64_t position;
    int rc;

    arena_reset(&kinesis->arena);
    rc = position_load(kinesis, region->store, schema->id, log_group, &position);
    if (rc < 0)
        return rc;
    read.after =
        position > schema->kinesis.start_sequence ? position : schema->kinesis.start_sequence;
    do { /* one read looks at so many changes at most, and all may be such that no stream shows */
        rc = read_log(region, table, log_group, &read, &changes);
        if (rc < 0)
            goto out;
        read.after = read.position;
    } while (read.more && changes.len == 0);
    batch->table = schema->id;
    batch->log_group = log_group;
    batch->count = 0;
    batch->position = read.position;
    buf_clear(&batch->bytes);
    memcpy(batch->stream_arn, schema->kinesis.stream_arn, sizeof(batch->stream_arn));
    reader = reader_of(buf_slice(&changes));
    while (rc == 0 && reader_left(&reader) > 0) {
        struct change change;

        rc = change_decode(reader_sized(&reader), &change);
        if (rc == 0)
            rc = add_record(kinesis, region, schema, &change, batch);
    }
out:
    buf_release(&changes);
    return rc;
}

/* ---- the call ---- */

static void body_of(const struct batch_of_records *batch, struct buf *body)
{
    struct json_writer writer = json_writer_of(body);

    json_object_begin(&writer);
    json_key(&writer, "StreamARN");
    json_put_str(&writer, batch->stream_arn);
    json_key(&writer, "Records");
    json_array_begin(&writer);
    for (uint32_t i = 0; i < batch->count; i++)
        if (!batch->taken[i])
            json_put_raw(&writer,
                         slice_of(batch->bytes.ptr + batch->records[i].at, batch->records[i].len));
    json_array_end(&writer);
    json_object_end(&writer);
}

/** The Region in "arn:aws:kinesis:<Region>:..."; empty when there is none. */
static void arn_region(const char *arn, char *region, size_t size)
{
    const char *at = strstr(arn, ":kinesis:") + strlen(":kinesis:");

    snprintf(region, size, "%.*s", (int)strcspn(at, ":"), at);
}

/** Marks what was taken: the answer has one element for each record sent, in order. ST_REFUSED: not
 * all was. */
static int read_answer(struct kinesis *kinesis, struct slice body, struct batch_of_records *batch,
                       struct refusal *reterr)
{
    struct json root, record;
    struct json_iterator records;
    uint32_t at = 0;
    int rc = 0;

    if (json_parse(kinesis->parser, body, &root) < 0 || json_type(root) != JSON_OBJECT)
        return refuse(reterr, "the answer is not JSON");
    records = answer_list(root, "Records");
    for (; at < batch->count; at++) {
        if (batch->taken[at])
            continue;
        if (!json_next(&records, NULL, &record))
            return refuse(reterr, "the answer has too few records");
        if (answer_text(record, "ErrorCode").len == 0)
            batch->taken[at] = true;
        else
            rc = refuse(reterr, "%.*s", SLICE_ARGS(answer_text(record, "ErrorCode")));
    }
    return rc;
}

/** 0: all of the batch was taken. ST_REFUSED, with the reason. */
static int put_records(struct kinesis *kinesis, struct batch_of_records *batch,
                       struct refusal *reterr)
{
    char region[64];
    struct sigv4_signing signing = {.credential = &kinesis->signing,
                                    .region = region,
                                    .service = "kinesis",
                                    .wall_ms = now_ms(CLOCK_REALTIME)};
    struct http_header headers[] = {{SLICE("Content-Type"), SLICE("application/x-amz-json-1.1")},
                                    {SLICE("X-Amz-Target"), SLICE("Kinesis_20131202.PutRecords")}};
    struct http_client_request request = {.method = SLICE("POST"),
                                          .target = SLICE("/"),
                                          .headers = headers,
                                          .header_count = ARRAY_LEN(headers)};
    struct http_client_answer answer = HTTP_CLIENT_ANSWER_EMPTY;
    struct buf body = BUF_EMPTY;
    int rc;

    arn_region(batch->stream_arn, region, sizeof(region));
    body_of(batch, &body);
    request.body = buf_slice(&body);
    rc = buf_failed(&body) ? ST_NOMEM
                           : signed_call(kinesis->http, &signing, &request, &answer, reterr);
    if (rc == ST_NOMEM)
        rc = refuse(reterr, "%s", status_text(rc));
    else if (rc == 0 && answer.status != 200)
        rc = refuse(reterr, "HTTP status %d: %.*s", answer.status,
                    (int)(answer.body.len < 200 ? answer.body.len : 200),
                    (const char *)answer.body.ptr);
    else if (rc == 0)
        rc = read_answer(kinesis, answer.body, batch, reterr);
    http_client_answer_release(&answer);
    buf_release(&body);
    return rc;
}

/* ---- tables that fail ---- */

static struct failing *failing_find(struct kinesis *kinesis, const struct region *region,
                                    uint32_t table)
{
    LIST_FOREACH(node, &kinesis->failing)
    {
        struct failing *failing = LIST_ENTRY(node, struct failing, node);

        if (failing->region == region && failing->table == table)
            return failing;
    }
    return NULL;
}

static void failing_end(struct failing *failing)
{
    if (failing == NULL)
        return;
    list_remove(&failing->node);
    free(failing);
}

static void failed(struct kinesis *kinesis, const struct region *region, uint32_t table,
                   const char *name, const char *why)
{
    struct failing *failing = failing_find(kinesis, region, table);

    if (failing == NULL) {
        failing = calloc(1, sizeof(*failing));
        if (failing == NULL)
            return; /* it is tried again at the next change */
        *failing = (struct failing){.region = region, .table = table};
        list_append(&kinesis->failing, &failing->node);
        log_warn(&region->log, PART, "table %s: the endpoint does not take its changes: %s", name,
                 why);
    }
    failing->wait_ms = failing->wait_ms == 0 ? BACKOFF_MS_MIN : 2 * failing->wait_ms;
    if (failing->wait_ms > BACKOFF_MS_MAX)
        failing->wait_ms = BACKOFF_MS_MAX;
    failing->due_ms = now_ms(CLOCK_MONOTONIC) + failing->wait_ms;
}

static bool must_wait(struct kinesis *kinesis, const struct region *region, uint32_t table)
{
    struct failing *failing = failing_find(kinesis, region, table);

    return failing != NULL && failing->due_ms > now_ms(CLOCK_MONOTONIC);
}

/* ---- the round ---- */

static bool stopping(struct kinesis *kinesis)
{
    bool is;

    pthread_mutex_lock(&kinesis->lock);
    is = kinesis->stopping;
    pthread_mutex_unlock(&kinesis->lock);
    return is;
}

/** The region is held, and the table there, when collect_next() is true: then `batch` is not empty.
 */
static bool collect_next(struct kinesis *kinesis, struct region *region, struct slice name,
                         uint32_t *log_group, struct batch_of_records *batch)
{
    struct table *table = store_table(region->store, name);
    struct schema *schema = table != NULL ? table_schema(table) : NULL;
    bool found = false;
    int rc;

    while (schema != NULL && schema->kinesis.enabled && !found && *log_group < TABLE_PARTITIONS &&
           !must_wait(kinesis, region, schema->id)) {
        rc = collect(kinesis, region, table, schema, *log_group, batch);
        if (rc < 0) {
            failed(kinesis, region, schema->id, schema->name, status_text(rc));
            break;
        }
        found = batch->count > 0;
        if (!found)
            ++*log_group;
    }
    schema_unref(schema);
    table_unref(table);
    return found;
}

/** All that one table has to give. The Region is held when it is called and when it returns true.
 */
static bool deliver_table(struct kinesis *kinesis, struct region *region, struct slice name,
                          struct batch_of_records *batch)
{
    char text[TABLE_NAME_BYTES_MAX + 1];
    struct refusal why;
    uint32_t log_group = 0;

    snprintf(text, sizeof(text), "%.*s", SLICE_ARGS(name));
    while (!stopping(kinesis) &&
           collect_next(kinesis, region, slice_str(text), &log_group, batch)) {
        int rc;

        region_let_go(region);
        rc = put_records(kinesis, batch, &why);
        if (!region_hold(region))
            return false;
        if (rc == 0 && position_store(region, batch->table, batch->log_group, batch->position) < 0)
            rc = refuse(&why, "the new place in the log could not be stored");
        if (rc == 0)
            failing_end(failing_find(kinesis, region, batch->table));
        else
            failed(kinesis, region, batch->table, text, why.text);
    }
    return true;
}

static void deliver_region(struct kinesis *kinesis, struct region *region,
                           struct batch_of_records *batch)
{
    char after[TABLE_NAME_BYTES_MAX + 1] = "";
    bool more = true;

    while (more && !stopping(kinesis)) {
        struct arena arena;
        struct slice *names;
        uint32_t count = 0;

        if (!region_hold(region))
            return;
        arena_init(&arena, 0);
        more = false;
        if (store_table_names(region->store, slice_str(after), TABLES_PAGE, &arena, &names, &count,
                              &more) < 0)
            count = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (!deliver_table(kinesis, region, names[i], batch)) {
                arena_release(&arena);
                return;
            }
        }
        if (count > 0)
            snprintf(after, sizeof(after), "%.*s", SLICE_ARGS(names[count - 1]));
        region_let_go(region);
        arena_release(&arena);
    }
}

/** Until there are changes, a table that failed is due, or the end. False: the end. */
static bool wait_for_work(struct kinesis *kinesis)
{
    int64_t due_ms = INT64_MAX;
    struct timespec until;
    bool go_on;

    LIST_FOREACH(node, &kinesis->failing)
    {
        const struct failing *failing = LIST_ENTRY(node, struct failing, node);

        if (failing->due_ms < due_ms)
            due_ms = failing->due_ms;
    }
    until = (struct timespec){.tv_sec = due_ms / 1000, .tv_nsec = due_ms % 1000 * 1000000};
    pthread_mutex_lock(&kinesis->lock);
    while (!kinesis->stopping && !kinesis->woken) {
        if (due_ms == INT64_MAX)
            pthread_cond_wait(&kinesis->changed, &kinesis->lock);
        else if (pthread_cond_timedwait(&kinesis->changed, &kinesis->lock, &until) != 0)
            break;
    }
    kinesis->woken = false;
    go_on = !kinesis->stopping;
    pthread_mutex_unlock(&kinesis->lock);
    return go_on;
}

static void *deliver(void *context)
{
    struct kinesis *kinesis = context;

    while (wait_for_work(kinesis))
        for (uint32_t i = 0; i < kinesis->server->region_count; i++)
            deliver_region(kinesis, &kinesis->server->regions[i], &kinesis->batch);
    return NULL;
}

/* ---- start and stop ---- */

static int choose_credential(struct kinesis *kinesis, const char *path, struct refusal *reterr)
{
    int rc;

    kinesis->signing = (struct credential){.access_key = "TROPIC", .secret_key = "tropic"};
    if (path == NULL)
        return 0;
    rc = credentials_new(&kinesis->credentials);
    if (rc == 0)
        rc = credentials_load(kinesis->credentials, path, &kinesis->server->log, reterr);
    if (rc < 0)
        return rc;
    kinesis->from_file = credentials_profile(kinesis->credentials, "default");
    if (kinesis->from_file == NULL)
        return refuse(reterr, "%s: has no section [default], which signs for Kinesis", path);
    kinesis->signing = *kinesis->from_file;
    return 0;
}

int kinesis_start(struct server *server, struct kinesis **ret_kinesis, struct refusal *reterr)
{
    const struct config_kinesis *config = &server->config->kinesis;
    struct http_client_options options = {
        .host = config->host, .port = config->port, .timeout_ms = CALL_TIMEOUT_MS};
    struct kinesis *kinesis = calloc(1, sizeof(*kinesis));
    pthread_condattr_t monotonic;
    int rc;

    if (kinesis == NULL)
        return ST_NOMEM;
    kinesis->server = server;
    arena_init(&kinesis->arena, 0);
    list_init(&kinesis->failing);
    pthread_mutex_init(&kinesis->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&kinesis->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    kinesis->woken = true; /* what a restart has left */
    rc = choose_credential(kinesis, config->credentials, reterr);
    if (rc < 0)
        goto out;
    if (config->https) {
        rc = tls_client_new(NULL, &kinesis->tls, reterr);
        if (rc < 0)
            goto out;
        options.tls = kinesis->tls;
    }
    kinesis->parser = json_parser_new();
    if (kinesis->parser == NULL) {
        rc = ST_NOMEM;
        goto out;
    }
    rc = http_client_open(&options, &kinesis->http);
    if (rc < 0)
        goto out;
    if (pthread_create(&kinesis->thread, NULL, deliver, kinesis) != 0) {
        rc = refuse(reterr, "no thread for deliveries to Kinesis");
        goto out;
    }
    *ret_kinesis = kinesis;
    return 0;
out:
    kinesis_free(kinesis);
    return rc;
}

void kinesis_wake(struct kinesis *kinesis)
{
    if (kinesis == NULL)
        return;
    pthread_mutex_lock(&kinesis->lock);
    kinesis->woken = true;
    pthread_cond_signal(&kinesis->changed);
    pthread_mutex_unlock(&kinesis->lock);
}

void kinesis_stop(struct kinesis *kinesis)
{
    if (kinesis == NULL)
        return;
    pthread_mutex_lock(&kinesis->lock);
    kinesis->stopping = true;
    pthread_cond_signal(&kinesis->changed);
    pthread_mutex_unlock(&kinesis->lock);
    pthread_join(kinesis->thread, NULL);
}

void kinesis_free(struct kinesis *kinesis)
{
    struct list_node *node;

    if (kinesis == NULL)
        return;
    while ((node = list_pop(&kinesis->failing)) != NULL)
        free(LIST_ENTRY(node, struct failing, node));
    http_client_close(kinesis->http);
    json_parser_free(kinesis->parser);
    credential_unref(kinesis->from_file);
    credentials_free(kinesis->credentials);
    tls_free(kinesis->tls);
    buf_release(&kinesis->batch.bytes);
    arena_release(&kinesis->arena);
    pthread_cond_destroy(&kinesis->changed);
    pthread_mutex_destroy(&kinesis->lock);
    free(kinesis);
}
