/*
 * tls_certs.c - the certificates of links: one CA, one certificate for each Region.
 *
 * A folder has ca.pem and ca-key.pem, and for each Region REGION.pem and REGION-key.pem. The key is
 * always written before its certificate, and nothing that exists is written again: a run that was
 * cut short is continued by the next one, which takes the key that is there. A certificate that is
 * there is kept after a look at it: it must belong to its key, its CA and its Region.
 *
 * All keys are ECDSA on P-256. A Region's certificate never outlives its CA, and begins a day ago,
 * because clocks differ between machines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "http/tls_priv.h"

enum {
    VALID_DAYS = 3652, /* ten years */
    VALID_DAYS_BEFORE = 1,
    SERIAL_BITS = 127, /* so that it is positive and short. RFC 5280 has at most 20 bytes */
    NAME_BYTES = TLS_REGION_LEN_MAX + sizeof("-key.pem"),
};

/* A key, its certificate, and the names of their files in the folder. */
struct identity {
    char key_name[NAME_BYTES], certificate_name[NAME_BYTES];
    EVP_PKEY *key; /* NULL: the file is not there */
    X509 *certificate;
};

struct maker {
    const char *folder;
    int folder_fd;
    struct buf path; /* of the file in hand, ended by NUL */
    struct identity ca;
    X509_STORE *authorities; /* the CA alone */
};

static void identity_release(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    *identity = (struct identity){.key = NULL};
}

static void identity_init(struct identity *identity, const char *name)
{
    *identity = (struct identity){.key = NULL};
    snprintf(identity->key_name, sizeof(identity->key_name), "%s-key.pem", name);
    snprintf(identity->certificate_name, sizeof(identity->certificate_name), "%s.pem", name);
}

/* ---- files ---- */

/** The path of a file of the folder, valid until the next call; NULL: no memory. */
static const char *path_of(struct maker *maker, const char *name)
{
    buf_clear(&maker->path);
    buf_printf(&maker->path, "%s/%s", maker->folder, name);
    buf_append_u8(&maker->path, '\0');
    return buf_failed(&maker->path) ? NULL : (const char *)maker->path.ptr;
}

