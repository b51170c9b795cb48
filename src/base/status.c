/*
 * status.c - texts of statuses, and refusals.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *status_text(int status)
{
    switch (status) {
    case ST_OK:
        return "ok";
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return text;
        STATUS_MAP(X)
#undef X
    default:
        return "unknown status";
    }
}

int refuse(struct refusal *ret, const char *fmt, ...)
{
    va_list args;
    int rc;

    va_start(args, fmt);
    rc = refuse_v(ret, fmt, args);
    va_end(args);
    return rc;
}

int refuse_v(struct refusal *ret, const char *fmt, va_list args)
{
    int n;

    if (ret == NULL)
        return ST_REFUSED;
    n = vsnprintf(ret->text, sizeof(ret->text), fmt, args);
    if (n < 0)
        ret->text[0] = '\0';
    if (n >= (int)sizeof(ret->text)) { /* do not leave half a UTF-8 character at the cut */
        size_t len = strlen(ret->text);

        while (len > 0 && ((unsigned char)ret->text[len - 1] & 0xC0) == 0x80)
            len--;
        if (len > 0 && ((unsigned char)ret->text[len - 1] & 0x80))
            len--;
        ret->text[len] = '\0';
    }
    return ST_REFUSED;
}
