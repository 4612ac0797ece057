# SPDX-License-Identifier: Apache-2.0
"""The cases: a host, a command line, and what must come of it. What is expected is what the documents of the project
demand (exit codes, messages with place and cure, a report in any case), not what a scanner happens to do.

Exit codes: 2 what the user gave cannot be used; 3 the result cannot be relied on; 0 the scan ended; 130 and 143 after
a signal.
"""

import dataclasses
import signal

import specs

MIB = 1 << 20
CURE_URL = r"(is .*running|start|listen|check|port|address|URL|try|use)"
NOT_HTTP = r"(not (speak |look like |an? )?(valid )?HTTP|no(t| valid)? HTTP|HTTP/0\.9|instead of HTTP|other protocol)"


@dataclasses.dataclass
class Case:
    """One scan. `says` must all match in stderr; `told` in stderr, stdout or the report's warnings."""

    name: str
    host: str
    exits: tuple = (0,)
    url: str = "{url}"
    args: tuple = ("--budget", "200")
    spec: object = None
    wall: float = 30.0
    rss: int = 128 * MIB
    says: tuple = ()
    told: tuple = ()
    known: bool = False        # the flaw of /status must be among the findings
    dark: bool = False         # GET /hostile gave nothing: no verdict "passed" for it
    report: bool = True        # the named report must exist (not demanded of a command line that is refused)
    untouched: tuple = ()      # listeners that nobody may have come to
    unsent: bool = False       # not one request may have reached the target
    grade: str = ""
    signal: int = 0
    after: float = 0.0         # seconds until the signal at the earliest; the end must follow within one second
    refused_share: float = -1.0
    worst_ms: int = 0
    env: dict = dataclasses.field(default_factory=dict)
    nobody: bool = False       # run as an unprivileged user
    unplugged: bool = False    # run in an empty network namespace


def _route(name, told=(), dark=True, **more):
    """A healthy API with one hostile operation: the scan ends well and keeps the flaw of the others."""
    return Case(f"route-{name}", more.pop("host", f"route-{name}"), spec=specs.good, known=True, dark=dark,
                told=told, **more)


def _gone(name, host, *says, **more):
    """A target that cannot be scanned at all: exit 3, with the address and a cure."""
    return Case(name, host, exits=(3,), says=(r"{authority}", *says), **more)


def _refused_spec(name, spec, *says, **more):
    """A specification that cannot be used: exit 2, the file named, nothing sent."""
    more = {"exits": (2,), "report": False, "unsent": True, "wall": 8.0, **more}
    return Case(f"spec-{name}", more.pop("host", "healthy"), spec=spec, says=(r"{spec}", *says), **more)


SLOW = {"args": ("--budget", "8s"), "wall": 20.0}

CONTROL = [
    Case("control-healthy", "healthy", spec=specs.plain, known=True),
    Case("control-bare-url", "healthy"),
    Case("control-insecure", "tls-self-signed", spec=specs.plain, known=True, args=("--insecure", "--budget", "200")),
]

