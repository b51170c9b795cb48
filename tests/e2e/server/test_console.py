"""The web console's files, as a browser and as others ask for them.

Protects issue "console" items 1 and 9: embedded in the binary, compressed, with ETags and a strict policy, no request
to another host, no more than 900 KB of scripts and styles, and an operator can turn it off. What the page does is
tested in a browser (tests/browser); which path gets which answer, in tests/unit/console.
"""
import gzip
import http.client
import re
import socket

import pytest
from lib.cluster import free_port

REGION = "us-east-1"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
         "json": "application/json", "png": "image/png", "woff": "font/woff", "woff2": "font/woff2"}
GUARDS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
          "Cross-Origin-Opener-Policy": "same-origin"}
GZIP_BYTES_MAX = 900 * 1024


class Browser:
    """One connection, kept; every answer as (status, headers, body)."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, path, method="GET", body=None, **headers):
        self.connection.request(method, path, body=body, headers={
            "Accept-Encoding": "identity", **{name.replace("_", "-"): value for name, value in headers.items()}})
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.fixture(scope="module")
def dev(make_cluster_module):
    return make_cluster_module("dev", [REGION, "eu-west-1"], in_memory=True)


@pytest.fixture
def browser(dev):
    return Browser(dev.port(REGION))


def assets(text):
    """The files that a page, a script or a style sheet of the build names."""
    return sorted(set(re.findall(r"assets/[\w.-]+\.(?:js|css|woff2?|png|svg|json)", text)))


def all_assets(browser):
    """Every asset that can be reached from the page, plain: {path: content}."""
    found, names = {}, assets(browser.ask("/console/")[2].decode())
    while names:
        path = "/console/" + names.pop()
        if path in found:
            continue
        status, _, found[path] = browser.ask(path)
        assert status == 200, path
        if path.endswith((".js", ".css")):
            names += assets(found[path].decode())
            # Chunks name each other relative to their own folder.
            names += [f"assets/{n}" for n in re.findall(r"[\"'`(]\./([\w.-]+\.(?:js|css))", found[path].decode())]
    return found


def test_every_file_comes_plain_and_packed_and_only_once(browser):
    """Both forms are the same content, have ETags of their own, and what a browser has is not sent again."""
    found = all_assets(browser)
    assert any(path.endswith(".js") for path in found) and any(path.endswith(".css") for path in found)
    for path in ["/console/", *found]:
        _, plain_headers, plain = browser.ask(path)
        status, headers, packed = browser.ask(path, Accept_Encoding="gzip, deflate, br")
        assert status == 200 and int(headers["Content-Length"]) == len(packed)
        if headers["Content-Encoding"] == "gzip":
            assert gzip.decompress(packed) == plain
            assert headers["ETag"] != plain_headers["ETag"]
            assert headers["Vary"] == plain_headers["Vary"] == "Accept-Encoding"
        else:
            assert packed == plain
        assert headers["Content-Type"] == (TYPES[path.rsplit(".", 1)[1]] if "." in path else "text/html; charset=utf-8")
        assert headers["Cache-Control"] == ("public, max-age=31536000, immutable" if "/assets/" in path else "no-cache")
        for etag in (headers["ETag"], "W/" + headers["ETag"], f'"another", {headers["ETag"]}'):
            status, same, nothing = browser.ask(path, Accept_Encoding="gzip, deflate, br", If_None_Match=etag)
            assert status == 304 and nothing == b"" and same["ETag"] == headers["ETag"]
        assert browser.ask(path, Accept_Encoding="gzip, deflate, br", If_None_Match='"x' + headers["ETag"][1:])[0] == 200


def test_scripts_and_styles_are_small_enough_and_of_one_origin(browser):
    found = {path: content for path, content in all_assets(browser).items() if path.endswith((".js", ".css"))}
    packed = {path: len(gzip.compress(content, 9)) for path, content in found.items()}
    assert sum(packed.values()) <= GZIP_BYTES_MAX, packed
    page = browser.ask("/console/")[2].decode()
    assert not re.search(r"(?:src|href)=[\"'](?!/console/)", page), "the page names something that is not the console's"
    assert not re.search(r"<style|<script(?![^>]* src=)|style=", page), "the policy would stop this"
    for path, content in found.items():
        if path.endswith(".css"):
            assert not re.search(rb"url\(\s*[\"']?(?:https?:)?//", content), f"{path} asks another host"


@pytest.mark.parametrize("path", ["/console", "/console/eu-west-1/table/My.Orders/global-tables", "/console/icon.svg",
                                  "/console/assets/gone-0123.js", "/favicon.ico", "/"])
def test_every_answer_is_guarded(browser, path):
    _, headers, _ = browser.ask(path, Accept=BROWSER, Origin="https://elsewhere.example")
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "font-src": "'self' data:",
                      "img-src": "'self' data: blob:", "connect-src": "'self'", "manifest-src": "'self'",
                      "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"}
    assert {name: headers[name] for name in GUARDS} == GUARDS
    assert "Access-Control-Allow-Origin" not in headers and "Permissions-Policy" in headers


def test_deep_links_and_methods(browser):
    page = browser.ask("/console")[2]
    for path in ("/console/", "/console/index.html", "/console/eu-west-1/table/Orders/overview?q=a/b", "/console/../etc/passwd"):
        assert browser.ask(path)[::2] == (200, page)
    assert browser.ask("/console/assets/gone-0123.js")[0] == 404
    status, headers, nothing = browser.ask("/console", method="HEAD")
    assert status == 200 and nothing == b"" and int(headers["Content-Length"]) == len(page)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        status, headers, _ = browser.ask("/console/x", method=method, body=b"x", Origin="http://a")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert browser.ask("/console", Authorization="AWS4-HMAC-SHA256 nonsense")[::2] == (200, page)


def test_the_root_is_the_health_check_but_for_browsers(browser):
    status, headers, _ = browser.ask("/", Accept=BROWSER)
    assert (status, headers["Location"]) == (302, "/console/")
    for accept in ("*/*", "application/json", "text/html, image/gif, image/jpeg, */*; q=0.2"):
        status, headers, body = browser.ask("/", Accept=accept)
        assert status == 200 and body.startswith(b"healthy: dynamodb.") and "Content-Security-Policy" not in headers


def test_the_page_knows_the_mode_and_the_start_says_where_it_is(make_cluster, browser, dev):
    assert b'name="tropic-mode" content="dev"' in browser.ask("/console")[2]
    assert f"http://127.0.0.1:{dev.port(REGION)}/console" in dev.log(REGION)
    serve = make_cluster("serve", [REGION])
    assert b'name="tropic-mode" content="serve"' in Browser(serve.port(REGION)).ask("/console")[2]


def test_files_and_api_calls_share_a_connection(dev, browser):
    """All at once on one connection: files, the health check, a 304, a HEAD and a call of the API, in order."""
    _, headers, page = browser.ask("/console")
    requests = [("GET", "/console", {}, b"", 200), ("GET", "/", {}, b"", 200),
                ("GET", "/console", {"If-None-Match": headers["ETag"]}, b"", 304), ("HEAD", "/console", {}, b"", 200),
                ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables",
                               "Content-Type": "application/x-amz-json-1.0"}, b"{}", 400),
                ("GET", "/console/assets/gone.js", {}, b"", 404), ("GET", "/console", {"Connection": "close"}, b"", 200)]
    with socket.create_connection(("127.0.0.1", dev.port(REGION)), timeout=60) as s:
        for method, path, more, body, _ in requests:
            head = {"Host": "x", "Content-Length": str(len(body)), **more}
            s.sendall(f"{method} {path} HTTP/1.1\r\n".encode()
                      + "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + b"\r\n" + body)
        stream = s.makefile("rb")
        for method, path, _, _, expected in requests:
            assert int(stream.readline().split()[1]) == expected, (method, path)
            length = int(http.client.parse_headers(stream)["Content-Length"])
            body = b"" if method == "HEAD" or expected == 304 else stream.read(length)
            if path == "/console" and body:
                assert body == page
        assert stream.read() == b""
    assert dev.client(REGION).list_tables()["TableNames"] == []


def check_off(port):
    browser = Browser(port)
    for path in ("/console", "/console/", "/console/us-east-1/tables", "/console/icon.svg"):
        status, headers, body = browser.ask(path, Accept=BROWSER)
        assert (status, body) == (404, b"The console is turned off on this server.\n")
        assert headers["Content-Type"].startswith("text/plain")
    status, _, body = browser.ask("/", Accept=BROWSER)
    assert status == 200 and body.startswith(b"healthy: ")


def test_turned_off_by_a_flag(make_cluster):
    cluster = make_cluster("dev", [REGION], in_memory=True, extra=["--no-console"])
    check_off(cluster.port(REGION))
    assert "/console" not in cluster.log(REGION)
    assert cluster.client(REGION).list_tables()["TableNames"] == []


@pytest.mark.parametrize("setting, flags, is_off", [("false", [], True), ("true", ["--no-console"], True), ("true", [], False)])
def test_turned_off_by_the_file(make_cluster, tmp_path, setting, flags, is_off):
    cluster = make_cluster("serve", [REGION])
    cluster.stop()
    port, path, process = free_port(), tmp_path / "tropic.yaml", cluster.processes[0]
    path.write_text(f"listen: 127.0.0.1:{port}\ncredentials: {cluster.keys}\ndata: {tmp_path}/data\n"
                    f"console: {setting}\nregions: [{{name: {REGION}}}]\n")
    process.arguments, process.port = ["serve", str(path), *flags], port
    cluster.start()
    if is_off:
        check_off(port)
    else:
        assert Browser(port).ask("/console")[0] == 200
