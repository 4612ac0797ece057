# SPDX-License-Identifier: Apache-2.0
"""What the gates (tools/check-*) share: the tree to look at, its files, and how a gate ends.

Every gate takes --root DIR (default: the project it lies in), prints one line a violation as `file:line: what`, and
exits 0 when clean, 1 with violations, 2 when it could not judge.
"""
import argparse
import os
import re
import subprocess
import sys

SKIPPED_FOLDERS = {".git", "node_modules", "__pycache__", "target"}


def parse(description, *extra):
    """Parse the command line; `extra` are (flags, keywords) pairs for argparse. Paths come back absolute."""
    parser = argparse.ArgumentParser(description=description)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--root", default=here, help="project to look at")
    for flags, keywords in extra:
        parser.add_argument(*flags, **keywords)
    args = parser.parse_args()
    args.root = os.path.abspath(args.root)
    return args


def files(root, *suffixes, under=""):
    """Paths below root/under, relative to root, sorted: those that git tracks or would track, else a walk."""
    top = os.path.join(root, under)
    if not os.path.isdir(top):
        return []
    found = []
    if os.path.isdir(os.path.join(root, ".git")):
        out = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
                              "--", under or "."], check=True, stdout=subprocess.PIPE).stdout
        found = [p for p in out.decode("utf-8", "surrogateescape").split("\0") if p]
        found = [p for p in found if os.path.isfile(os.path.join(root, p))]
    else:
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("build"))
            found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(p for p in set(found) if not suffixes or p.endswith(suffixes))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def blank_c(text, strings=True):
    """C source with comments (and string and character literals) blanked; line numbers stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token if not strings else token[0] * 2
        return re.sub(r"[^\n]", " ", token)

    return re.sub(pattern, blank, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def read_exceptions(root, name):
    """tools/<name>: lines `path  subject  reason…`, # comments. Gives {(path, subject): reason}."""
    path = os.path.join(root, "tools", name)
    table = {}
    if not os.path.exists(path):
        return table
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            parts = line.split(None, 2)
            if not parts or parts[0].startswith("#"):
                continue
            if len(parts) < 3:
                stop(f"tools/{name}:{number}: an exception is `path subject reason`")
            table[(parts[0], parts[1])] = parts[2].strip()
    return table


def stop(text):
    sys.stderr.write(text + "\n")
    sys.exit(2)


def finish(name, violations, looked_at):
    """End a gate. A gate that saw nothing has proven nothing."""
    for violation in violations:
        print(violation)
    if violations:
        print(f"{name}: {len(violations)} violations")
        sys.exit(1)
    if looked_at == 0:
        stop(f"{name}: nothing to look at")
    print(f"{name}: {looked_at} looked at, clean")
    sys.exit(0)
