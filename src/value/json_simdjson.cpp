/*
 * json_simdjson.cpp - simdjson's DOM parser behind C functions. The only C++ of the project.
 *
 * simdjson validates UTF-8, unescapes strings and leaves a flat tape of 64-bit words, which json.c
 * walks itself: crossing the language border once per request instead of once per member.
 *
 * The body is copied into a buffer of our own, because simdjson reads up to SIMDJSON_PADDING bytes
 * past the end, and a request's body has no such room. Capacities are powers of two: the library
 * reallocates everything for each body longer than all before it.
 *
 * Nothing here throws: the library is used through its error codes, and every `new` is nothrow.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/json_simdjson.h"

#include <cstring>
#include <memory>
#include <new>

#include <simdjson.h>

extern "C" {
#include "base/status.h"
}

namespace
{
constexpr size_t CAPACITY_MIN = 16 * 1024;
/* Tape indexes and the library's own bound are 32 bits; DynamoDB's bodies end at 16 MB. */
constexpr size_t BODY_BYTES_MAX = size_t{1} << 30;
} // namespace

struct json_simdjson {
    simdjson::dom::parser parser;
    std::unique_ptr<uint8_t[]> padded;
    size_t capacity = 0;
    size_t depth_max = 0;
};

static int status_of(simdjson::error_code error)
{
    if (error == simdjson::SUCCESS)
        return 0;
    return error == simdjson::MEMALLOC ? ST_NOMEM : ST_REFUSED;
}

static int make_room(struct json_simdjson *simdjson, size_t len)
{
    size_t capacity = CAPACITY_MIN;

    if (simdjson->capacity >= len && simdjson->capacity != 0)
        return 0;
    while (capacity < len)
        capacity *= 2;
    simdjson->capacity = 0;
    simdjson->padded.reset(new (std::nothrow) uint8_t[capacity + simdjson::SIMDJSON_PADDING]);
    if (!simdjson->padded)
        return ST_NOMEM;
    if (simdjson->parser.doc.allocate(capacity) != simdjson::SUCCESS)
        return ST_NOMEM;
    /* simdjson counts the document as one level, and an empty container as none. */
    if (simdjson->parser.allocate(capacity, simdjson->depth_max + 1) != simdjson::SUCCESS)
        return ST_NOMEM;
    simdjson->capacity = capacity;
    return 0;
}

struct json_simdjson *json__simdjson_new(size_t depth_max)
{
    auto *simdjson = new (std::nothrow) struct json_simdjson;

    if (simdjson != nullptr)
        simdjson->depth_max = depth_max;
    return simdjson;
}

void json__simdjson_free(struct json_simdjson *simdjson)
{
    delete simdjson;
}

int json__simdjson_parse(struct json_simdjson *simdjson, const uint8_t *body, size_t len,
                         const uint64_t **ret_tape, const uint8_t **ret_strings)
{
    int rc;

    if (len == 0 || len > BODY_BYTES_MAX)
        return ST_REFUSED;
    rc = make_room(simdjson, len);
    if (rc < 0)
        return rc;
    std::memcpy(simdjson->padded.get(), body, len);
    std::memset(simdjson->padded.get() + len, 0, simdjson::SIMDJSON_PADDING);
    rc = status_of(simdjson->parser.parse(simdjson->padded.get(), len, false).error());
    if (rc < 0)
        return rc;
    *ret_tape = simdjson->parser.doc.tape.get();
    *ret_strings = simdjson->parser.doc.string_buf.get();
    return 0;
}

bool json__utf8_valid(const uint8_t *text, size_t len)
{
    return len == 0 || simdjson::validate_utf8(reinterpret_cast<const char *>(text), len);
}
