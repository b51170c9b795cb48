/*
 * tls_fixture.h - certificates for tests: a folder that tls_make_certificates() fills, and
 * certificates that it would never make.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_TLS_FIXTURE_H
#define TROPIC_TESTS_TLS_FIXTURE_H

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "http/tls.h"

enum { PATH_BYTES = 128 };

struct folder {
    char path[64];
};

static inline void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof(folder->path), "/tmp/tropic-certs-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static inline const char *folder_path(const struct folder *folder, const char *name,
                                      char to[PATH_BYTES])
{
    assert_true(snprintf(to, PATH_BYTES, "%s/%s", folder->path, name) < PATH_BYTES);
    return to;
}

static inline void folder_remove(const struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder->path);
}

static inline void make_certificates(const struct folder *folder, const char *const *regions,
                                     size_t count)
{
    struct refusal refusal = {.text = ""};
    int rc = tls_make_certificates(folder->path, regions, count, &refusal);

    if (rc < 0)
        fail_msg("%s", refusal.text);
}

/** The settings of a Region with the files REGION.pem and REGION-key.pem. */
static inline struct tls *links_tls(const struct folder *folder, const char *region)
{
    char ca[PATH_BYTES], certificate[PATH_BYTES], key[PATH_BYTES], name[80];
    struct refusal refusal = {.text = ""};
    struct tls *tls = NULL;

    snprintf(name, sizeof(name), "%s.pem", region);
    folder_path(folder, name, certificate);
    snprintf(name, sizeof(name), "%s-key.pem", region);
    folder_path(folder, name, key);
    if (tls_links_new(folder_path(folder, "ca.pem", ca), certificate, key, &tls, &refusal) < 0)
        fail_msg("%s", refusal.text);
    return tls;
}

static inline FILE *folder_open(const struct folder *folder, const char *name, const char *mode)
{
    char path[PATH_BYTES];
    FILE *file = fopen(folder_path(folder, name, path), mode);

    assert_non_null(file);
    return file;
}

static inline X509 *read_certificate(const struct folder *folder, const char *name)
{
    FILE *file = folder_open(folder, name, "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

static inline EVP_PKEY *read_key(const struct folder *folder, const char *name)
{
    FILE *file = folder_open(folder, name, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

    fclose(file);
    assert_non_null(key);
    return key;
}

/**
 * Writes REGION's certificate anew, signed by the folder's CA: with these alternative names (NULL:
 * none) and ending so many days from now.
 */
static inline void forge_certificate(const struct folder *folder, const char *region,
                                     const char *names, int days_left)
{
    char file_name[80];
    X509 *ca = read_certificate(folder, "ca.pem"), *old, *made = X509_new();
    EVP_PKEY *ca_key = read_key(folder, "ca-key.pem");
    FILE *file;

    snprintf(file_name, sizeof(file_name), "%s.pem", region);
    old = read_certificate(folder, file_name);
    assert_int_equal(X509_set_version(made, X509_VERSION_3), 1);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 7);
    assert_non_null(X509_time_adj_ex(X509_getm_notBefore(made), -30, 0, NULL));
    assert_non_null(X509_time_adj_ex(X509_getm_notAfter(made), days_left, 0, NULL));
    assert_int_equal(X509_set_issuer_name(made, X509_get_subject_name(ca)), 1);
    assert_int_equal(X509_set_subject_name(made, X509_get_subject_name(old)), 1);
    assert_int_equal(X509_set_pubkey(made, X509_get0_pubkey(old)), 1);
    if (names != NULL) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

        assert_non_null(extension);
        X509_add_ext(made, extension, -1);
        X509_EXTENSION_free(extension);
    }
    assert_true(X509_sign(made, ca_key, EVP_sha256()) > 0);
    file = folder_open(folder, file_name, "w");
    assert_int_equal(PEM_write_X509(file, made), 1);
    fclose(file);
    X509_free(made);
    X509_free(old);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
}

#endif