UNREACHABLE = [
    _gone("refused-port", "refused", r"(?i)refused", CURE_URL, wall=5.0),
    _gone("unknown-name", "refused", r"(?i)(resolve|resolution|name)", CURE_URL, url="http://no-such-host.invalid:80",
          unplugged=True),
    _gone("no-route", "refused", r"(?i)(unreachable|no route|connect)", CURE_URL, url="http://198.51.100.7:80",
          unplugged=True, wall=25.0),
    _gone("banner-ssh", "banner-ssh", NOT_HTTP, CURE_URL),
    _gone("banner-smtp", "banner-smtp", NOT_HTTP, CURE_URL),
    _gone("banner-binary", "banner-binary", NOT_HTTP, CURE_URL),
    _gone("https-to-plain-port", "healthy", r"TLS|HTTPS", r"http://", url="https://{authority}"),
    _gone("http-to-tls-port-alert", "tls-port-alert", r"TLS|HTTPS", r"https://"),
    _gone("http-to-tls-port-400", "tls-port-400", r"TLS|HTTPS", r"https://"),
    _gone("tls-self-signed", "tls-self-signed", r"(?i)certificate", r"--insecure"),
    _gone("tls-expired", "tls-expired", r"(?i)certificate", r"--insecure", env={"SSL_CERT_FILE": "{ca}"}),
    _gone("tls-wrong-name", "tls-wrong-name", r"(?i)certificate|name", r"--insecure", env={"SSL_CERT_FILE": "{ca}"}),
    _gone("tls-silent", "tls-silent", r"(?i)tim(e|ed)|handshake|answer", **SLOW),
    _gone("whole-never", "whole-never", r"(?i)answer|tim(e|ed)", **SLOW),
    _gone("whole-close", "whole-close", r"(?i)clos|empty|answer", CURE_URL),
    _gone("whole-reset", "whole-reset", r"(?i)reset|clos|answer", CURE_URL),
    _gone("whole-cut-headers", "whole-cut-headers", r"(?i)clos|cut|header|answer"),
    _gone("whole-endless-headers", "whole-endless-headers", r"(?i)header", **SLOW),
    _gone("whole-endless-header-line", "whole-endless-header-line", r"(?i)header", **SLOW),
    _gone("whole-endless-1xx", "whole-endless-1xx", r"(?i)1xx|10[0-9]|informational|answer|tim(e|ed)", **SLOW),
    _gone("whole-drip-headers", "whole-drip-headers", r"(?i)answer|tim(e|ed)|slow", **SLOW),
    _gone("whole-http-09", "whole-http-09", NOT_HTTP, CURE_URL),
]

WHOLE = [
    Case("whole-endless-body", "whole-endless-body", **SLOW),
    Case("whole-gzip-bomb", "whole-gzip-bomb", **SLOW),
    Case("whole-redirect-loop", "whole-redirect-loop"),
    Case("whole-redirect-ever-on", "whole-redirect-ever-on"),
    Case("whole-redirect-javascript", "whole-redirect-javascript"),
    Case("whole-redirect-file", "whole-redirect-file"),
    Case("whole-redirect-elsewhere", "whole-redirect-elsewhere", exits=(0, 3), untouched=("other",),
         told=(r"127\.0\.0\.1:{other}", r"--allow-origin")),
    Case("whole-escapes", "whole-escapes"),
    Case("whole-links-100000", "whole-links-100000", **SLOW),
    Case("whole-500", "whole-500", exits=(0, 3), spec=specs.good, told=(r"500|5xx|server error",), grade="?"),
]

ROUTES = [
    *[_route(name) for name in (
        "close", "reset", "cut-headers", "length-negative", "length-overflow", "length-words",
        "chunk-words", "chunk-negative", "chunk-overflow", "status-words", "status-alone", "http-09")],
    *[_route(name, **SLOW) for name in (
        "never", "endless-headers", "endless-header-line", "endless-status-line", "endless-1xx", "drip-headers")],
    *[_route(name, dark=False, **SLOW) for name in (
        "endless-body", "endless-chunks", "endless-trailers", "endless-chunk-extension", "drip-body", "json-100mb")],
    *[_route(name, dark=False) for name in (
        "cut-body", "headers-10000", "links-100000", "json-deep", "json-nul", "json-escapes", "escapes", "gzip-bomb",
        "brotli-bomb", "nested-gzip", "thousand-encodings", "broken-gzip", "length-long", "length-short", "length-twice",
        "chunk-no-end", "chunks-and-length", "status-999", "status-000", "status-version", "redirect-loop",
        "redirect-ever-on", "redirect-javascript", "redirect-huge", "redirect-escapes", "redirect-file", "500")],
    _route("redirect-elsewhere", dark=False, untouched=("other",)),
]

