#!/bin/sh
# The page ecsaudit.json(5) and board/ecsaudit.json are those of tools/tables/options.txt and of the program; a
# stale one, and an option without a text, are named. Prints TAP; works on a copy.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
binary=$(cd "$root" && realpath "${O:-build}/ecsaudit")
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# shellcheck source=tests/project/tap.sh
. "$root/tests/project/tap.sh"

fresh_copy() {
	rm -rf "${copy:?}"/*
	mkdir "$copy/board"
	cp -R "$root/tools" "$copy/"
	cp "$root/board/ecsaudit.json" "$copy/board/"
}

edit() { # FILE EDIT
	sed "$2" "$copy/$1" >"$copy/edited"
	! cmp -s "$copy/$1" "$copy/edited" || echo "not ok - $1: the edit $2 changes nothing"
	cp "$copy/edited" "$copy/$1"
}

answers "page and file are fresh" 0 "" "$root/tools/genoptions" --check "$binary"

for path in tools/man/ecsaudit.json.5 board/ecsaudit.json; do
	fresh_copy
	edit $path '0,/immutable/s/immutable/mutable/'
	answers "$path, edited: is stale" 1 "$path is stale" "$copy/tools/genoptions" --check "$binary"
	rm "$copy/$path"
	answers "$path, missing: is stale" 1 "$path is stale" "$copy/tools/genoptions" --check "$binary"
done

fresh_copy
edit tools/tables/options.txt '/^seccomp: /s/$/ indeed/'
answers "a new summary makes the file stale" 1 board/ecsaudit.json "$copy/tools/genoptions" --check "$binary"
answers "and the page" 1 ecsaudit.json.5 "$copy/tools/genoptions" --check "$binary"
answers "written" 0 "" "$copy/tools/genoptions" "$binary"
answers "fresh when written" 0 "" "$copy/tools/genoptions" --check "$binary"

fresh_copy
edit tools/tables/options.txt 's/^seccomp: /seccomb: /'
answers "a text of no option" 1 "seccomb is no option" "$copy/tools/genoptions" --check "$binary"
fresh_copy
edit tools/tables/options.txt '/^seccomp: /d'
answers "an option without a text" 1 "no text of seccomp" "$copy/tools/genoptions" --check "$binary"

finish
