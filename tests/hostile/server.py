#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hostile server: hosts that do to an HTTP client what no host should. Loopback only, ports chosen by the kernel.

  server.py                 starts every host, prints one JSON line {name: {url, ports, secrets}}
  server.py --host NAME     starts that host alone
  server.py --list          prints the names
  server.py --selftest      proves with raw sockets that each host does what its name says

While it runs, a line `stats` on its input is answered with one JSON line of counters; the end of the input ends it.
"""

import argparse
import json
import sys

from hosts import HOSTS


def start(names):
    """Starts the named hosts."""
    return {name: HOSTS[name]().start() for name in names}


def answer_input(running):
    """Serves the control lines on standard input until it ends."""
    for line in sys.stdin:
        if line.strip() == "stats":
            print(json.dumps({name: host.stats() for name, host in running.items()}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", action="append", choices=sorted(HOSTS), metavar="NAME", help="only this host")
    parser.add_argument("--list", action="store_true", help="print the names of the hosts")
    parser.add_argument("--selftest", action="store_true", help="check every host with raw sockets")
    options = parser.parse_args()
    if options.list:
        print("\n".join(sorted(HOSTS)))
        return 0
    if options.selftest:
        import selftest
        return selftest.run(options.host)
    running = start(options.host or sorted(HOSTS))
    print(json.dumps({name: host.describe() for name, host in running.items()}), flush=True)
    answer_input(running)
    return 0


if __name__ == "__main__":
    sys.exit(main())
