/*
 * console.c - see console.h. From a request to its answer: find the file, choose its form, see
 * whether the browser has it already.
 *
 * The file is looked up by its name in the table that the build made, never in a file system, so a
 * path can lead nowhere else: "/console/../x" is the name of no file and therefore a deep link.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console/console_priv.h"

#include <assert.h>

#define CONSOLE_PATH "/console"

/*
 * What a page from here may do. Everything it needs comes from this server: its scripts, its styles
 * (no inline ones), its fonts (Cloudscape's own are data: URLs in its style sheet), and the API
 * that it calls. A downloaded file or a picture of the map is a blob: URL.
 */
static const struct http_header guards[] = {
    {SLICE("Content-Security-Policy"),
     SLICE("default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self' data:; "
           "img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
           "form-action 'none'; frame-ancestors 'none'")},
    {SLICE("X-Content-Type-Options"), SLICE("nosniff")},
    {SLICE("Referrer-Policy"), SLICE("no-referrer")},
    {SLICE("Cross-Origin-Opener-Policy"), SLICE("same-origin")},
    {SLICE("Cross-Origin-Resource-Policy"), SLICE("same-origin")},
    {SLICE("Permissions-Policy"), SLICE("camera=(), geolocation=(), microphone=(), payment=(), "
                                        "usb=()")},
};

static_assert(ARRAY_LEN(guards) + 5 <= CONSOLE_HEADERS_MAX, "room for those of one answer");

/* ---- building an answer ---- */

static void add_header(struct console_answer *answer, struct slice name, struct slice value)
{
    assert(answer->response.header_count < CONSOLE_HEADERS_MAX);
    answer->headers[answer->response.header_count++] = (struct http_header){name, value};
}

/* `bare`: what the API says of its answers (checksums, who may read them) is not said of files. */
static void begin(struct console_answer *answer, int status)
{
    answer->response =
        (struct http_response){.status = status, .headers = answer->headers, .bare = true};
    for (size_t i = 0; i < ARRAY_LEN(guards); i++)
        add_header(answer, guards[i].name, guards[i].value);
}

static void say(struct console_answer *answer, int status, struct slice line)
{
    begin(answer, status);
    answer->response.content_type = SLICE("text/plain; charset=utf-8");
    answer->response.borrowed = line;
    add_header(answer, SLICE("Cache-Control"), SLICE("no-store"));
}

static void give_file(struct console_answer *answer, const struct http_request *request,
                      const struct console_file *file)
{
    const struct console_form *form = &file->plain;
    bool is_hashed = slice_has_prefix(file->path, SLICE("assets/"));

    if (file->gzip.bytes.ptr != NULL && negotiate_gzip(request))
        form = &file->gzip;
    begin(answer, negotiate_is_current(request, form->etag) ? 304 : 200);
    answer->response.content_type = file->content_type;
    answer->response.borrowed = form->bytes;
    add_header(answer, SLICE("ETag"), form->etag);
    add_header(answer, SLICE("Cache-Control"),
               is_hashed ? SLICE("public, max-age=31536000, immutable") : SLICE("no-cache"));
    if (file->gzip.bytes.ptr != NULL)
        add_header(answer, SLICE("Vary"), SLICE("Accept-Encoding"));
    if (form == &file->gzip)
        add_header(answer, SLICE("Content-Encoding"), SLICE("gzip"));
}

/* ---- which answer ---- */

static const struct console_file *find_file(const struct console_files *files, struct slice path)
{
    for (size_t i = 0; i < files->count; i++)
        if (slice_eq(files->files[i].path, path))
            return &files->files[i];
    return NULL;
}

/* What follows "/console/"; empty for "/console" too. False: it is another path. */
static bool path_below(struct slice path, struct slice *ret_below)
{
    if (!slice_has_prefix(path, SLICE(CONSOLE_PATH)))
        return false;
    path = slice_skip(path, sizeof(CONSOLE_PATH) - 1);
    if (path.len > 0 && path.ptr[0] != '/')
        return false;
    *ret_below = path.len > 0 ? slice_skip(path, 1) : path;
    return true;
}

static void answer_below(const struct console_files *files, const struct console_file *index,
                         const struct http_request *request, struct slice below,
                         struct console_answer *answer)
{
    const struct console_file *file = find_file(files, below);

    if (file != NULL)
        give_file(answer, request, file);
    else if (slice_has_prefix(below, SLICE("assets/")))
        say(answer, 404, SLICE("This build of the console has no such file. Reload the page.\n"));
    else
        give_file(answer, request, index);
}

bool console__answer(const struct console_files *files, enum console_mode mode,
                     const struct http_request *request, struct console_answer *ret_answer)
{
    const struct console_file *index = &files->index[mode], *icon;
    bool reads = slice_eq_str(request->method, "GET") || slice_eq_str(request->method, "HEAD");
    bool is_there = mode != CONSOLE_OFF && index->plain.bytes.ptr != NULL;
    struct slice below;

    if (slice_eq_str(request->path, "/")) {
        if (!reads || !is_there || !negotiate_page(request))
            return false;
        say(ret_answer, 302, SLICE("The console is at /console/\n"));
        add_header(ret_answer, SLICE("Location"), SLICE(CONSOLE_PATH "/"));
        add_header(ret_answer, SLICE("Vary"), SLICE("Accept"));
    } else if (slice_eq_str(request->path, "/favicon.ico") && reads) {
        icon = is_there ? find_file(files, SLICE("favicon.ico")) : NULL;
        if (icon != NULL)
            give_file(ret_answer, request, icon);
        else
            say(ret_answer, 404, SLICE_EMPTY);
    } else if (!path_below(request->path, &below)) {
        return false;
    } else if (!reads) {
        say(ret_answer, 405, SLICE("The console is read with GET and HEAD.\n"));
        add_header(ret_answer, SLICE("Allow"), SLICE("GET, HEAD"));
    } else if (mode == CONSOLE_OFF) {
        say(ret_answer, 404, SLICE("The console is turned off on this server.\n"));
    } else if (!is_there) {
        say(ret_answer, 404, SLICE("This server was built without the console.\n"));
    } else {
        answer_below(files, index, request, below, ret_answer);
    }
    return true;
}

bool console_is_built(void)
{
    return console__embedded.index[CONSOLE_SERVE].plain.bytes.ptr != NULL;
}

bool console_handle(enum console_mode mode, struct http_request *request)
{
    struct console_answer answer;

    if (!console__answer(&console__embedded, mode, request, &answer))
        return false;
    http_respond(request, &answer.response);
    return true;
}
