"""The words of the rule language: tools/tables/rule_*.txt -> src/rules/table_rules.c.

How the rows look in C is declared in include/rules_table.h.
"""

from . import emit
from .read import Mistake, lines

LISTS = {"user": 0, "task": 1, "exit": 4, "exclude": 5, "filesystem": 6, "io_uring": 7}  # AUDIT_FILTER_*
ALL = {"all": ["user", "task", "exit", "io_uring"]}
VALUES = """number argument uid auid gid session exit msgtype arch perm filetype fstype family
    comparison inode string path dir exe key""".split()
OPERATORS = ("equal", "is", "order", "all")


def rows(path, columns):
    for place, _, words in lines(path):
        if len(words) != columns:
            raise Mistake("%s: expected %d words" % (place, columns))
        yield place, words


def chosen(place, word, words):
    if word not in words:
        raise Mistake("%s: '%s' is none of %s" % (place, word, ", ".join(words)))
    return word


def table(kind, name, initializers, end):
    text = "".join("\t{%s},\n" % ", ".join(row) for row in initializers + [end])
    return "const struct %s %s[] = {\n%s};\n\n" % (kind, name, text)


def fields(path):
    found = []
    for place, (name, number, value, operators, where) in rows(path, 5):
        names = [one for word in where.split(",") for one in ALL.get(word, [word])]
        found.append([emit.c_string(name), number,
                      "RULE_VALUE_" + chosen(place, value, VALUES).upper(),
                      "RULE_OPERATORS_" + chosen(place, operators, OPERATORS).upper(),
                      "%#04x" % sum(1 << LISTS[chosen(place, one, LISTS)] for one in names)])
    return found


def words(path, number_first=False):
    pairs = [w[::-1] if number_first else w for _, w in rows(path, 2)]
    return [[emit.c_string(name), number] for name, number in pairs]


def machines(path, arch_names):
    found = []
    for place, (name, *meant) in rows(path, 3):
        found.append([emit.c_string(name)] + [
            "RULE_NO_ARCH" if arch == "-" else str(arch_names.index(chosen(place, arch, arch_names)))
            for arch in meant])
    return found


def generate(folder, arch_names):
    field_rows = fields(folder + "rule_fields.txt")
    known = {name: number for name, number, *_ in field_rows}
    comparisons = []
    for place, (number, *pair) in rows(folder + "rule_comparisons.txt", 3):
        comparisons.append([known[chosen(place, emit.c_string(name), known)] for name in pair] + [number])
    word_end = ["NULL", "0"]
    return "".join((
        table("rule_field", "rule_fields", field_rows, ['""', "0", "0", "0", "0"]),
        table("rule_comparison", "rule_comparisons", comparisons, ["0", "0", "0"]),
        table("rule_machine", "rule_machines", machines(folder + "rule_machines.txt", arch_names),
              ['""', "0", "0"]),
        table("rule_word", "rule_filetypes", words(folder + "rule_filetypes.txt"), word_end),
        table("rule_word", "rule_fstypes", words(folder + "rule_fstypes.txt"), word_end),
        table("rule_word", "rule_uring_operations", words(folder + "rule_uring.txt", True), word_end)))
