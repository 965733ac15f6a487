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
# From an event's records in memory to its message on the way: what the agent does for it on a machine.
LIMIT = 2000000
# `parse` reads its lines before, of which there may be any number: so much for each, for each byte, and for
# what is done now and then, as reading the file.
LINE_LIMIT, BYTE_LIMIT, NOW_AND_THEN = 3000, 8, 60000
QUIET = shapes.event(1, [("cwd", 1, 20, "plain")])


def reading_limit(text):
    return text.count(b"\n") * LINE_LIMIT + len(text) * BYTE_LIMIT + NOW_AND_THEN


def make_log(path, events):
    with open(path, "wb") as f:
        f.write(QUIET)
        for e in events:
            f.write(e)


def inside(text, name):
    """What callgrind counted from calls of a function to their returns."""
    names, called, total, is_call = {}, None, 0, False
    for line in text.splitlines():
        if line.startswith(("fn=", "cfn=")):
            number, _, called_name = line.partition("=")[2].partition(" ")
            if called_name:
                names[number] = called_name
            if line[0] == "c":
                called = names[number]
        elif line.startswith("calls="):
            is_call = True
        elif is_call:
            is_call = False
            if called.partition(".")[0] == name:
                total += int(line.split()[-1])
    return total


def dumps_of(binary, events, options):
    """Of each document what callgrind counts from the end of one on_event() to the end of the next, from the
    text to the sent message; and how much of that is inside of it, when the records are joined. The first
    is QUIET's."""
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
                text = f.read()
            counts.append((int(re.search(r"^(?:summary|totals): (\d+)", text, re.M)[1]), inside(text, "on_event")))
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
    """Of all documents of each event, which may become several, as programs' records do: what reading their
    lines costs together, and what the dearest costs from there on. `events` has them by their serial."""
    made = list(events.values())
    most = {serial: (0, 0) for serial in events}
    for serial, (cost, joined) in zip(serials_of(binary, made), dumps_of(binary, made, options), strict=True):
        most[serial] = (most[serial][0] + cost - joined, max(most[serial][1], joined))
    return most
