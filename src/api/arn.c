/*
 * arn.c - see arn.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/arn.h"

#include <stdio.h>

/* Cuts *text at the first `end` and returns what was before it; false when there is none. */
static bool cut(struct slice *text, char end, struct slice *ret_before)
{
    const uint8_t *at = text->len > 0 ? memchr(text->ptr, end, text->len) : NULL;

    if (at == NULL)
        return false;
    *ret_before = slice_of(text->ptr, (size_t)(at - text->ptr));
    *text = slice_skip(*text, ret_before->len + 1);
    return true;
}

bool arn_parse(struct slice text, struct arn *ret_arn)
{
    struct arn arn = {0};
    struct slice word;

    if (!cut(&text, ':', &word) || !slice_eq_str(word, "arn") || !cut(&text, ':', &word) ||
        !slice_has_prefix(word, SLICE("aws")) || !cut(&text, ':', &word) ||
        !slice_eq_str(word, "dynamodb") || !cut(&text, ':', &arn.region) ||
        !cut(&text, ':', &arn.account) || !slice_has_prefix(text, SLICE("table/")))
        return false;
    text = slice_skip(text, sizeof("table/") - 1);
    if (!cut(&text, '/', &arn.table)) {
        arn.table = text;
    } else {
        if (!slice_has_prefix(text, SLICE("stream/")))
            return false;
        arn.stream = slice_skip(text, sizeof("stream/") - 1);
        if (arn.stream.len == 0)
            return false;
    }
    if (arn.table.len == 0)
        return false;
    *ret_arn = arn;
    return true;
}

size_t arn_print(char text[ARN_BYTES_MAX], const char *region, const char *account,
                 const char *table, const char *label)
{
    int n = snprintf(text, ARN_BYTES_MAX, "arn:aws:dynamodb:%s:%s:table/%s%s%s", region, account,
                     table, label != NULL ? "/stream/" : "", label != NULL ? label : "");

    return n < ARN_BYTES_MAX ? (size_t)n : ARN_BYTES_MAX - 1;
}
