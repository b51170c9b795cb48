/*
 * partiql_tokenizer.c - the lexical rules of PartiQL.
 *
 * Every byte sequence is a sequence of tokens, as in tokenizer.c. Words are not sorted into
 * keywords and names here: which words PartiQL reserves, and so may be names in double quotes only,
 * is a mark on the token, and the parser knows where it matters.
 *
 * `<<` and `>>` are one token each; a list of comparisons can not hold them otherwise. A minus is
 * always an operator; the sign of a number is the parser's.
 *
 * Source: PartiQL specification, lexical rules and reserved words; Developer Guide, ql-reference.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <strings.h>

#include "expr/partiql_priv.h"

/* Sorted, lower case: SQL-92's reserved words, and those of PartiQL's clauses. */
/* clang-format off */
static const char *const keywords[] = {
    "absolute", "action", "add", "all", "allocate", "alter", "and", "any", "are", "as", "asc",
    "assertion", "at", "authorization", "avg", "begin", "between", "bit", "bit_length", "by",
    "cascade", "cascaded", "case", "cast", "catalog", "char", "char_length", "character",
    "character_length", "check", "close", "coalesce", "collate", "collation", "column", "commit",
    "connect", "connection", "constraint", "constraints", "continue", "convert", "corresponding",
    "count", "create", "cross", "current", "current_date", "current_time", "current_timestamp",
    "current_user", "cursor", "date", "deallocate", "dec", "decimal", "declare", "default",
    "deferrable", "deferred", "delete", "desc", "describe", "descriptor", "diagnostics",
    "disconnect", "distinct", "domain", "double", "drop", "else", "end", "end-exec", "escape",
    "except", "exception", "exec", "execute", "exists", "external", "extract", "false", "fetch",
    "first", "float", "for", "foreign", "found", "from", "full", "get", "global", "go", "goto",
    "grant", "group", "having", "identity", "immediate", "in", "indicator", "initially", "inner",
    "input", "insensitive", "insert", "int", "integer", "intersect", "interval", "into", "is",
    "isolation", "join", "key", "language", "last", "left", "level", "like", "limit", "local",
    "lower", "match", "max", "min", "missing", "module", "names", "national", "natural", "nchar",
    "next", "no", "not", "null", "nullif", "numeric", "octet_length", "of", "on", "only", "open",
    "option", "or", "order", "outer", "output", "overlaps", "pad", "partial", "pivot", "position",
    "precision", "prepare", "preserve", "primary", "prior", "privileges", "procedure", "public",
    "read", "real", "references", "relative", "remove", "restrict", "revoke", "right", "rollback",
    "rows", "schema", "scroll", "section", "select", "session", "session_user", "set", "size",
    "smallint", "some", "space", "sql", "sqlcode", "sqlerror", "sqlstate", "substring", "sum",
    "system_user", "table", "temporary", "then", "time", "timestamp", "to", "transaction",
    "translate", "translation", "trim", "true", "union", "unique", "unknown", "unpivot", "update",
    "upper", "usage", "user", "using", "value", "values", "varchar", "varying", "view", "when",
    "whenever", "where", "with", "work", "write", "zone",
};
/* clang-format on */

enum { KEYWORD_BYTES_MAX = 17 };

static bool is_keyword(struct slice word)
{
    size_t low = 0, high = ARRAY_LEN(keywords);

    if (word.len > KEYWORD_BYTES_MAX)
        return false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncasecmp((const char *)word.ptr, keywords[middle], word.len);

        if (order == 0 && keywords[middle][word.len] == '\0')
            return true;
        if (order <= 0) /* equal so far: the word is the beginning of the keyword */
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_word(uint8_t c)
{
    return is_word_start(c) || is_digit(c);
}

static uint8_t byte_at(struct slice text, size_t at)
{
    return at < text.len ? text.ptr[at] : 0;
}

/** After blanks and comments. A comment that does not end reaches to the end of the text. */
static size_t skip_blanks(struct slice text, size_t at)
{
    for (;;) {
        uint8_t c = byte_at(text, at), next = byte_at(text, at + 1);

        if (at < text.len && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
            at++;
        } else if (c == '-' && next == '-') {
            while (at < text.len && text.ptr[at] != '\n' && text.ptr[at] != '\r')
                at++;
        } else if (c == '/' && next == '*') {
            at += 2;
            while (at < text.len && !(text.ptr[at] == '*' && byte_at(text, at + 1) == '/'))
                at++;
            at = at < text.len ? at + 2 : at;
        } else {
            return at;
        }
    }
}

/** The length of a quoted text, quotes included; 0 when the second quote is missing. */
static size_t quoted_len(struct slice text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] != text.ptr[0])
            continue;
        if (byte_at(text, i + 1) != text.ptr[0])
            return i + 1;
        i++;
    }
    return 0;
}

