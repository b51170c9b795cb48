/*
 * errors.c - see errors.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/errors.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "value/value.h"

struct error_row {
    const char *type; /* __type of the answer */
    int http_status;
    const char *member;
};

static const struct error_row error_rows[API_CODE_COUNT] = {
#define X(name, space, wire, http, member) [API_##name] = {space wire, http, member},
    API_ERROR_MAP(X)
#undef X
};

int api_refuse(struct api_error *reterr, enum api_code code, const char *fmt, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return ST_NOMEM;
    text = arena_alloc(reterr->arena, (size_t)n + 1);
    if (text == NULL)
        return ST_NOMEM;
    va_start(args, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    return api_refuse_slice(reterr, code, slice_of(text, (size_t)n));
}

int api_refuse_slice(struct api_error *reterr, enum api_code code, struct slice message)
{
    reterr->code = code;
    reterr->message = message;
    reterr->item = SLICE_EMPTY;
    reterr->reasons = NULL;
    reterr->reason_count = 0;
    reterr->throttling_reason = reterr->throttling_resource = NULL;
    return ST_REFUSED;
}

static const struct {
    const char *code, *message;
} cancellation_rows[CANCELLATION_CODE_COUNT] = {
#define X(name, text, usual) [CANCELLATION_##name] = {text, usual},
    CANCELLATION_MAP(X)
#undef X
};

int api_refuse_transaction(struct api_error *reterr,
                           const struct cancellation_reason *const *reasons, uint32_t count)
{
    struct buf codes = BUF_EMPTY;
    int rc;

    for (uint32_t i = 0; i < count; i++) {
        buf_append_str(&codes, i > 0 ? ", " : "");
        buf_append_str(&codes, cancellation_rows[reasons[i]->code].code);
    }
    rc = buf_failed(&codes)
             ? ST_NOMEM
             : api_refuse(reterr, API_TRANSACTION_CANCELED,
                          "Transaction cancelled, please refer cancellation reasons for specific "
                          "reasons [%.*s]",
                          SLICE_ARGS(buf_slice(&codes)));
    buf_release(&codes);
    if (rc == ST_REFUSED) {
        reterr->reasons = reasons;
        reterr->reason_count = count;
    }
    return rc;
}

void api_error_from_status(struct api_error *reterr, int rc)
{
    static const struct {
        int rc;
        enum api_code code;
        const char *message;
    } rows[] = {
        {ST_BUSY, API_THROTTLING, MESSAGE_THROTTLED},
        {ST_FULL, API_UNAVAILABLE,
         "The disk of this Region is full: writes are refused until there is space again"},
        {ST_FENCED, API_UNAVAILABLE, "This Region does not accept writes now"},
        {ST_CLOSED, API_UNAVAILABLE, "This Region is stopping"},
        {ST_TIMEOUT, API_UNAVAILABLE, "No answer in time"},
        {ST_NOTFOUND, API_RESOURCE_NOT_FOUND, MESSAGE_NOT_FOUND},
        {ST_COLLECTION, API_COLLECTION_TOO_LARGE, MESSAGE_COLLECTION_TOO_LARGE},
        {ST_CONDITION, API_CONDITION_FAILED, MESSAGE_CONDITION_FAILED},
    };

    assert(rc < 0 && rc != ST_REFUSED);
    *reterr = (struct api_error){
        .arena = reterr->arena, .code = API_INTERNAL, .message = SLICE("Internal server error")};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].rc == rc) {
            reterr->code = rows[i].code;
            reterr->message = slice_str(rows[i].message);
        }
    }
}

int api_error_http_status(enum api_code code)
{
    return error_rows[code].http_status;
}

static void write_reason(struct json_writer *writer, const struct cancellation_reason *reason)
{
    const char *usual = cancellation_rows[reason->code].message;
    struct slice message = reason->message.len > 0 ? reason->message : slice_str(usual);

    json_object_begin(writer);
    json_key(writer, "Code");
    json_put_str(writer, cancellation_rows[reason->code].code);
    if (message.len > 0) {
        json_key(writer, "Message");
        json_put_string(writer, message);
    }
    if (reason->item.ptr != NULL) {
        json_key(writer, "Item");
        item_to_json(writer, reason->item);
    }
    json_object_end(writer);
}

/* ThrottlingException spells the member with a small t. */
static void write_throttling_reasons(struct json_writer *writer, const struct api_error *error)
{
    json_key(writer, error->code == API_THROTTLING ? "throttlingReasons" : "ThrottlingReasons");
    json_array_begin(writer);
    json_object_begin(writer);
    json_key(writer, "reason");
    json_put_str(writer, error->throttling_reason);
    json_key(writer, "resource");
    json_put_str(writer, error->throttling_resource);
    json_object_end(writer);
    json_array_end(writer);
}

void api_error_write(struct buf *out, const struct api_error *error)
{
    const struct error_row *row = &error_rows[error->code];
    struct json_writer writer = json_writer_of(out);

    json_object_begin(&writer);
    json_key(&writer, "__type");
    json_put_str(&writer, row->type);
    if (row->member[0] != '\0') {
        json_key(&writer, row->member);
        json_put_string(&writer, error->message);
    }
    if (error->item.ptr != NULL) {
        json_key(&writer, "Item");
        item_to_json(&writer, error->item);
    }
    if (error->reasons != NULL) {
        json_key(&writer, "CancellationReasons");
        json_array_begin(&writer);
        for (uint32_t i = 0; i < error->reason_count; i++)
            write_reason(&writer, error->reasons[i]);
        json_array_end(&writer);
    }
    if (error->throttling_reason != NULL)
        write_throttling_reasons(&writer, error);
    json_object_end(&writer);
}
