/*
 * quantity.h - durations, shares, ports, names and addresses as people write them.
 *
 *     int64_t delay_us;
 *     rc = quantity_duration("80ms", &delay_us);      80 * 1000
 *
 * Each answers 0, or ST_REFUSED without words: the caller knows what the text was meant to be. No
 * floating point: fractions are read digit by digit ("1.5s").
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_QUANTITY_H
#define TROPIC_SERVER_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** "80ms", "1.5s", "2m", "25h", "7d", "250us", with + or - before it; a bare number only when 0. */
int quantity_duration(const char *text, int64_t *ret_us);
/** "5%", "0.1%", or "0.05": 0 to 1, in millionths. */
int quantity_share(const char *text, uint32_t *ret_ppm);
/** "512MiB", "1.5GiB", "64KiB", in bytes. */
int quantity_bytes(const char *text, uint64_t *ret_bytes);
/** A whole number from 0 to max. */
int quantity_count(const char *text, uint32_t max, uint32_t *ret_count);
/** "-33.92": degrees from -max to max, in millionths. */
int quantity_degrees(const char *text, int32_t max, int32_t *ret_millionths);
/** 1 to 65535; 0 too when `zero` (any free port). */
int quantity_port(const char *text, bool zero, uint16_t *ret_port);

enum { REGION_NAME_LEN_MAX = 63 };
/** A Region's name: 1 to 63 of [a-z0-9-], no '-' at its ends: it is a DNS label in certificates. */
bool region_name_valid(const char *name);

/**
 * "host:port", "host", "[::1]:8100": the host without brackets into `host`, the port into *ret_port
 * (port_default when absent).
 */
int quantity_address(const char *text, uint16_t port_default, char *host, size_t host_size,
                     uint16_t *ret_port);
/** "http://host:port/", "https://host" (port 443), "host:port": nothing may follow the authority.
 */
int quantity_url(const char *text, uint16_t port_default, bool *ret_https, char *host,
                 size_t host_size, uint16_t *ret_port);
/** "https://db.example.net:8443/console": with a scheme, http or https, and perhaps a path; no
 * user, query, fragment, or anything that would need escaping. */
bool quantity_is_web_address(const char *text);

#endif