static bool file_exists(const struct maker *maker, const char *name)
{
    struct stat info;

    return fstatat(maker->folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/** Writes what is in `from` to a file that must not exist yet. */
static int write_file(const struct maker *maker, const char *name, BIO *from,
                      struct refusal *reterr)
{
    char *bytes;
    long len = BIO_get_mem_data(from, &bytes);
    int fd = openat(maker->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = 0;

    if (fd < 0)
        return refuse(reterr, "cannot create %s/%s: %s", maker->folder, name, strerror(errno));
    if (write_all(fd, (const uint8_t *)bytes, (size_t)len) < 0 || fsync(fd) < 0)
        rc = refuse(reterr, "cannot write %s/%s: %s", maker->folder, name, strerror(errno));
    if (close(fd) < 0 && rc == 0)
        rc = refuse(reterr, "cannot write %s/%s: %s", maker->folder, name, strerror(errno));
    if (rc < 0)
        unlinkat(maker->folder_fd, name, 0);
    return rc;
}

static int write_key(const struct maker *maker, const struct identity *identity,
                     struct refusal *reterr)
{
    BIO *text = BIO_new(BIO_s_mem()); /* wiped when freed */
    int rc = ST_NOMEM;

    if (text != NULL &&
        PEM_write_bio_PKCS8PrivateKey(text, identity->key, NULL, NULL, 0, NULL, NULL) == 1)
        rc = write_file(maker, identity->key_name, text, reterr);
    BIO_free(text);
    return rc;
}

static int write_certificate(const struct maker *maker, const struct identity *identity,
                             struct refusal *reterr)
{
    BIO *text = BIO_new(BIO_s_mem());
    int rc = ST_NOMEM;

    if (text != NULL && PEM_write_bio_X509(text, identity->certificate) == 1)
        rc = write_file(maker, identity->certificate_name, text, reterr);
    BIO_free(text);
    return rc;
}

/** Reads what is there of the two files. */
static int identity_read(struct maker *maker, struct identity *identity, struct refusal *reterr)
{
    const char *path;
    int rc = 0;

    if (file_exists(maker, identity->key_name)) {
        path = path_of(maker, identity->key_name);
        rc = path ? tls__read_key(path, &identity->key, reterr) : ST_NOMEM;
    }
    if (rc == 0 && file_exists(maker, identity->certificate_name)) {
        path = path_of(maker, identity->certificate_name);
        rc = path ? tls__read_certificate(path, &identity->certificate, reterr) : ST_NOMEM;
    }
    if (rc == 0 && identity->key != NULL && identity->certificate != NULL &&
        X509_check_private_key(identity->certificate, identity->key) != 1) {
        ERR_clear_error();
        rc = refuse(reterr, "%s and %s in %s do not belong together", identity->key_name,
                    identity->certificate_name, maker->folder);
    }
    return rc;
}

/* ---- making ---- */

/** Makes and writes the key unless there is one. */
static int need_key(const struct maker *maker, struct identity *identity, struct refusal *reterr)
{
    if (identity->key != NULL)
        return 0;
    identity->key = EVP_EC_gen("P-256");
    if (identity->key == NULL)
        return refuse(reterr, "cannot make a key: %s", tls__error_text());
    return write_key(maker, identity, reterr);
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool good = number != NULL &&
                BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

    BN_free(number);
    return good;
}

static bool set_dates(X509 *certificate, const X509 *issuer)
{
    if (X509_time_adj_ex(X509_getm_notBefore(certificate), -VALID_DAYS_BEFORE, 0, NULL) == NULL ||
        X509_time_adj_ex(X509_getm_notAfter(certificate), VALID_DAYS, 0, NULL) == NULL)
        return false;
    if (issuer == NULL ||
        ASN1_TIME_compare(X509_get0_notAfter(certificate), X509_get0_notAfter(issuer)) <= 0)
        return true;
    return X509_set1_notAfter(certificate, X509_get0_notAfter(issuer)) == 1;
}

static bool set_names(X509 *certificate, const char *common_name, const X509 *issuer)
{
    X509_NAME *name = X509_get_subject_name(certificate);

    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Tropic", -1,
                                      -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name,
                                      -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : name) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;
    bool good;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

struct extension {
    int nid;
    const char *value;
};

/** region NULL: the CA itself. The order matters: an authority key id refers to a subject key id.
 */
static bool add_extensions(X509 *certificate, X509 *issuer, const char *region)
{
    static const struct extension of_ca[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    char alternative[sizeof("DNS:") + TLS_REGION_LEN_MAX + sizeof(TLS_REGION_SUFFIX)];
    const struct extension of_region[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"}, /* a Region is either end of a link */
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, alternative},
    };
    const struct extension *extensions = region ? of_region : of_ca;
    size_t count = region ? ARRAY_LEN(of_region) : ARRAY_LEN(of_ca);

    if (region != NULL)
        snprintf(alternative, sizeof(alternative), "DNS:%s%s", region, TLS_REGION_SUFFIX);
    for (size_t i = 0; i < count; i++)
        if (!add_extension(certificate, issuer, extensions[i].nid, extensions[i].value))
            return false;
    return true;
}

/** A certificate for identity->key, signed by ca (itself: the CA's own), and writes it. */
static int make_certificate(const struct maker *maker, struct identity *identity,
                            const struct identity *ca, const char *region, struct refusal *reterr)
{
    X509 *issuer = region ? ca->certificate : NULL;
    X509 *certificate = X509_new();
    int rc;

    if (certificate == NULL || X509_set_version(certificate, X509_VERSION_3) != 1 ||
        !set_serial(certificate) || !set_dates(certificate, issuer) ||
        !set_names(certificate, region ? region : "Tropic links CA", issuer) ||
        X509_set_pubkey(certificate, identity->key) != 1 ||
        !add_extensions(certificate, issuer ? issuer : certificate, region) ||
        X509_sign(certificate, ca->key, EVP_sha256()) == 0) {
        rc = refuse(reterr, "cannot make a certificate: %s", tls__error_text());
        X509_free(certificate);
        return rc;
    }
    identity->certificate = certificate;
    return write_certificate(maker, identity, reterr);
}

/* ---- the CA ---- */

/** Makes the CA, or takes the one that is there. Its key may be missing, see need_ca_key(). */
static int take_ca(struct maker *maker, struct refusal *reterr)
{
    int rc;

    identity_init(&maker->ca, "ca");
    rc = identity_read(maker, &maker->ca, reterr);
    if (rc < 0)
        return rc;
    if (maker->ca.certificate == NULL) {
        rc = need_key(maker, &maker->ca, reterr);
        if (rc < 0)
            return rc;
        rc = make_certificate(maker, &maker->ca, &maker->ca, NULL, reterr);
        if (rc < 0)
            return rc;
    }
    if (X509_check_ca(maker->ca.certificate) == 0)
        return refuse(reterr, "ca.pem in %s is not the certificate of a CA", maker->folder);
    maker->authorities = X509_STORE_new();
    if (maker->authorities == NULL ||
        X509_STORE_add_cert(maker->authorities, maker->ca.certificate) != 1)
        return ST_NOMEM;
    return 0;
}

static int need_ca_key(const struct maker *maker, struct refusal *reterr)
{
    if (maker->ca.key == NULL)
        return refuse(reterr, "ca-key.pem is not in %s; without it no Region can be added",
                      maker->folder);
    if (X509_cmp_current_time(X509_get0_notAfter(maker->ca.certificate)) <= 0)
        return refuse(reterr, "ca.pem in %s has expired; make a new folder", maker->folder);
    return 0;
}

/* ---- one Region ---- */

/** Is what is there usable? */
static int check_region(const struct maker *maker, const struct identity *identity,
                        const char *region, struct refusal *reterr)
{
    char named[TLS_REGION_LEN_MAX + 1];
    const char *wrong = NULL;

    if (identity->key == NULL)
        wrong = "its key is not there";
    else if (!tls__signed_by(identity->certificate, maker->authorities))
        wrong = "ca.pem has not signed it";
    else if (tls__certificate_region(identity->certificate, named, NULL) < 0 ||
             strcmp(named, region) != 0)
        wrong = "it names another Region";
    else if (X509_cmp_current_time(X509_get0_notAfter(identity->certificate)) <= 0)
        wrong = "it has expired";
    if (wrong != NULL)
        return refuse(reterr, "%s in %s is of no use: %s; move it away to get a new one",
                      identity->certificate_name, maker->folder, wrong);
    return 0;
}

static int take_region(struct maker *maker, const char *region, struct refusal *reterr)
{
    struct identity identity;
    int rc;

    identity_init(&identity, region);
    rc = identity_read(maker, &identity, reterr);
    if (rc < 0)
        goto out;
    if (identity.certificate != NULL) {
        rc = check_region(maker, &identity, region, reterr);
        goto out;
    }
    rc = need_ca_key(maker, reterr);
    if (rc < 0)
        goto out;
    rc = need_key(maker, &identity, reterr);
    if (rc < 0)
        goto out;
    rc = make_certificate(maker, &identity, &maker->ca, region, reterr);
out:
    identity_release(&identity);
    return rc;
}

/* ---- all of it ---- */

/** Names that are none, and those whose files would be another's. */
static int check_names(const char *const *regions, size_t count, struct refusal *reterr)
{
    static const char reserved[] = "-key";
    size_t reserved_len = sizeof(reserved) - 1;

    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(regions[i]);

        if (!tls__region_valid(regions[i], len))
            return refuse(reterr, "\"%.*s\" cannot name a Region; use 1 to %d of a-z, 0-9 and -",
                          TLS_REGION_LEN_MAX + 1, regions[i], TLS_REGION_LEN_MAX);
        if (strcmp(regions[i], "ca") == 0 ||
            (len >= reserved_len && strcmp(regions[i] + len - reserved_len, reserved) == 0))
            return refuse(reterr,
                          "no certificate can be made for a Region named %s: its file "
                          "would have the name of another file",
                          regions[i]);
    }
    return 0;
}

static int open_folder(struct maker *maker, struct refusal *reterr)
{
    if (mkdir(maker->folder, 0700) < 0 && errno != EEXIST)
        return refuse(reterr, "cannot create the folder %s: %s", maker->folder, strerror(errno));
    maker->folder_fd = open(maker->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maker->folder_fd < 0)
        return refuse(reterr, "cannot open the folder %s: %s", maker->folder, strerror(errno));
    return 0;
}

int tls_make_certificates(const char *folder, const char *const *regions, size_t region_count,
                          struct refusal *reterr)
{
    struct maker maker = {.folder = folder, .folder_fd = -1};
    int rc;

    rc = check_names(regions, region_count, reterr);
    if (rc < 0)
        goto out;
    rc = open_folder(&maker, reterr);
    if (rc < 0)
        goto out;
    rc = take_ca(&maker, reterr);
    for (size_t i = 0; i < region_count && rc == 0; i++)
        rc = take_region(&maker, regions[i], reterr);
    if (rc == 0 && fsync(maker.folder_fd) < 0)
        rc = refuse(reterr, "cannot write the folder %s: %s", folder, strerror(errno));
out:
    if (maker.folder_fd >= 0)
        close(maker.folder_fd);
    X509_STORE_free(maker.authorities);
    identity_release(&maker.ca);
    buf_release(&maker.path);
    ERR_clear_error();
    return rc;
}
