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
    return ST_REFUSED;
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
    json_object_end(&writer);
}
