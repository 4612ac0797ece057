# SPDX-License-Identifier: Apache-2.0
"""Starts plumb-lab on a free loopback port and stops it again, by its process id.

The contract with the program: `plumb-lab --port 0` prints a line with its address, http://127.0.0.1:PORT, on standard
output once it answers, and ends on SIGTERM.
"""
import os
import re
import selectors
import subprocess
import time

START_SECONDS = 20


class Lab:
    """`with Lab("build") as address:`; with build None nothing is started and the address is ""."""

    def __init__(self, build, *arguments):
        self.program = os.path.join(build, "plumb-lab") if build else None
        self.arguments = arguments
        self.process = None

    def __enter__(self):
        if self.program is None:
            return ""
        self.process = subprocess.Popen([self.program, "--port", "0", *self.arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        text, deadline = b"", time.monotonic() + START_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(timeout=0.2):
                    continue
                chunk = os.read(self.process.stdout.fileno(), 4096)
                text += chunk
                match = re.search(rb"http://127\.0\.0\.1:\d+(?=\D)", text)
                if match:
                    return match.group(0).decode()
                if not chunk:
                    break
        self.__exit__(None, None, None)
        raise RuntimeError(f"{self.program} did not name its address; it said: {text.decode('utf-8', 'replace')!r}")

    def __exit__(self, *unused):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.process = None
