// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#define SCAN ON(SCAN)
#define ASKED (ON(SCAN) | ON(RETEST)) // what concerns the target and how it is asked
#define GATED (ON(SCAN) | ON(REPLAY))
#define REPORTED (ON(SCAN) | ON(REPLAY))
#define ALL (ON(SCAN) | ON(REPLAY) | ON(REPORT) | ON(RETEST) | ON(EXPLAIN) | ON(CHECKS) | ON(LAB) | ON(DOCTOR) | ON(HELP))

#define WHAT "What is scanned"
#define WHO "Who asks"
#define HOW "How it asks"
#define RESULT "Result"
#define GATE "Gate"
#define LAB "Lab"
#define OTHER "Other"

const struct option option_table[] = {
    {OPTION_SPEC, ASKED, "spec", "FILE|URL", WHAT, false, COMPLETES_FILE, NULL,
     "OpenAPI 3.0, 3.1 or Swagger 2.0 description of the API, JSON or YAML. References to files beside it are followed."},
    {OPTION_MODE, ASKED, "mode", "MODE", WHAT, false, COMPLETES_CHOICE, "passive safe active",
     "passive only looks at ordinary answers; safe (default) sends nothing that changes data; active may write."},
    {OPTION_INCLUDE, SCAN, "include", "'METHOD PATTERN'", WHAT, true, COMPLETES_NOTHING, NULL,
     "Scan only operations that match, for example 'GET /members/*' or '/admin/**'. * stands for text within a segment, "
     "** for any rest, {name} for one segment."},
    {OPTION_EXCLUDE, SCAN, "exclude", "'METHOD PATTERN'", WHAT, true, COMPLETES_NOTHING, NULL,
     "Leave out operations that match; wins over --include."},
    {OPTION_CHECKS, SCAN, "checks", "LIST", WHAT, true, COMPLETES_CHECK, NULL,
     "Run only these checks or categories, separated by commas ('plumb checks' lists them)."},
    {OPTION_SKIP_CHECKS, SCAN, "skip-checks", "LIST", WHAT, true, COMPLETES_CHECK, NULL,
     "Leave out these checks or categories."},
    {OPTION_ALLOW_ORIGIN, ASKED, "allow-origin", "ORIGIN", WHAT, true, COMPLETES_NOTHING, NULL,
     "A further origin that may be contacted, for example https://api2.example.com. Without it only the target's own is."},

    {OPTION_TARGET, ON(RETEST), "target", "URL", WHAT, false, COMPLETES_NOTHING, NULL,
     "Ask here instead of the target of the report, for example another deployment of the same API."},

    {OPTION_AS, ASKED, "as", "NAME='Header: value'", WHO, true, COMPLETES_NOTHING, NULL,
     "An identity that the scan may use. The same name again adds a header. Arguments can be seen by other users of the "
     "machine; --as-file keeps credentials out of them."},
    {OPTION_AS_FILE, ASKED, "as-file", "FILE", WHO, true, COMPLETES_FILE, NULL,
     "Identities from a YAML or JSON file: a list of {name, role, tenant} with headers, basic, bearer, api_key, certificate, "
     "login or oauth2 (docs/identities.md)."},

    {OPTION_LOCKOUT_BUDGET, ASKED, "lockout-budget", "N", WHO, false, COMPLETES_NOTHING, NULL,
     "At most N wrong sign-ins against an account of yours, in active mode only. Default: 5; 0 allows none. Answers are "
     "timed from 20 on."},

    {OPTION_PLAN, SCAN, "plan", NULL, HOW, false, COMPLETES_NOTHING, NULL,
     "Print every request of the first wave and send none."},
    {OPTION_BUDGET, SCAN, "budget", "N|TIME", HOW, false, COMPLETES_NOTHING, NULL,
     "At most N requests, or at most this time (30s, 5m). The most valuable questions are asked first; the rest is "
     "reported as not tested."},
    {OPTION_RATE, ASKED, "rate", "N", HOW, false, COMPLETES_NOTHING, NULL,
     "At most N requests a second. Default: 50 for public addresses, 200 for private ones, no limit on loopback."},
    {OPTION_RECORD, SCAN, "record", "DIR", HOW, false, COMPLETES_DIRECTORY, NULL,
     "Write every exchange, secrets redacted, to a new directory; 'plumb replay DIR' makes the same report from it."},
    {OPTION_RESUME, SCAN, "resume", "DIR", HOW, false, COMPLETES_DIRECTORY, NULL,
     "Continue a scan that was stopped, from its --record directory. Give the same options and credentials again."},
    {OPTION_CANARY, ASKED, "canary", "HOST:PORT[=URL]", HOW, false, COMPLETES_NOTHING, NULL,
     "Address on which to listen for calls from the target, and the URL under which the target reaches it when that "
     "differs. Default: the local address of the route to the target."},
    {OPTION_NO_CANARY, ASKED, "no-canary", NULL, HOW, false, COMPLETES_NOTHING, NULL,
     "Do not listen. Blind server-side requests then stay inconclusive."},
    {OPTION_METADATA, ASKED, "metadata", NULL, HOW, false, COMPLETES_NOTHING, NULL,
     "On a public target too, ask through a proven server-side request whether the cloud metadata service answers: for "
     "names only, never for credentials."},
    {OPTION_INSECURE, ASKED, "insecure", NULL, HOW, false, COMPLETES_NOTHING, NULL,
     "Do not verify the target's certificate."},
    {OPTION_CA_FILE, ASKED, "ca-file", "FILE", HOW, false, COMPLETES_FILE, NULL,
     "Certificate authorities (PEM) to trust instead of the system's."},
    {OPTION_CERT, ASKED, "cert", "FILE", HOW, false, COMPLETES_FILE, NULL, "Client certificate (PEM)."},
    {OPTION_KEY, ASKED, "key", "FILE", HOW, false, COMPLETES_FILE, NULL,
     "Private key of the client certificate (PEM), when it does not stand in the same file."},
    {OPTION_PROXY, ASKED, "proxy", "URL", HOW, false, COMPLETES_NOTHING, NULL,
     "Send everything through this HTTP proxy. Proxies named in the environment are not used."},
    {OPTION_UNIX_SOCKET, ASKED, "unix-socket", "PATH", HOW, false, COMPLETES_FILE, NULL,
     "Connect to this socket instead of the target's address."},
    {OPTION_READ_ONLY_POST, ASKED, "read-only-post", "'POST /search'", HOW, true, COMPLETES_NOTHING, NULL,
     "Operations that only read although they are POST; safe mode may then use them."},
    {OPTION_ALLOW_WRITE, ASKED, "allow-write", "'METHOD PATTERN'", HOW, true, COMPLETES_NOTHING, NULL,
     "Active mode: write only to operations that match; the only way to let a privileged identity write, or a name that smells of more than a change (send, pay, reset)."},
    {OPTION_ALLOW_DELETE, ASKED, "allow-delete", "'METHOD PATTERN'", HOW, true, COMPLETES_NOTHING, NULL,
     "Active mode: DELETE may be sent to operations that match."},
    {OPTION_SEED, ASKED, "seed", "N", HOW, false, COMPLETES_NOTHING, NULL,
     "Seed of every random choice; stands in the report."},
    {OPTION_NO_SCAN_HEADER, ASKED, "no-scan-header", NULL, HOW, false, COMPLETES_NOTHING, NULL,
     "Leave out the X-Plumbline-Scan header by which operators find the scan's requests."},

    {OPTION_REPORT, REPORTED, "report", "FORMAT=FILE", RESULT, true, COMPLETES_FORMAT, NULL,
     "Write a report to FILE, - for standard output; any number of times. The file is also written when nothing was "
     "found or the scan failed."},
    {OPTION_FORMAT, REPORTED | ON(REPORT), "format", "FORMAT", RESULT, false, COMPLETES_FORMAT, NULL,
     "Write one report in this format, to --out or standard output. Default: summary."},
    {OPTION_OUT, REPORTED | ON(REPORT), "out", "FILE", RESULT, false, COMPLETES_FILE, NULL,
     "Where the report of --format goes."},
    {OPTION_PROGRESS, SCAN, "progress", "HOW", RESULT, false, COMPLETES_CHOICE, "auto json none",
     "Progress on standard error: auto (default) is one line on a terminal and nothing elsewhere; json is one object a "
     "line."},

    {OPTION_THRESHOLD, GATED, "threshold", "N", GATE, false, COMPLETES_NOTHING, NULL,
     "Exit 1 when the score is under N (0 to 100)."},
    {OPTION_FAIL_ON, GATED, "fail-on", "SEVERITY", GATE, false, COMPLETES_CHOICE, "info low medium high critical",
     "Exit 1 when there is a finding of this severity or worse."},
    {OPTION_MIN_COVERAGE, GATED, "min-coverage", "N", GATE, false, COMPLETES_NOTHING, NULL,
     "Exit 3 when less than N per cent of what applies was tested."},

    {OPTION_PORT, ON(LAB), "port", "N", LAB, false, COMPLETES_NOTHING, NULL,
     "Port on 127.0.0.1; 0 picks a free one."},
    {OPTION_METADATA_PORT, ON(LAB), "metadata-port", "N", LAB, false, COMPLETES_NOTHING, NULL,
     "Port of the lab's own metadata service; 0 picks a free one."},
    {OPTION_FIXED, ON(LAB), "fixed", NULL, LAB, false, COMPLETES_NOTHING, NULL,
     "Start the repaired twin: the same routes without the flaws."},
    {OPTION_UNTIL_EOF, ON(LAB), "until-eof", NULL, LAB, false, COMPLETES_NOTHING, NULL,
     "End when standard input is closed."},

    {OPTION_HELP, ALL, "help", NULL, OTHER, false, COMPLETES_NOTHING, NULL, "Show this help."},
};
const size_t option_table_count = sizeof option_table / sizeof option_table[0];

