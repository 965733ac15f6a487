"""How many instructions an event costs, counted by valgrind from outside: nothing in the program knows of it."""
import glob
import json
import os
import re
import socket
import subprocess
import tempfile

import shapes

TIMEOUT_S = 60
QUIET = shapes.event(1, [("cwd", 1, 20, "plain")])


def make_log(path, events):
    with open(path, "wb") as f:
        f.write(QUIET)
        for e in events:
            f.write(e)


def dumps_of(binary, events, options):
    """Of each document from the text to the sent message: what callgrind counts from the end of one to
    the end of the next, which on_event() is. The first is QUIET's."""
    with tempfile.TemporaryDirectory() as d, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))  # which reads nothing: its buffer may overflow
        log, out = os.path.join(d, "log"), os.path.join(d, "out")
        make_log(log, events)
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, "--dump-after=on_event",
                   binary, "parse", "-o", "output=udp://127.0.0.1:%d" % receiver.getsockname()[1]]
        for option in options:
            command += ["-o", option]
        done = subprocess.run(command + [log], capture_output=True, check=False, timeout=TIMEOUT_S)
        dumps = sorted(glob.glob(out + ".*"), key=lambda path: int(path.rsplit(".", 1)[1]))
        counts = []
        for path in dumps:
            with open(path, encoding="utf-8") as f:
                counts.append(int(re.search(r"^(?:summary|totals): (\d+)", f.read(), re.M)[1]))
        if done.returncode or len(counts) < 2:
            raise RuntimeError("%d counts; %s" % (len(counts), done.stderr[-500:]))
    return counts[1:]


def instructions(binary, events, options):
    """Of each event; each must become one document."""
    counts = dumps_of(binary, events, options)
    if len(counts) != len(events):
        raise RuntimeError("%d documents of %d events" % (len(counts), len(events)))
    return counts


def serials_of(binary, events):
    """The serials of the documents, in their order."""
    with tempfile.TemporaryDirectory() as d:
        log = os.path.join(d, "log")
        make_log(log, events)
        done = subprocess.run([binary, "parse", "-o", "layout=auditbeat", log], capture_output=True, check=True,
                              timeout=TIMEOUT_S)
    return [json.loads(line)["auditd"]["sequence"] for line in done.stdout.splitlines()][1:]


def most_of(binary, events, options):
    """Of the dearest document of each event, which may become several: programs' records do. `events` has
    them by their serial."""
    made = list(events.values())
    most = {serial: 0 for serial in events}
    for serial, cost in zip(serials_of(binary, made), dumps_of(binary, made, options), strict=True):
        most[serial] = max(most[serial], cost)
    return most
