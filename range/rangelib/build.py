# SPDX-License-Identifier: Apache-2.0
"""Builds what a world runs, into the user's cache."""

import hashlib
import os
import platform
import shutil
from pathlib import Path

from .tools import RANGE, Unavailable, cache_dir, call, lock, require


def go_binary(module, name):
    """Builds a Go module of the range as one static binary and gives its path."""
    require("go")
    target = cache_dir() / "bin" / name
    target.parent.mkdir(exist_ok=True)
    environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-trimpath")
    with lock("go-" + name):
        fresh = target.with_suffix(".new")
        call(["go", "build", "-buildvcs=false", "-o", fresh, "."], f"building {module.relative_to(RANGE.parent)}",
             cwd=module, env=environment)
        # Worlds that run hold the old file; a rename leaves it to them.
        os.replace(fresh, target)
    return target


def cargo_binary(project, name):
    """Builds a Rust project of the range as one static binary and gives its path."""
    require("cargo")
    triple = f"{platform.machine()}-unknown-linux-gnu"
    folder = cache_dir() / name
    target = cache_dir() / "bin" / name
    target.parent.mkdir(exist_ok=True)
    environment = dict(os.environ, CARGO_TARGET_DIR=str(folder), RUSTFLAGS="-C target-feature=+crt-static")
    with lock("cargo-" + name):
        call(["nice", "cargo", "build", "--release", "--locked", "-j1", "--target", triple],
             f"building {project.relative_to(RANGE.parent)}", cwd=project, env=environment)
        fresh = target.with_suffix(".new")
        shutil.copy2(folder / triple / "release" / f"range-{name}", fresh)
        os.replace(fresh, target)
    return target


def dynalite():
    """The command line that starts dynalite (address and port are to be added)."""
    require("node", "npm")
    project = RANGE / "dynalite"
    files = ("package.json", "package-lock.json", "serve.js")
    stamp = hashlib.sha256(b"".join((project / f).read_bytes() for f in files)).hexdigest()
    out = cache_dir() / f"dynalite-{stamp[:16]}"
    with lock("dynalite"):
        if not (out / "done").exists():
            out.mkdir(exist_ok=True)
            for f in files:
                shutil.copy2(project / f, out / f)
            call(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "fetching dynalite", cwd=out)
            (out / "done").touch()
    return ["node", out / "serve.js"]


def _stamp(root):
    """Changes when anything that the build reads changes."""
    h = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix in (".xml", ".java")):
        h.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return h.hexdigest()


def dynamodb():
    """The java command line that starts DynamoDB Local (address and port are to be added)."""
    require("java", "javac", "mvn")
    if platform.machine() != "x86_64":
        raise Unavailable("DynamoDB Local's SQLite library is on Maven Central for x86_64 Linux only; "
                          f"this machine is {platform.machine()}")
    project = RANGE / "dynamodb"
    stamp = _stamp(project)
    out = cache_dir() / f"dynamodb-{stamp[:16]}"
    done = out / "done"
    with lock("dynamodb"):
        if not (done.exists() and all(Path(p).exists() for p in _class_path(out))):
            call(["mvn", "-q", "-B", "-f", project / "pom.xml", f"-Dplumb.build={out}", "process-classes"],
                 "fetching DynamoDB Local")
            done.touch()
    class_path = ":".join([str(out / "classes"), *_class_path(out)])
    return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m",
            f"-Dsqlite4java.library.path={out / 'native'}", "-cp", class_path, "plumbline.range.LocalDynamo"]


def _class_path(out):
    return (out / "classpath").read_text(encoding="utf-8").strip().split(":")
