#!/bin/sh
# Elasticsearch's templates in board/elasticsearch are those of the expected documents and of ECS; a stale
# one, and a field that nobody knows, are named. Prints TAP; works on a copy.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# shellcheck source=tests/project/tap.sh
. "$root/tests/project/tap.sh"

fresh_copy() {
	rm -rf "${copy:?}"/*
	mkdir -p "$copy/build" "$copy/tests"
	cp -R "$root/tools" "$copy/"
	(cd "$root" && cp --parents board/elasticsearch/*.json tests/golden/*.ndjson tests/documents/metric.ndjson "$copy/")
	[ ! -d "$root/build/ecs" ] || ln -s "$root/build/ecs" "$copy/build/ecs"
}

stale() { # NAME FILE
	answers "$1: $2 is stale" 1 "$2 is stale" "$copy/tools/gentemplate" --check
}

wrong() { # NAME TEXT
	answers "$1: $2" 1 "$2" "$copy/tools/gentemplate" --check
}

with() { # MEMBER: a document like another, and this in it
	head -n 1 "$copy/tests/golden/linux-6.1-exec.ndjson" | sed "s/^{/{$1,/" >"$copy/tests/golden/more.ndjson"
}

answers "the templates are fresh" 0 "" "$root/tools/gentemplate" --check

for file in board/elasticsearch/events.json board/elasticsearch/ledger.json; do
	fresh_copy
	sed -i 's/"keyword"/"text"/' "$copy/$file"
	stale edited $file
	rm "$copy/$file"
	stale missing $file
done

fresh_copy
with '"container":{"id":"x"}'
stale "a document with another field of ECS" board/elasticsearch/events.json
answers "written" 0 "" "$copy/tools/gentemplate"
answers "fresh when written" 0 "" "$copy/tools/gentemplate" --check
answers "with the type of ECS" 0 '"id": {"type": "keyword", "ignore_above": 1024}' \
	grep -A 3 '"container"' "$copy/board/elasticsearch/events.json"

with '"verdict":"x"'
wrong "a field that ECS does not have" "verdict: neither ECS nor own_fields.txt has it"
with '"container":{"id":{"of":"x"}}'
wrong "an object where ECS has a leaf" "container.id.of: neither ECS nor"
rm "$copy/tests/golden/more.ndjson"
echo 'auditd.data.a0.x keyword' >>"$copy/tools/tables/own_fields.txt"
wrong "a leaf below a leaf" "auditd.data.a0.x: what is above it is a field, too"

fresh_copy
echo 'file.path keyword' >>"$copy/tools/tables/own_fields.txt"
wrong "a field of our own that is ECS's" "ECS has file.path"
fresh_copy
echo 'auditd.x' >>"$copy/tools/tables/own_fields.txt"
wrong "a field without a type" "expected FIELD TYPE"
fresh_copy
rm -f "$copy/build/ecs"
wrong "without ECS" "make setup"
mkdir "$copy/build/ecs"
echo 'exports.EcsFlat = {' >"$copy/build/ecs/ecs_flat.js"
wrong "with half of ECS" "ecs_flat.js is not understood"

finish
