/*
 * test_number.c - numbers are exact decimals with DynamoDB's range, precision, text and messages.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

#define NINES_38 "99999999999999999999999999999999999999"
#define OVERFLOW                                                                                   \
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
#define UNDERFLOW                                                                                  \
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
#define DIGITS "Attempting to store more than 38 significant digits in a Number"
#define NOT_NUMERIC "The parameter cannot be converted to a numeric value"

static struct number number_of(const char *text)
{
    struct number number;
    struct refusal refusal;

    if (number_parse(slice_str(text), &number, &refusal) < 0)
        fail_msg("%s: %s", text, refusal.text);
    return number;
}

static void assert_prints(const struct number *number, const char *expected)
{
    char text[NUMBER_TEXT_BYTES_MAX + 1];

    text[number_print(number, text)] = '\0';
    assert_string_equal(text, expected);
}

static void text_is_canonical_and_never_has_an_exponent(void **state)
{
    static const char *const cases[][2] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.0", "0"},
        {"0E999", "0"},
        {"+7", "7"},
        {"007", "7"},
        {"1.50", "1.5"},
        {"1E-5", "0.00001"},
        {".5", "0.5"},
        {"5.", "5"},
        {"1e3", "1000"},
        {"12.5E+1", "125"},
        {"-12.50", "-12.5"},
        {"100", "100"},
        {"0.10e1", "1"},
        {"1234.5678", "1234.5678"},
        {"-1e-3", "-0.001"},
        {"20E-1", "2"},
        {NINES_38, NINES_38},
        {"0." NINES_38, "0." NINES_38},
        {"12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"},
        {"1E25", "10000000000000000000000000"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number number = number_of(cases[i][0]);

        assert_prints(&number, cases[i][1]);
    }
}

static void longest_texts_fit(void **state)
{
    char text[NUMBER_TEXT_BYTES_MAX];
    struct number number = number_of("-9.9999999999999999999999999999999999999E-130");

    (void)state;
    assert_int_equal(number_print(&number, text), 3 + 129 + 38);
    number = number_of("1E125");
    assert_int_equal(number_print(&number, text), 126);
}

static void text_that_is_no_number_is_refused_with_the_text(void **state)
{
    static const char *const cases[] = {
        "a",   " 1",  "1 ",  "+",     "-",   ".",        "1e",    "1e+", "e5",       "--1",
        "0x1", "1_0", "1,5", "1.2.3", "NaN", "Infinity", "1e5.0", "+.",  "\xd9\xa3",
    };
    struct refusal refusal;
    struct number number;
    char expected[100];

    (void)state;
    assert_int_equal(number_parse(SLICE(""), &number, &refusal), ST_REFUSED);
    assert_string_equal(refusal.text, NOT_NUMERIC);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(number_parse(slice_str(cases[i]), &number, &refusal), ST_REFUSED);
        snprintf(expected, sizeof(expected), NOT_NUMERIC ": %s", cases[i]);
        assert_string_equal(refusal.text, expected);
    }
}

static void range_and_precision_have_their_messages_magnitude_first(void **state)
{
    static const char *const cases[][2] = {
        {"1E125", NULL},
        {"9.9999999999999999999999999999999999999E125", NULL},
        {"1E126", OVERFLOW},
        {"-1E126", OVERFLOW},
        {"1E-130", NULL},
        {"9.99E-131", UNDERFLOW},
        {"-1E-131", UNDERFLOW},
        {"1e99999999999999999999", OVERFLOW},
        {"1e-99999999999999999999", UNDERFLOW},
        {"0e99999999999999999999", NULL},
        {NINES_38, NULL},
        {NINES_38 "9", DIGITS},
        {"0.0" NINES_38, NULL},
        {"1" NINES_38 "E-10", DIGITS},
        {"000" NINES_38 "000", NULL}, /* zeros around the digits do not count */
        {"1" NINES_38 "E88", OVERFLOW},
        {"1" NINES_38 "E-169", UNDERFLOW},
        {"100000000000000000000000000000000000000E-38", NULL},
    };
    struct refusal refusal;
    struct number number;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int rc = number_parse(slice_str(cases[i][0]), &number, &refusal);

        assert_int_equal(rc, cases[i][1] == NULL ? 0 : ST_REFUSED);
        if (rc < 0)
            assert_string_equal(refusal.text, cases[i][1]);
    }
}

