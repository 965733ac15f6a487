#!/bin/bash
# make install and make uninstall: what goes where, and that a changed configuration is nobody's to
# overwrite or to remove. A program that is built with another SYSCONFDIR looks there. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES # of the make that runs this test
O=${O:-build}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/project/tap.sh
. tests/project/tap.sh

# make_in ROOT TARGET [NAME=VALUE...]: with DESTDIR=$scratch/ROOT
make_in() {
	make --no-print-directory WERROR="${WERROR:-}" O="$O" DESTDIR="$scratch/$1" "${@:2}"
}

# The files below ROOT, as PATTERN... name them and no others; each pattern is there.
holds() { # ROOT PATTERN...
	local root=$1 pattern file rest

	shift
	rest=$(cd "$scratch/$root" && find . -type f | sed 's/^\.//')
	for pattern; do
		file=$(grep -xE -- "$pattern" <<<"$rest") || { echo "nothing is $pattern" && return 1; }
		rest=$(grep -vxF -- "$file" <<<"$rest")
	done
	[ -z "$rest" ] || { echo "unexpected: $rest" && return 1; }
}

stays() { # FILE TEXT: it holds that text
	[ "$(cat "$1")" = "$2" ]
}

# ---- the usual places ----------------------------------------------------------------------------

check "install" make_in usual install
check "the program, pages, rules and configuration are in their places" holds usual \
	/usr/local/sbin/ecsaudit '/usr/local/share/man/man[578]/ecsaudit[a-z-]*(\.json)?\.[578]' \
	'/usr/local/share/ecsaudit/rules/[^/]*\.(rules|md|tsv)' /etc/ecsaudit.json
check "the program is the stripped one" cmp "$O/ecsaudit.stripped" "$scratch/usual/usr/local/sbin/ecsaudit"
check "the configuration is the shipped one" cmp board/ecsaudit.json "$scratch/usual/etc/ecsaudit.json"
check "a page is the shipped one" cmp "$(find tools -name ecsaudit.8)" \
	"$scratch/usual/usr/local/share/man/man8/ecsaudit.8"
check "uninstall" make_in usual uninstall
check "nothing is left" holds usual

# ---- what somebody changed -------------------------------------------------------------------------

mkdir -p "$scratch/changed/etc" "$scratch/changed/usr/local/share/ecsaudit/rules"
echo '{"output": "null"}' >"$scratch/changed/etc/ecsaudit.json"
check "install over a configuration" make_in changed install
check "it is as it was" stays "$scratch/changed/etc/ecsaudit.json" '{"output": "null"}'
echo '-w /etc -p wa' >"$scratch/changed/usr/local/share/ecsaudit/rules/10-base.rules"
echo '-w /etc -p wa' >"$scratch/changed/usr/local/share/ecsaudit/rules/own.rules"
check "uninstall with changed files" make_in changed uninstall
check "they stay, and only they" holds changed /etc/ecsaudit.json \
	/usr/local/share/ecsaudit/rules/10-base.rules /usr/local/share/ecsaudit/rules/own.rules
check "and uninstall again, where nothing is to be removed" make_in changed uninstall

# ---- other places ----------------------------------------------------------------------------------

O=$scratch/build
etc=$scratch/configuration
other=(PREFIX=/opt SBINDIR=/opt/bin MANDIR=/opt/man SYSCONFDIR="$etc" CFLAGS='-O0 -fno-lto') # fast to build
check "install in other places" make_in other install "${other[@]}"
check "all is there" holds other /opt/bin/ecsaudit '/opt/man/man[578]/ecsaudit[a-z-]*(\.json)?\.[578]' \
	'/opt/share/ecsaudit/rules/[^/]*\.(rules|md|tsv)' "$etc/ecsaudit.json"
mkdir "$etc"
echo '{"output": "null", "hostname": "elsewhere"}' >"$etc/ecsaudit.json"
check "the program looks for its configuration there" eval \
	"'$scratch/other/opt/bin/ecsaudit' config | grep -F '\"hostname\": \"elsewhere\"'"
check "its help names that file" eval "'$scratch/other/opt/bin/ecsaudit' help run | grep -F '$etc/ecsaudit.json,'"
check "nothing that is installed names /etc/ecsaudit" eval \
	"! grep -rlE '/etc/ecsaudit' '$scratch/other/opt/man' '$scratch/other/opt/share' '$scratch/other$etc'"
check "uninstall there" make_in other uninstall "${other[@]}"
check "nothing is left there" holds other

finish
