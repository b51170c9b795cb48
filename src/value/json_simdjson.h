/*
 * json_simdjson.h - the few functions that need C++, as C sees them. Private to value/.
 *
 * Plain types only: base/bytes.h does not compile as C++. See json_simdjson.cpp.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_JSON_SIMDJSON_H
#define TROPIC_VALUE_JSON_SIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_simdjson;

/** Accepts at most `depth_max` containers inside each other. NULL: out of memory. */
struct json_simdjson *json__simdjson_new(size_t depth_max);
void json__simdjson_free(struct json_simdjson *simdjson);

/**
 * Parses into simdjson's tape. The outputs live until the next parse or free.
 * 0; ST_REFUSED: not JSON, not UTF-8 or too deep; ST_NOMEM.
 */
int json__simdjson_parse(struct json_simdjson *simdjson, const uint8_t *body, size_t len,
                         const uint64_t **ret_tape, const uint8_t **ret_strings);

bool json__utf8_valid(const uint8_t *text, size_t len);

#ifdef __cplusplus
}
#endif
#endif