# Ports that speak TLS with usual clients and something else with hellos of the check tls: the rest of the scan goes on.
INSECURE = {"spec": specs.plain, "known": True, "args": ("--insecure",), "wall": 45.0}
HELLOS = [
    Case("hello-relic", "hello-relic", **{**INSECURE, "args": ("--insecure", "--format", "table")},
         told=(r"Old versions of TLS are accepted", r"Weak cipher suites are accepted", r"TLS compression is on", r"small group",
               r"Secure renegotiation is not supported")),
    *[Case(f"hello-{name}", f"hello-{name}", **INSECURE) for name in
      ("resets", "silent", "garbage", "plain-http", "drips", "endless", "cut", "lies", "alerts")],
]

TURNING = [
    Case("turn-die", "turn-die", exits=(3,), args=(), spec=specs.plain, known=True,
         says=(r"{authority}", r"(?i)gone|refused|stopped|no longer|unreachable")),
    Case("turn-503", "turn-503", exits=(3,), args=(), spec=specs.plain, known=True, wall=60.0,
         says=(r"{authority}", r"(?i)503|5xx|degrad|server error", r"(?i)stop|paus")),
    Case("turn-never", "turn-never", exits=(3,), args=(), spec=specs.plain, known=True, wall=90.0,
         says=(r"{authority}", r"(?i)answer|tim(e|ed)|degrad")),
    *[Case(name, name, exits=(3,), args=(), spec=specs.plain, known=True, wall=60.0,
           says=(r"{authority}", r"429", r"(?i)--rate|later|Retry-After|wait"))
      for name in ("turn-429", "turn-429-date", "turn-429-garbage")],
    Case("whole-429", "whole-429", exits=(3,), args=(), wall=60.0,
         says=(r"{authority}", r"429", r"(?i)--rate|later|Retry-After|wait")),
    Case("single-threaded", "single-threaded", spec=specs.plain, known=True),
    Case("five-connections", "five-connections", spec=specs.plain, known=True, refused_share=0.25),
    Case("pool-of-five", "pool-of-five", spec=specs.plain, known=True, worst_ms=1000, wall=60.0),
    Case("interrupt", "slow", exits=(130,), args=(), spec=specs.plain, known=True, signal=signal.SIGINT, after=1.0),
    Case("interrupt-silent", "whole-never", exits=(130,), args=(), signal=signal.SIGINT, after=1.5),
    Case("terminate", "slow", exits=(143,), args=(), spec=specs.plain, known=True, signal=signal.SIGTERM, after=1.0),
]

