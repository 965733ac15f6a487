#!/bin/bash
# The rule sets of rules/: every file is right for every machine that README.md says, every rule has
# a key that README.md knows and a comment above it, no rule is there twice, and the counts in
# README.md are those of the files. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
program=${1:-${O:-build}/ecsaudit}
readme=rules/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failed=0
shopt -s nullglob

# test_that NAME COMMAND...: the command succeeds and prints nothing; what it prints says why not.
test_that() {
	local name=$1 said status
	shift
	said=$("$@" 2>&1)
	status=$?
	number=$((number + 1))
	if [ $status -eq 0 ] && [ -z "$said" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' <<<"$said"
		failed=1
	fi
}

rules_of() { # FILE...: the rules alone
	grep -hE '^-' "$@"
}

keys_of() { # FILE...
	rules_of "$@" | sed -nE 's/.*( -k |-F key=)([^ ]+).*/\2/p' | sort -u
}

# As the tables of README.md have it.
applies() { # FILE MACHINE
	case $1:$2 in
	*-b64.rules:i686 | *-b64.rules:armv7l | *-b64.rules:ppc) return 1 ;;
	*-b32.rules:riscv64 | *-b32.rules:ppc64le | *-b32.rules:loongarch64) return 1 ;;
	esac
}

is_clean() { # FILE MACHINE
	local said n
	n=$(rules_of "$1" | wc -l)
	said=$("$program" rules check --machine "$2" "$1") &&
		[[ $said == "$n rule"?(s)", 0 mistakes, 0 warnings" ]] && return
	echo "$said"
	return 1
}

# A rule of the exclude and the user list must not have a key: the kernel does not know it there.
have_keys() { # FILE
	rules_of "$1" | grep -vE '^-a (always,exclude|never,user) ' | grep -vE -- ' (-k |-F key=)[a-z0-9_-]+$'
	rules_of "$1" | grep -E '^-a (always,exclude|never,user) .*( -k |key=)'
	true
}

# Paragraphs: whatever rules are in one, a comment stands above them. The file's first line says
# what it is for.
have_comments() { # FILE
	head -n 1 "$1" | grep -q '^# ..' || echo "no comment in the first line"
	awk '!NF { said = 0 }
		/^#/ && !/^#-/ { said = 1 }
		/^-/ && !said { print FILENAME ":" FNR ": no comment above " $0 }
		length > 100 && /^#/ { print FILENAME ":" FNR ": longer than 100 characters" }' "$1"
}

# What may be loaded together on a machine; not spec-example.rules, which stands alone.
no_rule_twice() { # MACHINE
	local file files=()
	for file in rules/[0-9]*.rules; do
		applies "$file" "$1" && files+=("$file")
	done
	for file in "${files[@]}"; do
		"$program" rules compile --machine "$1" "$file"
	done >"$work/bytes"
	[ "$(wc -l <"$work/bytes")" -eq "$(rules_of "${files[@]}" | wc -l)" ] || echo "not one line a rule"
	sort "$work/bytes" | uniq -d
}

documented() { # keys: the first column of README.md's table
	sed -nE 's/^\| `([a-z0-9_-]+)` \| [a-z-]+ \|.*/\1/p' $readme | sort
}

sets() { # rules/NN-name, without duplicates
	printf '%s\n' rules/[0-9]*.rules | sed -E 's/(-b32|-b64)?\.rules$//' | sort -u
}

# Looked at in every call: what names neither system calls nor a file, and dir=.
every_call() { # FILE
	rules_of "$1" | grep -E '^-a (always|never),exit ' | grep -cvE -- '-S |-F path='
}

counts() { # rules/NN-name: the columns of README.md
	local n=()
	for file in "$1.rules" "$1-b64.rules" "$1-b32.rules"; do
		[ -e "$file" ] && n+=("$(rules_of "$file" | wc -l)") || n+=(0)
	done
	echo "${n[0]}, ${n[1]}, ${n[2]} | $(every_call "$1.rules")"
}

counts_are_told() { # rules/NN-name
	local told
	told=$(sed -nE "s/^\| \`${1#rules/}\` \|[^|]*\| ([0-9, ]+ \| [0-9]+) \|.*/\1/p" $readme)
	[ "$told" = "$(counts "$1")" ] || echo "README.md: $told; the files: $(counts "$1")"
}

files=(rules/[0-9]*.rules)
for machine in x86_64 i686 aarch64 armv7l riscv64 ppc ppc64le loongarch64 s390x; do
	for file in "${files[@]}"; do
		applies "$file" $machine &&
			test_that "$file is right for $machine" is_clean "$file" $machine
	done
	test_that "no rule twice on $machine" no_rule_twice $machine
done
for file in "${files[@]}"; do
	test_that "$file: every rule has its key" have_keys "$file"
	test_that "$file: every rule has its comment" have_comments "$file"
done
while read -r set; do
	test_that "$set: its counts are those of README.md" counts_are_told "$set"
done < <(sets)
test_that "README.md has the keys, all and no other" diff <(keys_of "${files[@]}") <(documented)
test_that "spec-example.rules is right" is_clean rules/spec-example.rules x86_64
for set in noise base identity exec network access privilege modules time mount appliance \
	session-view detection detection-home detection-files detection-proc detection-calls; do
	test_that "there is a set $set" test -e rules/[0-9][0-9]-$set.rules
done
test_that "plain files only, for make install" find rules -mindepth 1 ! -type f

echo "1..$number"
exit $failed
