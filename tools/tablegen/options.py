"""tools/tables/options.txt: what people read of the options."""

import re

from .read import Mistake

HEADING = re.compile(r"([a-z_]+(?:\.[a-z_]+)?): (\S.*)")


class Option:
    """`text` has the lines of the man page, without their tab; `examples` are lines of JSON."""

    def __init__(self, section, name, summary):
        self.section, self.name, self.summary = section, name, summary
        self.text, self.examples = [], []

    def add(self, line):
        if line.startswith(">"):
            self.examples.append(line[1:].removeprefix(" "))
        else:
            self.text.append(line)


def read(path):
    """-> the options in the order of the file."""
    options, section = [], None
    with open(path, encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip()
            heading = HEADING.fullmatch(line)
            where = "%s:%d: " % (path, number)
            if line.startswith("= "):
                section = line[2:]
            elif heading and section:
                name, summary = heading.groups()
                if any(option.name == name for option in options):
                    raise Mistake(where + "%s occurs twice" % name)
                if summary.endswith("."):
                    raise Mistake(where + "a summary has no full stop")
                options.append(Option(section, name, summary))
            elif options and (line.startswith("\t") or not line):
                options[-1].add(line[1:])
            elif line and not line.startswith("#"):
                raise Mistake(where + "expected = SECTION, NAME: SUMMARY or a line of text")
    if not options:
        raise Mistake("%s: no option" % path)
    return options


def macro(name):
    return "OPTION_TEXT_" + name.replace(".", "_").upper()


def header(options):
    """C text: a macro with the summary of each option."""
    text = ("#ifndef ECSAUDIT_TABLE_OPTIONS_H\n#define ECSAUDIT_TABLE_OPTIONS_H\n\n")
    for option in options:
        text += '#define %s \\\n\t"%s"\n' % (
            macro(option.name), option.summary.replace("\\", "\\\\").replace('"', '\\"'))
    return text + "\n#endif\n"
