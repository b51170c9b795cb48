/*
 * streams.c - finding streams; shard ids, sequence numbers and iterators as text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/streams.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "api/arn.h"
#include "base/hash.h"

/* ---- streams ---- */

bool stream_is_readable(const struct schema *schema, const struct stream *stream, int64_t now_ms)
{
    return stream->disabled_ms == 0 || now_ms - stream->disabled_ms <= STREAM_AGE_MS_MAX;
}

bool stream_is_closed(const struct stream_found *found)
{
    return found->stream->disabled_ms != 0;
}

void stream_found_release(struct stream_found *found)
{
    schema_unref(found->schema);
    table_unref(found->table);
    *found = (struct stream_found){.table = NULL};
}

/* True and *ret_found filled in (with references) when the table has a stream of that label. */
static bool find_label(struct table *table, struct slice label, int64_t now_ms,
                       struct stream_found *ret_found)
{
    struct schema *schema = table_schema(table);

    for (uint32_t i = 0; i < schema->stream_count; i++) {
        const struct stream *stream = &schema->streams[i];

        if (!slice_eq_str(label, stream->label) || !stream_is_readable(schema, stream, now_ms))
            continue;
        *ret_found =
            (struct stream_found){.table = table_ref(table), .schema = schema, .stream = stream};
        return true;
    }
    schema_unref(schema);
    return false;
}

struct search {
    struct slice table, label;
    int64_t now_ms;
    struct stream_found found;
};

static int visit_table(void *context, struct table *table)
{
    struct search *search = context;
    struct schema *schema = table_schema(table);
    bool same = slice_eq_str(search->table, schema->name);

    schema_unref(schema);
    return same && find_label(table, search->label, search->now_ms, &search->found);
}

int stream_find(struct call *call, struct slice arn_text, struct stream_found *ret_found)
{
    struct search search = {.now_ms = call_wall_ms(call)};
    uint64_t durable = store_durable_sequence(call->region->store);
    struct table *table;
    struct arn arn;

    if (!arn_parse(arn_text, &arn) || arn.stream.ptr == NULL ||
        !slice_eq_str(arn.region, call->region->name) ||
        !slice_eq_str(arn.account, call->identity.account))
        goto missing;
    table = store_table(call->region->store, arn.table);
    if (table != NULL && find_label(table, arn.stream, search.now_ms, ret_found)) {
        ret_found->durable = durable;
        table_unref(table);
        return 0;
    }
    table_unref(table);
    /* A deleted table's stream stays readable, also when a new table has its name. */
    search.table = arn.table;
    search.label = arn.stream;
    (void)store_stream_tables(call->region->store, visit_table, &search);
    if (search.found.table != NULL) {
        *ret_found = search.found;
        ret_found->durable = durable;
        return 0;
    }
missing:
    return api_refuse(&call->error, API_RESOURCE_NOT_FOUND,
                      "Requested resource not found: Stream: %.*s not found", SLICE_ARGS(arn_text));
}

/* ---- shards and sequence numbers ---- */

void shard_id_print(char text[SHARD_ID_LEN + 1], const struct stream_found *found, uint32_t group,
                    int64_t opened_ms)
{
    char which[96];
    uint32_t tail = crc32c(0, slice_str(found->schema->table_id));

    snprintf(which, sizeof(which), "/%s/%u/%020" PRId64, found->stream->label, group, opened_ms);
    tail = crc32c(tail, slice_str(which));
    snprintf(text, SHARD_ID_LEN + 1, "shardId-%020" PRId64 "-%08x", opened_ms, tail);
}

int shard_refuse(struct call *call)
{
    return api_refuse(&call->error, API_RESOURCE_NOT_FOUND,
                      "Requested resource not found: Shard does not exist");
}

int shard_find(struct call *call, const struct stream_found *found, struct slice shard_id,
               struct shard *ret_shard)
{
    char text[SHARD_ID_LEN + 1];
    struct shard *shards;
    size_t count;
    int rc =
        store_shards(found->table, found->stream, call_wall_ms(call), call->arena, &shards, &count);

