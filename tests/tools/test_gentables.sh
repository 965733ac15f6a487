#!/bin/sh
# The generated tables are those of the text; a stale one and a mistake in the text are named.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failed=0

fail() {
	echo "test_gentables: $*" >&2
	failed=1
}

fresh_copy() {
	rm -rf "${copy:?}"/*
	mkdir "$copy/include" "$copy/src"
	cp -R "$root/tools" "$copy/"
	cp "$root/include/table_ids.h" "$copy/include/"
	cp "$root"/src/table_*.c "$copy/src/"
}

# expect STATUS TEXT: what gentables --check makes of the copy.
expect() {
	status=0
	said=$("$copy/tools/gentables" --check 2>&1) || status=$?
	[ "$status" = "$1" ] || fail "exit status $status, expected $1: $said"
	case $said in
	*"$2"*) ;;
	*) fail "expected '$2', got '$said'" ;;
	esac
}

"$root/tools/gentables" --check || fail "the committed tables are not those of tools/tables"

fresh_copy
for file in "$copy"/include/table_ids.h "$copy"/src/table_*.c; do
	name=${file#"$copy/"}
	cp "$file" "$copy/kept"
	echo "/* edited */" >>"$file"
	expect 1 "$name is stale"
	rm "$file"
	expect 1 "$name is stale"
	cp "$copy/kept" "$file"
done
expect 0 ""

echo "1421 IPE_CONFIG_CHANGE" >>"$copy/tools/tables/record_types.txt"
expect 1 "src/table_names.c is stale"
"$copy/tools/gentables"
expect 0 ""
grep -q "RECORD_IPE_CONFIG_CHANGE = 1421" "$copy/include/table_ids.h" || fail "no new enumerator"

# mistake TEXT-OF-THE-COMPLAINT FILE LINE...
mistake() {
	complaint=$1 file=$2
	shift 2
	fresh_copy
	printf '%b\n' "$@" >>"$copy/tools/tables/$file"
	expect 1 "$complaint"
}

mistake "13 occurs twice" errno.txt "13 EPERMISSION"
mistake "expected NUMBER NAME" errno.txt "4000"
mistake "expected NUMBER NAME" errno.txt "ENAME 4000"
mistake "read.txt:5: 0 occurs" syscalls/read.txt "1 a" "2 b" "3 c" "0 d" "0 e"
mistake "EACCES occurs twice" errno.txt "4000 EACCES"
mistake "auid occurs twice" keys.txt "auid"
mistake "no syscalls/z80.txt" arches.txt "0x99 z80 z80"
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

exit $failed
