/*
 * negotiate.c - what a client says it takes and already has.
 *
 * Lists as HTTP writes them: elements between commas, each a name with parameters of which only the
 * weight matters here (";q=0.5"), and the same header may stand several times. An element that
 * cannot be understood is passed over: at worst the client gets the plain file, whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console/console_priv.h"

enum { WEIGHT_FULL = 1000, WEIGHT_UNKNOWN = -1 };

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = slice_skip(text, 1);
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* Takes what stands before the next `mark`, and the mark, off the text. */
static struct slice take_until(struct slice *text, uint8_t mark)
{
    const uint8_t *at = text->len > 0 ? memchr(text->ptr, mark, text->len) : NULL;
    struct slice taken = *text;

    if (at == NULL) {
        *text = slice_skip(*text, text->len);
        return trim(taken);
    }
    taken.len = (size_t)(at - text->ptr);
    *text = slice_skip(*text, taken.len + 1);
    return trim(taken);
}

/* "1", "0.5", "0.333" in thousandths. Source: RFC 9110, section 12.4.2. */
static int weight_of(struct slice text)
{
    int weight = 0, unit = WEIGHT_FULL / 10;

    if (text.len < 1 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1'))
        return WEIGHT_UNKNOWN;
    weight = (text.ptr[0] - '0') * WEIGHT_FULL;
    if (text.len > 1 && text.ptr[1] != '.')
        return WEIGHT_UNKNOWN;
    for (size_t i = 2; i < text.len; i++, unit /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return WEIGHT_UNKNOWN;
        weight += (text.ptr[i] - '0') * unit;
    }
    return weight <= WEIGHT_FULL ? weight : WEIGHT_UNKNOWN;
}

/* The weight among an element's parameters. */
static int weight_among(struct slice parameters)
{
    while (parameters.len > 0) {
        struct slice value = take_until(&parameters, ';');
        struct slice name = take_until(&value, '=');

        if (slice_eq_nocase(name, SLICE("q")))
            return weight_of(trim(value));
    }
    return WEIGHT_FULL;
}

/* The weight that the headers of that name give to an element; WEIGHT_UNKNOWN: they do not name it.
 */
static int weight_in(const struct http_request *request, struct slice header, struct slice element)
{
    for (size_t i = 0; i < request->header_count; i++) {
        struct slice list = request->headers[i].value;

        if (!slice_eq_nocase(request->headers[i].name, header))
            continue;
        while (list.len > 0) {
            struct slice parameters = take_until(&list, ',');
            struct slice name = take_until(&parameters, ';');
            int weight = weight_among(parameters);

            if (slice_eq_nocase(name, element) && weight != WEIGHT_UNKNOWN)
                return weight;
        }
    }
    return WEIGHT_UNKNOWN;
}

bool negotiate_gzip(const struct http_request *request)
{
    const struct slice header = SLICE("accept-encoding");
    int gzip = weight_in(request, header, SLICE("gzip"));

    if (gzip == WEIGHT_UNKNOWN)
        gzip = weight_in(request, header, SLICE("x-gzip"));
    if (gzip == WEIGHT_UNKNOWN)
        gzip = weight_in(request, header, SLICE("*"));
    return gzip > 0 && gzip >= weight_in(request, header, SLICE("identity"));
}

bool negotiate_page(const struct http_request *request)
{
    const struct slice header = SLICE("accept");

    /* Both: every browser names XHTML beside HTML when it opens a page. HTML alone is not enough,
     * Java's HTTP client asks for it by default, and so do health checks that are made with it. */
    return weight_in(request, header, SLICE("text/html")) > 0 &&
           weight_in(request, header, SLICE("application/xhtml+xml")) > 0;
}

/* Is the ETag in a list of them? They stand in quotes and may have commas inside. */
static bool etag_is_among(struct slice list, struct slice etag)
{
    while (list.len > 0) {
        const uint8_t *end;
        struct slice given;

        if (is_blank(list.ptr[0]) || list.ptr[0] == ',') {
            list = slice_skip(list, 1);
            continue;
        }
        if (slice_has_prefix(list, SLICE("W/")))
            list = slice_skip(list, 2);
        if (list.len < 2 || list.ptr[0] != '"')
            return false;
        end = memchr(list.ptr + 1, '"', list.len - 1);
        if (end == NULL)
            return false;
        given = slice_of(list.ptr, (size_t)(end + 1 - list.ptr));
        if (slice_eq(given, etag))
            return true;
        list = slice_skip(list, given.len);
    }
    return false;
}

bool negotiate_is_current(const struct http_request *request, struct slice etag)
{
    for (size_t i = 0; i < request->header_count; i++) {
        struct slice value = request->headers[i].value;

        if (!slice_eq_nocase(request->headers[i].name, SLICE("if-none-match")))
            continue;
        if (slice_eq_str(trim(value), "*") || etag_is_among(value, etag))
            return true;
    }
    return false;
}
