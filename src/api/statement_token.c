/*
 * statement_token.c - NextToken: where the next page of a SELECT begins, as an opaque text.
 *
 *   token := base64( format (1), statement (16), key item, HMAC (16) )
 *
 * `statement` is a hash of the statement's text, its parameters and the table's id: a token belongs
 * to all of these. The HMAC under the data folder's key covers everything before it, so a token was
 * made by this Region, and the key in it need not be trusted less than one from storage.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "api/statement.h"

enum { TOKEN_FORMAT = 1, TOKEN_STATEMENT = 16, TOKEN_HEAD = 1 + TOKEN_STATEMENT, TOKEN_MAC = 16 };

static int hash_statement(const struct statement *statement, uint8_t ret_hash[TOKEN_STATEMENT])
{
    struct buf bytes = BUF_EMPTY;
    uint8_t full[EVP_MAX_MD_SIZE];
    int rc = 0;

    buf_append_str(&bytes, statement->schema->table_id);
    buf_append_sized(&bytes, statement->text);
    for (size_t i = 0; i < statement->parameter_count; i++)
        buf_append_sized(&bytes, statement->parameters[i]);
    if (buf_failed(&bytes) || EVP_Digest(bytes.ptr, bytes.len, full, NULL, EVP_sha256(), NULL) != 1)
        rc = ST_NOMEM;
    else
        memcpy(ret_hash, full, TOKEN_STATEMENT);
    buf_release(&bytes);
    return rc;
}

static int make_mac(const struct statement *statement, struct slice body,
                    uint8_t ret_mac[TOKEN_MAC])
{
    static const struct slice purpose = SLICE("partiql next token");
    const struct hosted_region *region = statement->call->region;
    uint8_t key[EVP_MAX_MD_SIZE], full[EVP_MAX_MD_SIZE];
    unsigned key_len = 0, len = 0;

    /* A key of its own: shard iterators are made under the same one. */
    if (HMAC(EVP_sha256(), region->iterator_key, ITERATOR_KEY_BYTES, purpose.ptr, purpose.len, key,
             &key_len) == NULL ||
        HMAC(EVP_sha256(), key, (int)key_len, body.ptr, body.len, full, &len) == NULL ||
        len < TOKEN_MAC)
        return ST_NOMEM;
    memcpy(ret_mac, full, TOKEN_MAC);
    return 0;
}

int statement_token_print(const struct statement *statement, struct slice key_item,
                          struct slice *ret_text)
{
    size_t body_len = TOKEN_HEAD + key_item.len, len = body_len + TOKEN_MAC;
    uint8_t *bytes = arena_alloc(statement->arena, len);
    uint8_t *text = arena_alloc(statement->arena, (len + 2) / 3 * 4 + 1);
    int rc;

    if (bytes == NULL || text == NULL)
        return ST_NOMEM;
    bytes[0] = TOKEN_FORMAT;
    memcpy(bytes + TOKEN_HEAD, key_item.ptr, key_item.len);
    rc = hash_statement(statement, bytes + 1);
    if (rc == 0)
        rc = make_mac(statement, slice_of(bytes, body_len), bytes + body_len);
    if (rc < 0)
        return rc;
    *ret_text = slice_of(text, (size_t)EVP_EncodeBlock(text, bytes, (int)len));
    return 0;
}

/** False: not base64. */
static bool decode(struct arena *arena, struct slice text, struct slice *ret_bytes)
{
    uint8_t *bytes = arena_alloc(arena, text.len / 4 * 3 + 1);
    int len;

    if (bytes == NULL || text.len == 0 || text.len % 4 != 0)
        return false;
    len = EVP_DecodeBlock(bytes, text.ptr, (int)text.len);
    if (len < 0)
        return false;
    for (size_t i = text.len; i > text.len - 2 && text.ptr[i - 1] == '='; i--)
        len--;
    *ret_bytes = slice_of(bytes, (size_t)len);
    return true;
}

int statement_token_parse(const struct statement *statement, struct slice text,
                          struct slice *ret_key_item)
{
    uint8_t hash[TOKEN_STATEMENT], mac[TOKEN_MAC];
    struct slice bytes;
    size_t body_len;
    int rc;

    if (!decode(statement->arena, text, &bytes) || bytes.len < TOKEN_HEAD + TOKEN_MAC)
        return api_refuse(statement->error, API_VALIDATION, MESSAGE_INVALID_NEXT_TOKEN);
    body_len = bytes.len - TOKEN_MAC;
    rc = make_mac(statement, slice_of(bytes.ptr, body_len), mac);
    if (rc == 0)
        rc = hash_statement(statement, hash);
    if (rc < 0)
        return rc;
    if (CRYPTO_memcmp(mac, bytes.ptr + body_len, TOKEN_MAC) != 0 || bytes.ptr[0] != TOKEN_FORMAT)
        return api_refuse(statement->error, API_VALIDATION, MESSAGE_INVALID_NEXT_TOKEN);
    if (memcmp(hash, bytes.ptr + 1, TOKEN_STATEMENT) != 0)
        return api_refuse(statement->error, API_VALIDATION, "NextToken does not match request");
    *ret_key_item = slice_of(bytes.ptr + TOKEN_HEAD, body_len - TOKEN_HEAD);
    return 0;
}