/* Exponents and runs of zeros cancel out whatever their length. */
static void long_texts_are_numbers_too(void **state)
{
    enum { ZEROS = 100000 };
    char *text = malloc(ZEROS + 32);
    struct number number, one = number_of("1");

    (void)state;
    assert_non_null(text);
    text[0] = '1';
    memset(text + 1, '0', ZEROS);
    strcpy(text + 1 + ZEROS, "E-100000");
    number = number_of(text);
    assert_int_equal(number_cmp(&number, &one), 0);
    memcpy(text, "0.", 2);
    memset(text + 2, '0', ZEROS - 1);
    strcpy(text + 1 + ZEROS, "1E100000");
    number = number_of(text);
    assert_int_equal(number_cmp(&number, &one), 0);
    free(text);
}

static void order_is_numeric(void **state)
{
    static const char *const ascending[] = {
        "-9.9E125", "-1E125", "-100", "-99.5", "-2",   "-1.5",   "-1",     "-0.5",  "-1E-130",
        "0",        "1E-130", "0.1",  "0.25",  "0.3",  "1",      "1.0001", "2",     "9.99",
        "10",       "11",     "100",  "12345", "1E20", "1.1E20", "1E125",  "9E125",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ascending); i++) {
        for (size_t k = 0; k < ARRAY_LEN(ascending); k++) {
            struct number a = number_of(ascending[i]), b = number_of(ascending[k]);

            assert_int_equal(number_cmp(&a, &b), i < k ? -1 : i > k);
        }
    }
}

struct sum_case {
    const char *a, *operator, * b, *expected; /* a number, or a message */
    bool refused;
};

static void assert_sum(const struct sum_case *sum)
{
    struct number a = number_of(sum->a), b = number_of(sum->b), result;
    struct refusal refusal;
    int rc = sum->operator[0] == '+' ? number_add(&a, &b, &result, &refusal)
                                     : number_subtract(&a, &b, &result, &refusal);

    assert_int_equal(rc, sum->refused ? ST_REFUSED : 0);
    if (sum->refused)
        assert_string_equal(refusal.text, sum->expected);
    else
        assert_prints(&result, sum->expected);
}

static void sums_are_exact(void **state)
{
    static const struct sum_case cases[] = {
        {"1", "+", "2", "3", false},
        {"0.1", "+", "0.2", "0.3", false},
        {"1", "-", "1", "0", false},
        {"0", "-", "5", "-5", false},
        {"5", "-", "0", "5", false},
        {"-5", "+", "3", "-2", false},
        {"999", "+", "1", "1000", false},
        {"1000", "-", "0.001", "999.999", false},
        {NINES_38, "+", "1", "100000000000000000000000000000000000000", false},
        {"1E38", "-", "1", NINES_38, false},
        {"1E20", "+", "1E-17", "100000000000000000000.00000000000000001", false},
        {"123456789E10", "+", "-123456789E10", "0", false},
        {"-1E36", "-", "0.1", "-1000000000000000000000000000000000000.1", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_sum(&cases[i]);
}

static void sums_out_of_range_are_refused(void **state)
{
    static const struct sum_case cases[] = {
        {"9E125", "+", "1E125", OVERFLOW, true},
        {"-9E125", "-", "1E125", OVERFLOW, true},
        {"9.9999999999999999999999999999999999999E125", "+", "1E88", OVERFLOW, true},
        {"1.5E-130", "-", "1E-130", UNDERFLOW, true},
        {NINES_38, "+", "2", DIGITS, true},
        {"1E38", "+", "1", DIGITS, true},
        {"2E38", "-", "1", DIGITS, true},
        {"1E125", "+", "1E-130", DIGITS, true},
        {"1E125", "-", "1E-130", DIGITS, true},
        {"1E-130", "-", "1E125", DIGITS, true},
        /* too many digits and too large: the magnitude is reported */
        {"9.9999999999999999999999999999999999999E125", "+", "1.00000000000000000001E88", OVERFLOW,
         true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_sum(&cases[i]);
}

static void sizes_count_pairs_of_digits(void **state)
{
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {
        {"0", 1},           {"7", 2},     {"-12.50", 4},  {"123", 3},       {"-1.5", 4},
        {"1000", 2},        {"10.01", 3}, {"3.14159", 5}, {"0.0000001", 2}, {NINES_38, 20},
        {"-" NINES_38, 21}, {"1E125", 2}, {"1E-130", 2},  {"1200.5", 4},    {"100.001", 5},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number number = number_of(cases[i].text);

        assert_int_equal(number_size(&number), cases[i].size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_canonical_and_never_has_an_exponent),
        cmocka_unit_test(longest_texts_fit),
        cmocka_unit_test(text_that_is_no_number_is_refused_with_the_text),
        cmocka_unit_test(range_and_precision_have_their_messages_magnitude_first),
        cmocka_unit_test(long_texts_are_numbers_too),
        cmocka_unit_test(order_is_numeric),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(sums_out_of_range_are_refused),
        cmocka_unit_test(sizes_count_pairs_of_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