static const struct example scan_examples[] = {
    {"plumb scan http://localhost:8080", "Finds out by itself what there is to ask."},
    {"plumb scan https://api.example.com --spec openapi.yaml", "With the description every operation is asked."},
    {"plumb scan http://localhost:8080 --spec openapi.yaml --fail-on high --report sarif=plumb.sarif --report summary=-",
     "In CI: exit 1 on a high finding, SARIF for the code host, a summary for people."},
    {"plumb scan http://localhost:8080 --plan", "What would be sent."},
};
static const struct example replay_examples[] = {
    {"plumb replay recording --format json", "The same report, from a recording of 'plumb scan --record recording'."},
};
static const struct example report_examples[] = {
    {"plumb report plumb.json --format sarif --out plumb.sarif", "One report, another format."},
};
static const struct example retest_examples[] = {
    {"plumb retest plumb.json 3f1c0a9be27d4c55a1b2c3d4e5f60718", "Is it repaired? Exit 0: yes, 1: no, 3: it could not be told."},
};
static const struct example explain_examples[] = {
    {"plumb explain ssrf", "What the check asks, how it decides, how to repair."},
    {"plumb explain score plumb.json", "Every point of the score of a JSON report."},
};
static const struct example lab_examples[] = {
    {"plumb lab", "Starts the API and prints its address; in a second terminal: plumb scan ADDRESS."},
    {"plumb lab --fixed", "The repaired twin, in which nothing should be found."},
};

