#!/usr/bin/env python3
"""Prints how long the console takes to its first screen, and how much memory it has then, beside the targets.

    scripts/console_figures.py target/release/bwdc [runs]

The program is started in a pseudo-terminal of 80 by 24 with an empty home. "First screen" is the menu; "state" is what the
installation is at, above it. Nothing is asserted: a busy machine would make a liar of any assertion.
"""

import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time

TARGETS = {"first screen": 50, "state": None, "memory": 20}
# Words of one piece: blanks between words are skipped on the way to a terminal.
MENU, STATE = b"Simulate", b"signed"
PATIENCE = 30


def peak(child):
    """The most memory that a process had so far, in megabytes."""
    with open(f"/proc/{child}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return float("nan")


def one(program):
    with tempfile.TemporaryDirectory() as home:
        begun = time.monotonic()
        child, terminal = pty.fork()
        if child == 0:
            environment = {"HOME": home, "TERM": "xterm-256color", "PATH": os.environ.get("PATH", "/usr/bin:/bin")}
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execve(program, [program, "ui"], environment)
        seen, found = b"", {}
        while len(found) < 2 and time.monotonic() < begun + PATIENCE:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
            now = (time.monotonic() - begun) * 1000
            for name, text in (("first screen", MENU), ("state", STATE)):
                if text in seen:
                    found.setdefault(name, now)
        if len(found) < 2:
            sys.exit(f"the console showed no menu:\n{seen.decode(errors='replace')}")
        found["memory"] = peak(child)
        os.write(terminal, b"q")
        try:
            while os.read(terminal, 65536):
                pass
        except OSError:
            pass
        os.close(terminal)
        os.waitpid(child, 0)
        return found


def main():
    program = os.path.realpath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 11
    all_runs = [one(program) for _ in range(runs)]
    print(f"console, {runs} runs: {program}")
    for name, target in TARGETS.items():
        values = [it[name] for it in all_runs]
        unit = "MB" if name == "memory" else "ms"
        beside = f", target {target} {unit}" if target else ""
        print(f"  {name:<14} median {statistics.median(values):7.1f} {unit}, most {max(values):7.1f} {unit}{beside}")


if __name__ == "__main__":
    main()
