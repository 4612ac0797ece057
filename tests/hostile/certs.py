# SPDX-License-Identifier: Apache-2.0
"""Certificates made afresh by openssl at each start, in a directory that goes away with the process."""

import atexit
import functools
import pathlib
import shutil
import ssl
import subprocess
import tempfile


@functools.cache
def scratch():
    """A temporary directory of this process, removed at its end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="hostile-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@functools.cache
def make(kind):
    """Returns (certificate, key) of `kind`: self-signed, expired or wrong-name."""
    certificate, key, request = (scratch() / f"{kind}.{suffix}" for suffix in ("crt", "key", "csr"))
    subject = "/CN=somebody-else.test" if kind == "wrong-name" else "/CN=127.0.0.1"
    names = "DNS:somebody-else.test" if kind == "wrong-name" else "IP:127.0.0.1,DNS:localhost"
    extensions = scratch() / f"{kind}.ext"
    extensions.write_text(f"subjectAltName={names}\nbasicConstraints=critical,CA:TRUE\n")
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
             "-keyout", key, "-out", request)
    # A negative life is refused by `req -x509`, not by `x509 -req`: notAfter then lies before now.
    _openssl("x509", "-req", "-in", request, "-signkey", key, "-extfile", extensions,
             "-days", "-1" if kind == "expired" else "2", "-out", certificate)
    return certificate, key


def server_context(kind):
    """A TLS server context with a certificate of `kind`."""
    certificate, key = make(kind)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
