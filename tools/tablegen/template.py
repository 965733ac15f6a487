"""Index templates for Elasticsearch, of the fields that our documents have.

A field is in the template if an expected document has it (tests/golden, tests/documents), if the
ingest pipeline for geographic data sets it, or if own_fields.txt names it in full. Its type is what
ECS says, else what own_fields.txt says.
"""

import glob
import json

from .read import Mistake

# Above Elasticsearch's own logs-*-* and metrics-*-* (100), below the integration's assets (200).
PRIORITY = 150
VERSION = 1
# Of ECS's facts, those that Elasticsearch knows as parameters of a field.
PARAMETERS = ("ignore_above", "scaling_factor", "index", "doc_values")
IGNORE_ABOVE = 1024 # as ECS has it. Longer texts are kept, but cannot be searched


def names_in(value, fields, path=""):
    """The names of all leaves. What is stored flattened is one."""
    field = fields.find(path)
    if isinstance(value, list):
        return {name for item in value for name in names_in(item, fields, path)}
    if not isinstance(value, dict) or field and field.type == "flattened":
        return {path}
    return {name for key, item in value.items()
            for name in names_in(item, fields, path + "." + key if path else key)}


def names_set(pipeline):
    """The fields that are there when an ingest pipeline has ended."""
    found = set()
    for processor in pipeline["processors"]:
        for kind, options in processor.items():
            if kind == "geoip":
                found |= {"%s.%s" % (options["target_field"], name) for name in options["properties"]}
            elif kind == "rename":
                found.discard(options["field"])
                found.add(options["target_field"])
            else:
                raise Mistake("the pipeline has a processor %s" % kind)
    return found


def mapping_of(field):
    """What the template says of a field."""
    mapping = {"type": field.type}
    mapping.update((name, field.facts[name]) for name in PARAMETERS if name in field.facts)
    if not field.is_ecs and field.type in ("keyword", "flattened"):
        mapping["ignore_above"] = IGNORE_ABOVE
    if field.facts.get("multi_fields"):
        mapping["fields"] = {more["name"]: {name: more[name] for name in ("type", *PARAMETERS) if name in more}
                             for more in field.facts["multi_fields"]}
    return mapping


def properties_of(names, fields):
    """{name: mapping}, an object's members below "properties"."""
    root = {}
    for name in sorted(names):
        field = fields.find(name)
        if not field:
            raise Mistake("%s: neither ECS nor own_fields.txt has it" % name)
        *groups, key = name.split(".")
        place = root
        for group in groups:
            place = place.setdefault(group, {"properties": {}})
            if "properties" not in place:
                raise Mistake("%s: what is above it is a field, too" % name)
            place = place["properties"]
        if key in place:
            raise Mistake("%s: a field, and an object" % name)
        place[key] = mapping_of(field)
    return root


def dynamic_templates():
    """A field that no recording has: a text is a keyword (else Elasticsearch analyses it), and so is
    a number of a record, which is a text in layout auditbeat."""
    keyword = {"type": "keyword", "ignore_above": IGNORE_ABOVE}
    return [{"number-of-a-record": {"path_match": "auditd.data.*", "match_mapping_type": "long", "mapping": keyword}},
            {"text": {"match_mapping_type": "string", "mapping": keyword}}]


def template(description, stream, names, fields):
    kind = stream.split("-")[0]
    return {
        "index_patterns": [stream + "-*"],
        "data_stream": {},
        "priority": PRIORITY,
        "version": VERSION,
        "composed_of": [kind + "@settings", "ecsaudit@custom"],
        "ignore_missing_component_templates": [kind + "@settings", "ecsaudit@custom"],
        "_meta": {"description": description, "managed": False},
        "template": {
            "settings": {"index": {"codec": "best_compression"}},
            "mappings": {
                "date_detection": False,
                "dynamic_templates": dynamic_templates(),
                "properties": properties_of(names, fields),
            },
        },
    }


def documents(pattern):
    for path in sorted(glob.glob(pattern)):
        with open(path, encoding="utf-8") as f:
            for line in f:
                yield json.loads(line)


def show(value, indent=0):
    """JSON with what has no object in it on one line."""
    if isinstance(value, dict) and value and any(isinstance(v, (dict, list)) and v for v in value.values()) or \
            isinstance(value, list) and any(isinstance(v, dict) for v in value):
        tabs = "\n" + "\t" * (indent + 1)
        pairs = value.items() if isinstance(value, dict) else [(None, item) for item in value]
        parts = [("" if key is None else json.dumps(key) + ": ") + show(item, indent + 1) for key, item in pairs]
        return "%s%s%s\n%s%s" % ("[{"[isinstance(value, dict)], tabs, ("," + tabs).join(parts), "\t" * indent,
                                 "]}"[isinstance(value, dict)])
    return json.dumps(value)


def generate(fields):
    """-> {path: text} of every generated file."""
    with open("board/elasticsearch/geo.json", encoding="ascii") as f:
        events = names_set(json.load(f))
    exact = {name for name, _, _ in fields.own if "*" not in name}
    for document in documents("tests/golden/*.ndjson"):
        events |= names_in(document, fields)
    ledger = set()
    for document in documents("tests/documents/metric.ndjson"):
        ledger |= names_in(document, fields)
    # A record's `new-level` is `new_level` in layout integration, which not every recording has.
    events |= {name.replace("-", "_") for name in events if name.startswith("auditd.data.")}
    events |= {name for name in exact if not name.startswith("ecsaudit.")}
    ledger |= {name for name in exact if name.startswith("ecsaudit.")}
    made = {"events": template("Audit events of ecsaudit, in both layouts", "logs-auditd_manager.auditd",
                               events, fields),
            "ledger": template("What ecsaudit counts", "metrics-ecsaudit.ledger", ledger, fields)}
    return {"board/elasticsearch/%s.json" % name: show(one) + "\n" for name, one in made.items()}