static size_t digits_len(struct slice text, size_t at)
{
    size_t start = at;

    while (is_digit(byte_at(text, at)))
        at++;
    return at - start;
}

/** Digits, a fraction, an exponent. What is no exponent is left to the next token. */
static size_t number_len(struct slice text)
{
    size_t len = digits_len(text, 0), exponent;

    if (byte_at(text, len) == '.')
        len += 1 + digits_len(text, len + 1);
    if (byte_at(text, len) != 'e' && byte_at(text, len) != 'E')
        return len;
    exponent = len + 1;
    if (byte_at(text, exponent) == '+' || byte_at(text, exponent) == '-')
        exponent++;
    return is_digit(byte_at(text, exponent)) ? exponent + digits_len(text, exponent) : len;
}

static const struct {
    char text[3];
    enum partiql_token_kind kind;
} symbols[] = {
    /* longer ones first */
    {"<<", PARTIQL_BAG_OPEN},   {">>", PARTIQL_BAG_CLOSE},   {"<=", PARTIQL_LE},
    {">=", PARTIQL_GE},         {"<>", PARTIQL_NE},          {"!=", PARTIQL_NE},
    {"||", PARTIQL_OPERATOR},   {"<", PARTIQL_LT},           {">", PARTIQL_GT},
    {"=", PARTIQL_EQ},          {"(", PARTIQL_OPEN},         {")", PARTIQL_CLOSE},
    {"[", PARTIQL_SQUARE_OPEN}, {"]", PARTIQL_SQUARE_CLOSE}, {"{", PARTIQL_CURLY_OPEN},
    {"}", PARTIQL_CURLY_CLOSE}, {",", PARTIQL_COMMA},        {":", PARTIQL_COLON},
    {";", PARTIQL_SEMICOLON},   {".", PARTIQL_DOT},          {"*", PARTIQL_STAR},
    {"+", PARTIQL_PLUS},        {"-", PARTIQL_MINUS},        {"?", PARTIQL_PARAMETER},
    {"/", PARTIQL_OPERATOR},    {"%", PARTIQL_OPERATOR},     {"@", PARTIQL_OPERATOR},
};

static struct partiql_token symbol_token(struct slice rest)
{
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
        struct slice symbol = slice_str(symbols[i].text);

        if (slice_has_prefix(rest, symbol))
            return (struct partiql_token){.kind = symbols[i].kind,
                                          .text = slice_of(rest.ptr, symbol.len)};
    }
    return (struct partiql_token){.kind = PARTIQL_FOREIGN, .text = slice_of(rest.ptr, 1)};
}

struct partiql_token partiql__token_read(struct slice text, size_t at)
{
    struct partiql_token token = {.kind = PARTIQL_END};
    struct slice rest = slice_skip(text, skip_blanks(text, at));
    size_t len = 1;

    if (rest.len == 0) {
        token.text = rest;
        return token;
    }
    if (is_word_start(rest.ptr[0])) {
        while (is_word(byte_at(rest, len)))
            len++;
        token.kind = PARTIQL_WORD;
    } else if (is_digit(rest.ptr[0])) {
        len = number_len(rest);
        token.kind = PARTIQL_NUMBER;
    } else if (rest.ptr[0] == '\'' || rest.ptr[0] == '"') {
        len = quoted_len(rest);
        token.kind = rest.ptr[0] == '\'' ? PARTIQL_STRING : PARTIQL_QUOTED;
        if (len == 0) {
            len = rest.len;
            token.kind = PARTIQL_FOREIGN;
        }
    } else {
        return symbol_token(rest);
    }
    token.text = slice_of(rest.ptr, len);
    token.keyword = token.kind == PARTIQL_WORD && is_keyword(token.text);
    return token;
}

int partiql__unquote(struct arena *arena, struct slice quoted, struct slice *ret_text)
{
    struct slice inner = slice_of(quoted.ptr + 1, quoted.len - 2);
    size_t len = 0;
    uint8_t *text;

    assert(quoted.len >= 2);
    if (inner.len == 0 || memchr(inner.ptr, quoted.ptr[0], inner.len) == NULL) {
        *ret_text = inner;
        return 0;
    }
    text = arena_alloc(arena, inner.len);
    if (text == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < inner.len; i++) {
        text[len++] = inner.ptr[i];
        if (inner.ptr[i] == quoted.ptr[0])
            i++; /* the second of two */
    }
    *ret_text = slice_of(text, len);
    return 0;
}
