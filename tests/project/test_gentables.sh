#!/bin/sh
# The committed tables are those of the text; a stale one and a mistake in the text are named.
# Prints TAP; works on a copy.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# shellcheck source=tests/project/tap.sh
. "$root/tests/project/tap.sh"

fresh_copy() {
	rm -rf "${copy:?}"/*
	cp -R "$root/tools" "$copy/"
	(cd "$root" && cp --parents include/table_*.h src/*/table_* "$copy/")
}

stale() {
	answers "$1 $2: is stale" 1 "$1 is stale" "$copy/tools/gentables" --check
}

# mistake TEXT FILE LINE...: the lines, added to the file, are refused with the text.
mistake() {
	text=$1 file=$2
	shift 2
	fresh_copy
	printf '%b\n' "$@" >>"$copy/tools/tables/$file"
	answers "refused: $text" 1 "$text" "$copy/tools/gentables" --check
}

answers "the committed tables are fresh" 0 "" "$root/tools/gentables" --check

fresh_copy
for path in "$copy"/include/table_*.h "$copy"/src/*/table_*; do
	cp "$path" "$copy/kept"
	echo "/* edited */" >>"$path"
	stale "${path#"$copy/"}" edited
	rm "$path"
	stale "${path#"$copy/"}" missing
	cp "$copy/kept" "$path"
done

echo "1390 NEW_TYPE" >>"$copy/tools/tables/record_types.txt"
stale src/tables/table_names.c "with a new name"
answers "written" 0 "" "$copy/tools/gentables"
answers "fresh when written" 0 "" "$copy/tools/gentables" --check
answers "has the new name" 0 "RECORD_NEW_TYPE = 1390" cat "$copy/include/table_ids.h"

mistake "13 occurs twice" errno.txt "13 EPERMISSION"
mistake "EACCES occurs twice" errno.txt "4000 EACCES"
mistake "expected NUMBER NAME" errno.txt "4000"
mistake "expected NUMBER NAME" errno.txt "ENAME 4000"
mistake "x=y: expected MACHINE=NUMBER" errno.txt "4000 ENAME x=y"
mistake "z80.txt:5: 0 occurs twice" syscalls/z80.txt "0 a" "1 b" "2 c" "3 d" "0 e"
mistake "no syscalls/z80.txt" arches.txt "0x99 z80 z80"
mistake "auid occurs twice" keys.txt "auid"
mistake "colour is not in keys.txt" numbers.txt "colour"
mistake "no system call reed" normalize.txt "event reads" "\tsyscalls reed"
mistake "read has a meaning already" normalize.txt "event reads" "\tsyscalls read"
mistake "no record type LOGON" normalize.txt "event logs" "\trecords LOGON"
mistake "LOGIN has a meaning already" normalize.txt "event logs" "\trecords LOGIN"
mistake "colour is not in keys.txt" normalize.txt "event paints" "\tobject colour"
mistake "no mixin paint" normalize.txt "event paints" "\twith paint"
mistake "is not understood" normalize.txt "event paints" "\tpaint it"
mistake "maps nothing" normalize.txt "event paints" "\tmap actor painter"
mistake "expected CATEGORY" normalize.txt "event paints" "\tecs file change"
mistake "expected mixin" normalize.txt "events paint"
mistake "LOGIN has an ecs line" normalize.txt "fallback host : info" "\trecords LOGIN"
mistake "colour is not in keys.txt" normalize.txt "event paints" "\tneeds colour=red"
mistake "data.acct/colour" normalize.txt "event paints" "\tmap data.acct/colour painter"
mistake "colour is not in keys.txt" normalize.txt "event paints" "\tmap data.acct/colour user"
mistake "chown32 has a meaning already" normalize.txt "event paints" "\tsyscalls chown32"
mistake "no system call paint" calls.txt "paint dir 0"
mistake "no system call chown64" calls.txt "chown32 as chown64"
mistake "openat occurs twice" calls.txt "openat dir 1"
mistake "4 is no argument that a record has" calls.txt "read dir 4"
mistake "expected one or two arguments" calls.txt "read dir"
mistake "'flag' is not understood" calls.txt "read flag 1"
mistake "one call has calls in it, socketcall" calls.txt "ipc inner semop"
mistake "tags occurs twice" options.txt "tags: again"
mistake "no full stop" options.txt "colour: paint it."
mistake "expected = SECTION" options.txt "colour"
mistake "which is like another" calls.txt "getuid32 as chown32"

finish