#define EXAMPLES(list) list, sizeof(list) / sizeof((list)[0])

const struct command command_table[COMMAND_COUNT] = {
    [COMMAND_SCAN] = {COMMAND_SCAN, "scan", "URL", 1, 1, COMPLETES_NOTHING, NULL, "scan an API",
                      "Scans the API at URL and prints what is wrong with it, the worst first.\n\n"
                      "Only the origin of URL is contacted. In safe mode, the default, nothing is sent that changes data.",
                      EXAMPLES(scan_examples)},
    [COMMAND_REPLAY] = {COMMAND_REPLAY, "replay", "DIR", 1, 1, COMPLETES_DIRECTORY, NULL,
                        "make the report of a recorded scan again",
                        "Judges the exchanges that 'plumb scan --record DIR' wrote and makes the same report, byte for "
                        "byte. Nothing is sent.",
                        EXAMPLES(replay_examples)},
    [COMMAND_REPORT] = {COMMAND_REPORT, "report", "FILE", 1, 1, COMPLETES_FILE, NULL,
                        "write a JSON report in another format",
                        "Reads a report that was written with --format json and writes it in another format.",
                        EXAMPLES(report_examples)},
    [COMMAND_RETEST] = {COMMAND_RETEST, "retest", "REPORT FINGERPRINT...", 2, 64, COMPLETES_FILE, NULL,
                        "ask again what a report found",
                        "Repeats the experiments behind findings of a JSON report, each alone, against the same target. A "
                        "fingerprint is that of a finding or of one of its occurrences.\n\n"
                        "Exit 0 when all are fixed, 1 when one is still there, 3 when one cannot be told.",
                        EXAMPLES(retest_examples)},
    [COMMAND_EXPLAIN] = {COMMAND_EXPLAIN, "explain", "TOPIC [REPORT]", 1, 2, COMPLETES_CHECK, NULL,
                         "explain a check, a category or a score",
                         "TOPIC is the id of a check, the key of a category, 'exit' for the exit codes, or 'score' with a "
                         "JSON report.",
                         EXAMPLES(explain_examples)},
    [COMMAND_CHECKS] = {COMMAND_CHECKS, "checks", "", 0, 0, COMPLETES_NOTHING, NULL, "list all checks",
                        "Lists every check: its id, its category, what it needs, and what it finds.", NULL, 0},
    [COMMAND_LAB] = {COMMAND_LAB, "lab", "", 0, 0, COMPLETES_NOTHING, NULL, "start a vulnerable API to practise on",
                     "Starts plumb-lab: a deliberately vulnerable API on 127.0.0.1, with its description at /openapi.json. "
                     "It ends with Ctrl-C.",
                     EXAMPLES(lab_examples)},
    [COMMAND_DOCTOR] = {COMMAND_DOCTOR, "doctor", "", 0, 0, COMPLETES_NOTHING, NULL,
                        "say what of this system a scan can use",
                        "Looks at what a scan needs or likes to have: sandbox, certificate store, canary listener, limits, "
                        "lab. Exit 0 when a scan can run.",
                        NULL, 0},
    [COMMAND_HELP] = {COMMAND_HELP, "help", "[COMMAND]", 0, 1, COMPLETES_CHOICE,
                      "scan replay report retest explain checks lab doctor", "show help",
                      "Shows the list of commands, or the help of one.", NULL, 0},
};

const struct exit_status exit_table[] = {
    {"0", "The scan ran, and no gate failed."},
    {"1", "A gate failed: --threshold or --fail-on. Findings alone never change the exit code."},
    {"2", "Wrong usage, configuration or credentials. Nothing was sent."},
    {"3", "The result cannot be relied on: the target is gone, answers 429 to everything, or the coverage is under "
          "--min-coverage. Wins over 1."},
    {"130, 143", "Interrupted (SIGINT, SIGTERM). The report holds what was known."},
};
const size_t exit_table_count = sizeof exit_table / sizeof exit_table[0];
