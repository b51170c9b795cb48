/*
 * quantity.c - see quantity.h. Everything here reads what an operator typed, so nothing is assumed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/quantity.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

/* Digits with an optional fraction, in millionths. *at is moved behind them. */
static int read_millionths(const char **at, int64_t *ret_millionths)
{
    const char *p = *at;
    int64_t value = 0;
    size_t digits = 0;

    for (; *p >= '0' && *p <= '9'; p++, digits++) {
        if (value > 100000000000) /* 10^11: more than three thousand years of seconds */
            return ST_REFUSED;
        value = value * 10 + (*p - '0');
    }
    if (digits == 0)
        return ST_REFUSED;
    value *= 1000000;
    if (*p == '.') {
        int64_t unit = 100000;

        p++;
        if (*p < '0' || *p > '9')
            return ST_REFUSED;
        for (; *p >= '0' && *p <= '9'; p++, unit /= 10)
            value += (*p - '0') * unit; /* digits after the sixth count nothing */
    }
    *at = p;
    *ret_millionths = value;
    return 0;
}

int quantity_duration(const char *text, int64_t *ret_us)
{
    static const struct {
        const char *suffix;
        int64_t us;
    } units[] = {{"us", 1},       {"ms", 1000},      {"s", 1000000},
                 {"m", 60000000}, {"h", 3600000000}, {"d", 86400000000}};
    bool negative = *text == '-';
    int64_t millionths;

    if (*text == '+' || *text == '-')
        text++;
    if (read_millionths(&text, &millionths) < 0)
        return ST_REFUSED;
    if (*text == '\0' && millionths == 0) {
        *ret_us = 0;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        __int128 us;

        if (strcmp(text, units[i].suffix) != 0)
            continue;
        us = (__int128)millionths * units[i].us / 1000000;
        if (us > INT64_MAX / 4)
            return ST_REFUSED;
        *ret_us = negative ? -(int64_t)us : (int64_t)us;
        return 0;
    }
    return ST_REFUSED;
}

int quantity_share(const char *text, uint32_t *ret_ppm)
{
    int64_t millionths;

    if (read_millionths(&text, &millionths) < 0)
        return ST_REFUSED;
    if (strcmp(text, "%") == 0)
        millionths /= 100;
    else if (*text != '\0')
        return ST_REFUSED;
    if (millionths > 1000000)
        return ST_REFUSED;
    *ret_ppm = (uint32_t)millionths;
    return 0;
}

int quantity_bytes(const char *text, uint64_t *ret_bytes)
{
    static const struct {
        const char *suffix;
        int shift;
    } units[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
    int64_t millionths;

    if (read_millionths(&text, &millionths) < 0)
        return ST_REFUSED;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        unsigned __int128 bytes;

        if (strcmp(text, units[i].suffix) != 0)
            continue;
        bytes = ((unsigned __int128)millionths << units[i].shift) / 1000000;
        if (bytes > INT64_MAX)
            return ST_REFUSED;
        *ret_bytes = (uint64_t)bytes;
        return 0;
    }
    return ST_REFUSED;
}

int quantity_count(const char *text, uint32_t max, uint32_t *ret_count)
{
    uint64_t value = 0;

    if (*text == '\0')
        return ST_REFUSED;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return ST_REFUSED;
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > max)
            return ST_REFUSED;
    }
    *ret_count = (uint32_t)value;
    return 0;
}

int quantity_degrees(const char *text, int32_t max, int32_t *ret_millionths)
{
    bool negative = *text == '-';
    int64_t millionths;

    if (*text == '+' || *text == '-')
        text++;
    if (read_millionths(&text, &millionths) < 0 || *text != '\0' ||
        millionths > (int64_t)max * 1000000)
        return ST_REFUSED;
    *ret_millionths = (int32_t)(negative ? -millionths : millionths);
    return 0;
}

int quantity_port(const char *text, bool zero, uint16_t *ret_port)
{
    uint32_t value;

    if (quantity_count(text, UINT16_MAX, &value) < 0 || (value == 0 && !zero))
        return ST_REFUSED;
    *ret_port = (uint16_t)value;
    return 0;
}

bool region_name_valid(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > REGION_NAME_LEN_MAX || name[0] == '-' || name[len - 1] == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int quantity_address(const char *text, uint16_t port_default, char *host, size_t host_size,
                     uint16_t *ret_port)
{
    const char *port = NULL;
    size_t len;

    if (*text == '[') {
        const char *end = strchr(text, ']');

        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return ST_REFUSED;
        len = (size_t)(end - text - 1);
        port = end[1] == ':' ? end + 2 : NULL;
        text++;
    } else {
        const char *colon = strchr(text, ':');

        if (colon != NULL && strchr(colon + 1, ':') != NULL)
            colon = NULL; /* a bare IPv6 number */
        len = colon != NULL ? (size_t)(colon - text) : strlen(text);
        port = colon != NULL ? colon + 1 : NULL;
    }
    if (len == 0 || len >= host_size)
        return ST_REFUSED;
    if (port == NULL)
        *ret_port = port_default;
    else if (quantity_port(port, true, ret_port) < 0)
        return ST_REFUSED;
    memcpy(host, text, len);
    host[len] = '\0';
    return 0;
}

int quantity_url(const char *text, uint16_t port_default, bool *ret_https, char *host,
                 size_t host_size, uint16_t *ret_port)
{
    char authority[256 + 8];
    size_t len;

    *ret_https = strncmp(text, "https://", 8) == 0;
    if (*ret_https)
        text += 8;
    else if (strncmp(text, "http://", 7) == 0)
        text += 7;
    else if (strstr(text, "://") != NULL)
        return ST_REFUSED;
    len = strcspn(text, "/");
    if (len >= sizeof(authority) || strspn(text + len, "/") != strlen(text + len))
        return ST_REFUSED;
    memcpy(authority, text, len);
    authority[len] = '\0';
    return quantity_address(authority, *ret_https ? 443 : port_default, host, host_size, ret_port);
}

bool quantity_is_web_address(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *path = strstr(text, "://");
    char authority[512], host[256];
    uint16_t port;
    bool https;
    size_t len;

    if (path == NULL)
        return false;
    path += 3;
    path += strcspn(path, "/");
    len = (size_t)(path - text);
    if (len >= sizeof(authority))
        return false;
    memcpy(authority, text, len);
    authority[len] = '\0';
    if (quantity_url(authority, 80, &https, host, sizeof(host), &port) < 0 || port == 0)
        return false;
    for (const char *p = host; *p != '\0'; p++)
        if (strchr(letters, *p) == NULL && strchr(".-:", *p) == NULL)
            return false;
    for (; *path != '\0'; path++)
        if (strchr(letters, *path) == NULL && strchr("/-._~", *path) == NULL)
            return false;
    return true;
}
