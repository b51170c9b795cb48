/*
 * test_quantity.c - what operators type as durations, shares, ports, names and addresses.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "server/quantity.h"

static void duration_is(const char *text, int64_t us)
{
    int64_t got = -12345;

    assert_int_equal(quantity_duration(text, &got), 0);
    assert_int_equal(got, us);
}

static void durations_have_units_and_signs(void **state)
{
    duration_is("80ms", 80000);
    duration_is("1.5s", 1500000);
    duration_is("250us", 250);
    duration_is("2m", 120000000);
    duration_is("+25h", 25 * 3600000000LL);
    duration_is("-90m", -90 * 60000000LL);
    duration_is("7d", 7 * 86400000000LL);
    duration_is("0", 0);
    duration_is("0.0000001s", 0);
}

static void other_durations_are_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "5",
                                        "ms",
                                        "5 ms",
                                        "5sec",
                                        "--5s",
                                        "1.s",
                                        ".5s",
                                        "5ms ",
                                        "1e3s",
                                        "0x5s",
                                        "5s5s",
                                        "99999999999999999999s",
                                        "99999999999d"};
    int64_t got;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (quantity_duration(wrong[i], &got) == 0)
            fail_msg("\"%s\" was taken as %ld us", wrong[i], got);
}

static void shares_are_percent_or_fractions_up_to_one(void **state)
{
    uint32_t ppm;

    assert_int_equal(quantity_share("5%", &ppm), 0);
    assert_int_equal(ppm, 50000);
    assert_int_equal(quantity_share("0.1%", &ppm), 0);
    assert_int_equal(ppm, 1000);
    assert_int_equal(quantity_share("0.05", &ppm), 0);
    assert_int_equal(ppm, 50000);
    assert_int_equal(quantity_share("100%", &ppm), 0);
    assert_int_equal(ppm, 1000000);
    assert_int_equal(quantity_share("100.1%", &ppm), ST_REFUSED);
    assert_int_equal(quantity_share("5", &ppm), ST_REFUSED);
    assert_int_equal(quantity_share("-1%", &ppm), ST_REFUSED);
    assert_int_equal(quantity_share("%", &ppm), ST_REFUSED);
}

static void sizes_have_binary_units(void **state)
{
    uint64_t bytes;

    assert_int_equal(quantity_bytes("64KiB", &bytes), 0);
    assert_int_equal(bytes, 65536);
    assert_int_equal(quantity_bytes("1.5GiB", &bytes), 0);
    assert_int_equal(bytes, UINT64_C(1536) << 20);
    assert_int_equal(quantity_bytes("2TiB", &bytes), 0);
    assert_int_equal(bytes, UINT64_C(2) << 40);
    assert_int_equal(quantity_bytes("64", &bytes), ST_REFUSED);
    assert_int_equal(quantity_bytes("64MB", &bytes), ST_REFUSED);
    assert_int_equal(quantity_bytes("-1MiB", &bytes), ST_REFUSED);
    assert_int_equal(quantity_bytes("99999999TiB", &bytes), ST_REFUSED);
    assert_int_equal(quantity_bytes("", &bytes), ST_REFUSED);
}

static void ports_are_1_to_65535(void **state)
{
    uint16_t port;

    assert_int_equal(quantity_port("65535", false, &port), 0);
    assert_int_equal(port, 65535);
    assert_int_equal(quantity_port("0", true, &port), 0);
    assert_int_equal(quantity_port("0", false, &port), ST_REFUSED);
    assert_int_equal(quantity_port("65536", false, &port), ST_REFUSED);
    assert_int_equal(quantity_port("80 ", false, &port), ST_REFUSED);
    assert_int_equal(quantity_port("-1", false, &port), ST_REFUSED);
    assert_int_equal(quantity_port("", false, &port), ST_REFUSED);
}

static void region_names_are_dns_labels(void **state)
{
    assert_true(region_name_valid("us-east-1"));
    assert_true(region_name_valid("x"));
    assert_false(region_name_valid(""));
    assert_false(region_name_valid("-a"));
    assert_false(region_name_valid("a-"));
    assert_false(region_name_valid("US"));
    assert_false(region_name_valid("a.b"));
    assert_false(region_name_valid("a/b"));
    assert_false(
        region_name_valid("0123456789012345678901234567890123456789012345678901234567890123"));
}

static void address_is(const char *text, const char *host, uint16_t port)
{
    char got[64];
    uint16_t got_port;

    assert_int_equal(quantity_address(text, 8100, got, sizeof(got), &got_port), 0);
    assert_string_equal(got, host);
    assert_int_equal(got_port, port);
}

static void addresses_have_hosts_and_perhaps_ports(void **state)
{
    char host[8];
    uint16_t port;

    address_is("10.0.0.1:9000", "10.0.0.1", 9000);
    address_is("db.example.net", "db.example.net", 8100);
    address_is("[::1]:9000", "::1", 9000);
    address_is("[::1]", "::1", 8100);
    address_is("::1", "::1", 8100);
    assert_int_equal(quantity_address("", 1, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_address(":80", 1, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_address("h:", 1, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_address("h:x", 1, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_address("[::1", 1, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_address("[::1]x", 1, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_address("12345678", 1, host, sizeof(host), &port), ST_REFUSED);
}

static void urls_have_a_scheme_perhaps_and_nothing_behind_the_authority(void **state)
{
    char host[16];
    uint16_t port;
    bool https;

    assert_int_equal(quantity_url("https://x.test/", 80, &https, host, sizeof(host), &port), 0);
    assert_true(https);
    assert_string_equal(host, "x.test");
    assert_int_equal(port, 443);
    assert_int_equal(quantity_url("http://[::1]:4567", 80, &https, host, sizeof(host), &port), 0);
    assert_false(https);
    assert_string_equal(host, "::1");
    assert_int_equal(port, 4567);
    assert_int_equal(quantity_url("x:1", 80, &https, host, sizeof(host), &port), 0);
    assert_int_equal(quantity_url("ftp://x", 80, &https, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_url("http://x/y", 80, &https, host, sizeof(host), &port), ST_REFUSED);
    assert_int_equal(quantity_url("http://", 80, &https, host, sizeof(host), &port), ST_REFUSED);
}

static void degrees_are_within_their_bounds(void **state)
{
    static const char *const wrong[] = {"90.000001", "", "-", "1e1", "1 ", "N"};
    int32_t millionths;

    assert_int_equal(quantity_degrees("-33.92", 90, &millionths), 0);
    assert_int_equal(millionths, -33920000);
    assert_int_equal(quantity_degrees("+180", 180, &millionths), 0);
    assert_int_equal(millionths, 180000000);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(quantity_degrees(wrong[i], 90, &millionths), ST_REFUSED);
}

static void web_addresses_have_a_scheme_and_nothing_to_escape(void **state)
{
    static const char *const wrong[] = {
        "db.example.net",  "javascript:alert(1)", "javascript://x", "https://",
        "https:///x",      "https://user:pw@x",   "https://x?y=z",  "https://x/?y",
        "https://x#y",     "https://x/\"",        "https://x y",    "https://x:0",
        "https://x:99999", "https://<x>"};

    assert_true(quantity_is_web_address("https://db.example.net"));
    assert_true(quantity_is_web_address("http://10.0.0.1:8000/console"));
    assert_true(quantity_is_web_address("https://[2001:db8::1]:8443/a/b-c_d.e~/"));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(quantity_is_web_address(wrong[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_units_and_signs),
        cmocka_unit_test(other_durations_are_refused),
        cmocka_unit_test(shares_are_percent_or_fractions_up_to_one),
        cmocka_unit_test(sizes_have_binary_units),
        cmocka_unit_test(ports_are_1_to_65535),
        cmocka_unit_test(region_names_are_dns_labels),
        cmocka_unit_test(addresses_have_hosts_and_perhaps_ports),
        cmocka_unit_test(urls_have_a_scheme_perhaps_and_nothing_behind_the_authority),
        cmocka_unit_test(degrees_are_within_their_bounds),
        cmocka_unit_test(web_addresses_have_a_scheme_and_nothing_to_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
