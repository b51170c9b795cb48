/*
 * tokenizer.c - the lexical rules of expressions.
 *
 * Every byte sequence is a sequence of tokens: what starts no token is a one-character token of its
 * own, which no grammar accepts, so that errors are found in one place, the parser, and name the
 * token as DynamoDB does. Keywords belong to their kind of expression: SET in a condition is an
 * identifier there (and then a reserved word), as AND is in an update.
 *
 * Source: dynamodb-expressions.md §1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <strings.h>

#include "expr/expr_priv.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(uint8_t c)
{
    return is_word_start(c) || is_digit(c);
}

static enum token_kind word_kind(enum expr_kind kind, struct slice word)
{
    static const struct {
        const char *text;
        enum token_kind kind;
        bool update; /* else of conditions */
    } keywords[] = {
        {"AND", TOKEN_AND, false},         {"OR", TOKEN_OR, false},  {"NOT", TOKEN_NOT, false},
        {"BETWEEN", TOKEN_BETWEEN, false}, {"IN", TOKEN_IN, false},  {"SET", TOKEN_SET, true},
        {"REMOVE", TOKEN_REMOVE, true},    {"ADD", TOKEN_ADD, true}, {"DELETE", TOKEN_DELETE, true},
    };

    if (kind == EXPR_PROJECTION)
        return TOKEN_IDENTIFIER;
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (keywords[i].update == (kind == EXPR_UPDATE) && word.len == strlen(keywords[i].text) &&
            strncasecmp((const char *)word.ptr, keywords[i].text, word.len) == 0)
            return keywords[i].kind;
    return TOKEN_IDENTIFIER;
}

/** Bytes of the UTF-8 character that starts the text; foreign bytes count as one each. */
static size_t character_len(struct slice text)
{
    size_t want = 1, len = 1;

    if (text.ptr[0] >= 0xF0)
        want = 4;
    else if (text.ptr[0] >= 0xE0)
        want = 3;
    else if (text.ptr[0] >= 0xC0)
        want = 2;
    while (len < want && len < text.len && (text.ptr[len] & 0xC0) == 0x80)
        len++;
    return len;
}

static enum token_kind symbol_kind(struct slice rest, size_t *ret_len)
{
    uint8_t second = rest.len > 1 ? rest.ptr[1] : 0;

    *ret_len = 1;
    switch (rest.ptr[0]) {
    case '(':
        return TOKEN_OPEN;
    case ')':
        return TOKEN_CLOSE;
    case ',':
        return TOKEN_COMMA;
    case '.':
        return TOKEN_DOT;
    case '[':
        return TOKEN_INDEX_OPEN;
    case ']':
        return TOKEN_INDEX_CLOSE;
    case '+':
        return TOKEN_PLUS;
    case '-':
        return TOKEN_MINUS;
    case '=':
        return TOKEN_EQ;
    case '<':
        *ret_len = second == '>' || second == '=' ? 2 : 1;
        return second == '>' ? TOKEN_NE : second == '=' ? TOKEN_LE : TOKEN_LT;
    case '>':
        *ret_len = second == '=' ? 2 : 1;
        return second == '=' ? TOKEN_GE : TOKEN_GT;
    default:
        *ret_len = character_len(rest);
        return TOKEN_FOREIGN;
    }
}

struct token expr__token_read(enum expr_kind kind, struct slice text, size_t at)
{
    struct token token = {.kind = TOKEN_END};
    struct slice rest;
    size_t len = 1;

    while (at < text.len && is_blank(text.ptr[at]))
        at++;
    rest = slice_skip(text, at);
    if (rest.len == 0) {
        token.text = rest;
        return token;
    }
    if (is_word_start(rest.ptr[0])) {
        while (len < rest.len && is_word(rest.ptr[len]))
            len++;
        token.kind = word_kind(kind, slice_of(rest.ptr, len));
    } else if (is_digit(rest.ptr[0])) {
        while (len < rest.len && is_digit(rest.ptr[len]))
            len++;
        token.kind = TOKEN_NUMBER;
    } else if (rest.ptr[0] == '#' || rest.ptr[0] == ':') {
        while (len < rest.len && is_word(rest.ptr[len]))
            len++;
        token.kind = len == 1 ? TOKEN_BARE : rest.ptr[0] == '#' ? TOKEN_NAME : TOKEN_VALUE;
    } else {
        token.kind = symbol_kind(rest, &len);
    }
    token.text = slice_of(rest.ptr, len);
    return token;
}
