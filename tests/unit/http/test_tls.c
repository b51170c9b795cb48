/*
 * test_tls.c - certificates for links, and what the three kinds of settings refuse.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "http/tls_priv.h"
#include "tls_fixture.h"

static const char *const regions[] = {"us-east-1", "eu-west-1"};

static int setup(void **state)
{
    struct folder *folder = test_calloc(1, sizeof(*folder));

    folder_make(folder);
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    test_free(*state);
    return 0;
}

/** Makes certificates, expecting a refusal that contains `words`. */
static void refused(const struct folder *folder, const char *const *names, size_t count,
                    const char *words)
{
    struct refusal *refusal = test_calloc(1, sizeof(*refusal));

    assert_int_equal(tls_make_certificates(folder->path, names, count, refusal), ST_REFUSED);
    assert_null(strchr(refusal->text, '\n')); /* one line for the operator */
    if (strstr(refusal->text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", refusal->text, words);
    test_free(refusal);
}

static void links_refused(const struct folder *folder, const char *ca, const char *certificate,
                          const char *key, const char *words)
{
    char paths[3][PATH_BYTES];
    struct refusal *refusal = test_calloc(1, sizeof(*refusal));
    struct tls *tls;

    assert_int_equal(tls_links_new(folder_path(folder, ca, paths[0]),
                                   folder_path(folder, certificate, paths[1]),
                                   folder_path(folder, key, paths[2]), &tls, refusal),
                     ST_REFUSED);
    assert_null(strchr(refusal->text, '\n'));
    if (strstr(refusal->text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", refusal->text, words);
    test_free(refusal);
}

static void move(const struct folder *folder, const char *from, const char *to)
{
    char a[PATH_BYTES], b[PATH_BYTES];

    assert_int_equal(rename(folder_path(folder, from, a), folder_path(folder, to, b)), 0);
}

static void write_text(const struct folder *folder, const char *name, const char *text)
{
    FILE *file = folder_open(folder, name, "w");

    fputs(text, file);
    fclose(file);
}

/* ---- making certificates ---- */

static void only_the_owner_reads_the_files(void **state)
{
    static const char *const names[] = {"ca.pem",        "ca-key.pem",        "us-east-1.pem",
                                        "eu-west-1.pem", "us-east-1-key.pem", "eu-west-1-key.pem"};
    char path[PATH_BYTES];
    struct stat info;

    make_certificates(*state, regions, 2);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(stat(folder_path(*state, names[i], path), &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
    }
}

static void a_folder_is_created(void **state)
{
    struct folder inner;
    struct stat info;

    snprintf(inner.path, sizeof(inner.path), "%.50s/inner", ((struct folder *)*state)->path);
    make_certificates(&inner, regions, 1);
    assert_int_equal(stat(inner.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    folder_remove(&inner);
}

static void a_certificate_names_its_region(void **state)
{
    struct tls *tls;
    char region[TLS_REGION_LEN_MAX + 1];
    X509 *certificate;

    make_certificates(*state, regions, 2);
    tls = links_tls(*state, "eu-west-1");
    assert_int_equal(tls_links_region(tls, region), 0);
    assert_string_equal(region, "eu-west-1");
    tls_free(tls);

    certificate = read_certificate(*state, "us-east-1.pem");
    assert_int_equal(X509_check_host(certificate, "us-east-1.tropic", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(certificate, "eu-west-1.tropic", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ca(certificate), 0);
    X509_free(certificate);
}

static void the_longest_name_fits(void **state)
{
    char name[TLS_REGION_LEN_MAX + 2], region[TLS_REGION_LEN_MAX + 1];
    const char *one[] = {name};
    struct tls *tls;

    memset(name, 'r', sizeof(name));
    name[TLS_REGION_LEN_MAX] = '\0';
    make_certificates(*state, one, 1);
    tls = links_tls(*state, name);
    assert_int_equal(tls_links_region(tls, region), 0);
    assert_string_equal(region, name);
    tls_free(tls);

    name[TLS_REGION_LEN_MAX] = 'r';
    name[TLS_REGION_LEN_MAX + 1] = '\0';
    refused(*state, one, 1, "cannot name a Region");
}

static void names_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {"", "EU", "a.b", "../x", "a/b", "eu west", "\xc3\xa9"};
    char path[PATH_BYTES];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refused(*state, &bad[i], 1, "cannot name a Region");
    refused(*state, (const char *const[]){"ca"}, 1, "another file");
    refused(*state, (const char *const[]){"us-key"}, 1, "another file");
    /* Nothing was made before all names were looked at. */
    assert_int_equal(access(folder_path(*state, "ca.pem", path), F_OK), -1);
}

static void what_is_there_is_kept(void **state)
{
    X509 *ca, *ca_again, *first, *first_again;

    make_certificates(*state, regions, 1);
    ca = read_certificate(*state, "ca.pem");
    first = read_certificate(*state, "us-east-1.pem");
    make_certificates(*state, regions, 2);
    ca_again = read_certificate(*state, "ca.pem");
    first_again = read_certificate(*state, "us-east-1.pem");
    assert_int_equal(X509_cmp(ca, ca_again), 0);
    assert_int_equal(X509_cmp(first, first_again), 0);
    tls_free(links_tls(*state, "eu-west-1"));
    X509_free(ca);
    X509_free(ca_again);
    X509_free(first);
    X509_free(first_again);
}

static void a_run_that_was_cut_short_is_continued(void **state)
{
    char path[PATH_BYTES];

    make_certificates(*state, regions, 1);
    unlink(folder_path(*state, "us-east-1.pem",
                       path)); /* the key was written, then the power failed */
    make_certificates(*state, regions, 1);
    tls_free(links_tls(*state, "us-east-1"));
    unlink(folder_path(*state, "ca.pem", path));
    make_certificates(*state, regions, 1);
    tls_free(links_tls(*state, "us-east-1")); /* the same key has signed it */
}

static void without_the_authority_key_nothing_is_added(void **state)
{
    make_certificates(*state, regions, 1);
    move(*state, "ca-key.pem", "elsewhere");
    make_certificates(*state, regions, 1); /* nothing to do */
    refused(*state, regions, 2, "ca-key.pem is not in");
}

static void what_does_not_fit_is_refused(void **state)
{
    make_certificates(*state, regions, 2);
    move(*state, "us-east-1-key.pem", "elsewhere");
    refused(*state, regions, 1, "its key is not there");
    move(*state, "eu-west-1-key.pem", "us-east-1-key.pem");
    refused(*state, regions, 1, "do not belong together");
    move(*state, "elsewhere", "us-east-1-key.pem");
    forge_certificate(*state, "us-east-1", "DNS:eu-west-1.tropic", 10);
    refused(*state, regions, 1, "names another Region");
    forge_certificate(*state, "us-east-1", "DNS:us-east-1.tropic", -1);
    refused(*state, regions, 1, "has expired");
    write_text(*state, "us-east-1.pem", "nonsense");
    refused(*state, regions, 1, "holds no certificate");
    move(*state, "ca.pem", "old-ca");
    move(*state, "ca-key.pem", "old-ca-key");
    refused(*state, regions, 1, "holds no certificate");
}

static void a_certificate_of_another_authority_is_refused(void **state)
{
    make_certificates(*state, regions, 1);
    move(*state, "ca.pem", "old");
    move(*state, "ca-key.pem", "old-key");
    refused(*state, regions, 1, "ca.pem has not signed it");
}

static void a_folder_that_cannot_be_made_is_refused(void **state)
{
    struct folder folder = {.path = "/proc/nothing/here"};

    refused(&folder, regions, 1, "cannot create the folder");
    write_text(*state, "file", "");
    snprintf(folder.path, sizeof(folder.path), "%.50s/file", ((struct folder *)*state)->path);
    refused(&folder, regions, 1, "cannot open the folder");
}

/* ---- settings ---- */

static void links_need_all_files_to_fit(void **state)
{
    struct folder *folder = *state, other;
    char from[PATH_BYTES], to[PATH_BYTES];

    make_certificates(folder, regions, 2);
    links_refused(folder, "none", "us-east-1.pem", "us-east-1-key.pem", "cannot open");
    links_refused(folder, "ca.pem", "none", "us-east-1-key.pem", "cannot open");
    links_refused(folder, "ca.pem", "us-east-1.pem", "none", "cannot open");
    links_refused(folder, ".", "us-east-1.pem", "us-east-1-key.pem", "no certificate");
    links_refused(folder, "ca-key.pem", "us-east-1.pem", "us-east-1-key.pem", "no certificate");
    links_refused(folder, "ca.pem", "us-east-1.pem", "us-east-1.pem", "no private key");
    links_refused(folder, "ca.pem", "us-east-1.pem", "eu-west-1-key.pem", "does not belong");

    folder_make(&other);
    make_certificates(&other, regions, 1);
    assert_int_equal(
        rename(folder_path(&other, "ca.pem", from), folder_path(folder, "other-ca.pem", to)), 0);
    links_refused(folder, "other-ca.pem", "us-east-1.pem", "us-east-1-key.pem",
                  "was not signed by the CA");
    folder_remove(&other);
}

static void links_need_one_region_in_the_certificate(void **state)
{
    static const char *const none[] = {
        NULL,          "DNS:us-east-1.example", "DNS:.tropic", "DNS:*.tropic", "DNS:a.b.tropic",
        "IP:10.0.0.1", "email:us-east-1.tropic"};

    make_certificates(*state, regions, 1);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        forge_certificate(*state, "us-east-1", none[i], 10);
        links_refused(*state, "ca.pem", "us-east-1.pem", "us-east-1-key.pem", "names no Region");
    }
    forge_certificate(*state, "us-east-1", "DNS:a.tropic,DNS:b.tropic", 10);
    links_refused(*state, "ca.pem", "us-east-1.pem", "us-east-1-key.pem", "more than one Region");
    forge_certificate(*state, "us-east-1", "DNS:a.tropic,DNS:db.example,IP:10.0.0.1", 10);
    tls_free(links_tls(*state, "us-east-1"));
}

static void an_expired_certificate_does_not_keep_a_region_from_starting(void **state)
{
    make_certificates(*state, regions, 1);
    forge_certificate(*state, "us-east-1", "DNS:us-east-1.tropic", -1);
    tls_free(links_tls(*state, "us-east-1"));
}

static void a_key_under_a_password_is_refused(void **state)
{
    EVP_PKEY *key;
    FILE *file;

    make_certificates(*state, regions, 1);
    key = read_key(*state, "us-east-1-key.pem");
    file = folder_open(*state, "locked.pem", "w");
    assert_int_equal(
        PEM_write_PKCS8PrivateKey(file, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL), 1);
    fclose(file);
    EVP_PKEY_free(key);
    links_refused(*state, "ca.pem", "us-east-1.pem", "locked.pem", "without a password");
}

static void clients_and_their_port(void **state)
{
    struct folder *folder = *state;
    char certificate[PATH_BYTES], key[PATH_BYTES], ca[PATH_BYTES];
    char region[TLS_REGION_LEN_MAX + 1];
    struct refusal *refusal = test_calloc(1, sizeof(*refusal));
    struct tls *tls = NULL;

    make_certificates(folder, regions, 1);
    folder_path(folder, "us-east-1.pem", certificate);
    folder_path(folder, "us-east-1-key.pem", key);
    folder_path(folder, "ca.pem", ca);

    assert_int_equal(tls_server_new(certificate, key, &tls, refusal), 0);
    assert_int_equal(tls_links_region(tls, region), ST_NOTFOUND);
    tls_free(tls);
    assert_int_equal(tls_server_new(certificate, certificate, &tls, refusal), ST_REFUSED);
    assert_int_equal(tls_server_new("/nothing", key, &tls, refusal), ST_REFUSED);
    assert_string_equal(refusal->text, "cannot open /nothing: No such file or directory");

    assert_int_equal(tls_client_new(ca, &tls, refusal), 0);
    tls_free(tls);
    assert_int_equal(tls_client_new(NULL, &tls, refusal), 0);
    tls_free(tls);
    assert_int_equal(tls_client_new(key, &tls, refusal), ST_REFUSED);
    tls_free(NULL);
    test_free(refusal);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(only_the_owner_reads_the_files),
        TEST(a_folder_is_created),
        TEST(a_certificate_names_its_region),
        TEST(the_longest_name_fits),
        TEST(names_that_are_none_are_refused),
        TEST(what_is_there_is_kept),
        TEST(a_run_that_was_cut_short_is_continued),
        TEST(without_the_authority_key_nothing_is_added),
        TEST(what_does_not_fit_is_refused),
        TEST(a_certificate_of_another_authority_is_refused),
        TEST(a_folder_that_cannot_be_made_is_refused),
        TEST(links_need_all_files_to_fit),
        TEST(links_need_one_region_in_the_certificate),
        TEST(an_expired_certificate_does_not_keep_a_region_from_starting),
        TEST(a_key_under_a_password_is_refused),
        TEST(clients_and_their_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