    for (size_t i = 0; rc == 0 && i < count; i++) {
        shard_id_print(text, found, shards[i].group, shards[i].opened_ms);
        if (slice_eq_str(shard_id, text)) {
            *ret_shard = shards[i];
            return 0;
        }
    }
    return rc < 0 ? rc : shard_refuse(call);
}

void sequence_number_print(char text[SEQUENCE_NUMBER_DIGITS + 1], uint64_t sequence)
{
    snprintf(text, SEQUENCE_NUMBER_DIGITS + 1, "%021" PRIu64, sequence);
}

bool sequence_number_parse(struct slice text, uint64_t *ret_sequence)
{
    uint64_t sequence = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(sequence, 10, &sequence) ||
            __builtin_add_overflow(sequence, (uint64_t)(text.ptr[i] - '0'), &sequence))
            sequence = UINT64_MAX; /* stays there: every further digit overflows again */
    }
    *ret_sequence = sequence;
    return text.len > 0;
}

/* ---- iterators ---- */

enum { ITERATOR_FORMAT = 2, ITERATOR_BODY = 38, ITERATOR_MAC = 16, ITERATOR_OLDEST = 0x80 };

static int iterator_mac(const struct hosted_region *region, const uint8_t body[ITERATOR_BODY],
                        uint8_t ret_mac[ITERATOR_MAC])
{
    uint8_t full[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (HMAC(EVP_sha256(), region->iterator_key, ITERATOR_KEY_BYTES, body, ITERATOR_BODY, full,
             &len) == NULL ||
        len < ITERATOR_MAC)
        return ST_NOMEM;
    memcpy(ret_mac, full, ITERATOR_MAC);
    return 0;
}

int shard_iterator_print(const struct hosted_region *region, const struct shard_iterator *iterator,
                         char text[ITERATOR_TEXT_LEN + 1])
{
    uint8_t bytes[ITERATOR_BODY + ITERATOR_MAC];
    int rc;

    static_assert((ITERATOR_BODY + ITERATOR_MAC) * 2 == ITERATOR_TEXT_LEN, "two digits a byte");
    bytes[0] = ITERATOR_FORMAT;
    be32_put(bytes + 1, iterator->table);
    be64_put(bytes + 5, (uint64_t)iterator->stream_ms);
    bytes[13] = (uint8_t)(iterator->group | (iterator->oldest ? ITERATOR_OLDEST : 0));
    be64_put(bytes + 14, (uint64_t)iterator->opened_ms);
    be64_put(bytes + 22, iterator->position);
    be64_put(bytes + 30, (uint64_t)iterator->issued_ms);
    rc = iterator_mac(region, bytes, bytes + ITERATOR_BODY);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int shard_iterator_parse(const struct hosted_region *region, struct slice text,
                         struct shard_iterator *ret_iterator)
{
    uint8_t bytes[ITERATOR_BODY + ITERATOR_MAC], mac[ITERATOR_MAC];
    int rc;

    if (text.len != ITERATOR_TEXT_LEN)
        return ST_REFUSED;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return ST_REFUSED;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    rc = iterator_mac(region, bytes, mac);
    if (rc < 0)
        return rc;
    if (CRYPTO_memcmp(mac, bytes + ITERATOR_BODY, ITERATOR_MAC) != 0 || bytes[0] != ITERATOR_FORMAT)
        return ST_REFUSED;
    *ret_iterator = (struct shard_iterator){
        .table = be32_get(bytes + 1),
        .stream_ms = (int64_t)be64_get(bytes + 5),
        .group = bytes[13] & ~ITERATOR_OLDEST,
        .opened_ms = (int64_t)be64_get(bytes + 14),
        .position = be64_get(bytes + 22),
        .oldest = (bytes[13] & ITERATOR_OLDEST) != 0,
        .issued_ms = (int64_t)be64_get(bytes + 30),
    };
    return 0;
}