SPECS = [
    _refused_spec("empty", specs.empty, r"(?i)empty"),
    _refused_spec("truncated-json", specs.truncated_json, r":\d+"),
    _refused_spec("truncated-yaml", specs.truncated_yaml, r":\d+"),
    _refused_spec("one-gigabyte", specs.one_gigabyte, r"(?i)large|big|size|limit|MiB"),
    _refused_spec("one-gigabyte-yaml", specs.one_gigabyte_yaml, r"(?i)large|big|size|limit|MiB"),
    _refused_spec("endless-device", specs.endless_device, r"(?i)regular|device|file"),
    _refused_spec("folder", specs.folder_itself, r"(?i)directory|folder"),
    _refused_spec("binary", specs.binary, r"(?i)JSON|YAML|binary"),
    _refused_spec("fifo", specs.fifo, r"(?i)regular|pipe|FIFO|tim(e|ed)"),
    _refused_spec("missing", specs.missing, r"(?i)no such|not (exist|found)|does not exist"),
    _refused_spec("unreadable", specs.unreadable, r"(?i)permission|read", nobody=True),
    _refused_spec("link-to-itself", specs.dangling_link, r"(?i)link|open|read"),
    _refused_spec("not-a-spec", specs.not_a_spec, r"(?i)OpenAPI|Swagger"),
    _refused_spec("deep-json", specs.deep_json, r"(?i)deep|depth|nest"),
    _refused_spec("deep-yaml", specs.deep_yaml, r"(?i)deep|depth|nest"),
    _refused_spec("no-paths", specs.no_paths, r"(?i)path|operation", exits=(0, 2), unsent=False, wall=30.0),
    _refused_spec("alias-bomb", specs.alias_bomb, exits=(0, 2), unsent=False, wall=30.0),
    _refused_spec("alias-of-itself", specs.self_alias, exits=(0, 2), unsent=False, wall=30.0),
    _refused_spec("invalid-utf8", specs.invalid_utf8, r"(?i)UTF-8|invalid|byte|character", exits=(0, 2), unsent=False,
                  wall=30.0),
    Case("spec-self-reference", "healthy", spec=specs.self_reference, known=True, told=(r"openapi\.json:\d+",)),
    Case("spec-reference-cycle", "healthy", spec=specs.reference_cycle, known=True, told=(r"openapi\.json:\d+",)),
    Case("spec-schema-cycle", "healthy", spec=specs.schema_cycle, known=True),
    Case("spec-broken-operation", "healthy", spec=specs.broken_operation, known=True,
         told=(r"openapi\.yaml:([7-9]|10)\b",)),
    Case("spec-escapes", "healthy", spec=specs.escapes, known=True),
    # 20,000 operations, each with its values, baseline and a verdict of every check: under 10 KiB for each.
    Case("spec-many-operations", "healthy", spec=specs.many_operations, known=True, rss=256 * MIB),
    Case("spec-remote-reference", "beside", spec=specs.remote_reference, known=True, untouched=("other",),
         told=(r"openapi\.json:\d+",)),
    Case("spec-outside-reference", "healthy", spec=specs.outside_reference, known=True, told=(r"openapi\.json:\d+",)),
    Case("spec-servers-elsewhere", "beside", spec=specs.servers_elsewhere, known=True, untouched=("other",),
         told=(r"127\.0\.0\.1:{other}",)),
    Case("spec-url-404", "healthy", exits=(2,), report=False, args=("--spec", "{url}/none.json"),
         says=(r"none\.json", r"404")),
    Case("spec-url-refused", "healthy", exits=(2,), report=False,
         args=("--spec", "http://127.0.0.1:1/openapi.json", "--allow-origin", "http://127.0.0.1:1"),
         says=(r"127\.0\.0\.1:1\b", r"(?i)refused|connect")),
    *[Case(f"spec-url-{name}", f"spec-{name}", exits=(2,), report=False, wall=45.0,
           args=("--spec", "{url}/openapi.json"), says=(r"openapi\.json",))
      for name in ("endless", "never", "gzip-bomb")],
    *[Case(f"found-spec-{name}", f"spec-{name}", wall=45.0, args=("--budget", "12s"))
      for name in ("endless", "never", "gzip-bomb")],
]

USAGE = [
    Case("report-unwritable", "healthy", exits=(2,), report=False, unsent=True, wall=5.0,
         args=("--report", "sarif=/nonexistent/folder/out.sarif"), says=(r"/nonexistent/folder/out\.sarif",)),
    *[Case(f"url-{name}", "healthy", exits=(2,), report=False, unsent=True, wall=5.0, url=url, says=(says,))
      for name, url, says in (
          ("empty", "", r"(?i)URL|empty"), ("scheme", "ftp://127.0.0.1/", r"ftp"),
          ("file", "file:///etc/passwd", r"file"), ("port", "http://127.0.0.1:99999/", r"99999|port"),
          ("newline", "http://127.0.0.1:1/a\r\nX-Injected: 1", r"(?i)URL|character|control"),
          ("escapes", "http://127.0.0.1:1/\x1b[31m", r"(?i)URL|character|control"))],
]

CASES = CONTROL + UNREACHABLE + WHOLE + ROUTES + HELLOS + TURNING + SPECS + USAGE
