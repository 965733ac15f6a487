"""What system calls mean beyond normalize.txt: calls.txt, whose format is described there."""

from .read import Mistake, lines

FLAGS = {"creates": "CALL_CREATES", "renames": "CALL_RENAMES", "from": "CALL_RECEIVES",
         "to": "CALL_SENDS", "points": "CALL_POINTS"}
NOT_SAID = "CALL_NOT_SAID"  # an argument that the record of a call does not have
ARGUMENTS = 4  # a0 to a3


class Call:
    def __init__(self):
        self.directories, self.open_flags, self.flags = ["0", "0"], "0", []

    def row(self):
        return "{{%s}, %s, %s}" % (", ".join(self.directories), self.open_flags,
                                   " | ".join(self.flags) or "0")


def argument(place, word):
    """A position in a record plus 1."""
    if word == "?":
        return NOT_SAID
    if not word.isdigit() or int(word) >= ARGUMENTS:
        raise Mistake("%s: %s is no argument that a record has" % (place, word))
    return str(int(word) + 1)


def read_words(call, place, words):
    while words:
        word = words.pop(0)
        if word == "dir":
            found = []
            while words and (words[0] == "?" or words[0].isdigit()):
                found.append(argument(place, words.pop(0)))
            if not 1 <= len(found) <= 2:
                raise Mistake("%s: expected one or two arguments behind dir" % place)
            call.directories = [found[0], found[-1]]
        elif word == "flags" and words:
            call.open_flags = argument(place, words.pop(0))
        elif word in FLAGS:
            call.flags.append(FLAGS[word])
        else:
            raise Mistake("%s: '%s' is not understood" % (place, word))


def read(path, syscall_names):
    """-> ({name: name of the call that it is like}, {name: Call}, (name, [calls in it]))"""
    alike, calls, multiplexer, inner = {}, {}, None, []
    for place, _, words in lines(path):
        name, words = words[0], words[1:]
        named = [name] + (words[1:] if words and words[0] in ("as", "inner") else [])
        for call in named:
            if call not in syscall_names:
                raise Mistake("%s: no system call %s" % (place, call))
        if words and words[0] == "inner":
            if multiplexer not in (None, name):
                raise Mistake("%s: one call has calls in it, %s" % (place, multiplexer))
            multiplexer = name
            inner += words[1:]
        elif name in calls or name in alike:
            raise Mistake("%s: %s occurs twice" % (place, name))
        elif words and words[0] == "as" and len(words) == 2:
            alike[name] = words[1]
        else:
            calls[name] = Call()
            read_words(calls[name], place, words)
    for name, other in alike.items():
        if other in alike:
            raise Mistake("%s: %s is like %s, which is like another" % (path, name, other))
        if other in calls:
            calls[name] = calls[other]
    return alike, calls, (multiplexer, inner)
