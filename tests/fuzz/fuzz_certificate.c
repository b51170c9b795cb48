/*
 * fuzz_certificate.c - the Region that a certificate with hostile alternative names stands for.
 *
 * What is accepted must be a Region's name: it goes into logs and is compared with the peers'.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "http/tls_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    X509 *certificate = X509_new();
    ASN1_OCTET_STRING *names = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    char region[TLS_REGION_LEN_MAX + 1];

    if (certificate != NULL && names != NULL && ASN1_OCTET_STRING_set(names, data, (int)size) == 1)
        extension = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, names);
    if (extension != NULL && X509_add_ext(certificate, extension, -1) == 1 &&
        tls__certificate_region(certificate, region, NULL) == 0 &&
        !tls__region_valid(region, strlen(region)))
        abort();
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(names);
    X509_free(certificate);
    return 0;
}
