#!/bin/sh
# README.md and the man page say what the program says: the commands, the options with their
# defaults, examples that it accepts. And a page that does not is noticed. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
binary=${O:-build}/ecsaudit
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
failed=0

# check NAME STATUS COMMAND...: the command ends with STATUS.
check() {
	name=$1 expected=$2
	shift 2
	number=$((number + 1))
	status=0
	"$@" >"$scratch/said" 2>&1 || status=$?
	if [ "$status" = "$expected" ]; then
		echo "ok $number - $name"
	else
		failed=1
		echo "not ok $number - $name"
		echo "# exit status $status, expected $expected"
		sed 's/^/# /' "$scratch/said"
	fi
}

# ---- what the program and the pages say --------------------------------------------------------

program_commands() {
	"$binary" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'
}

# NAME=DEFAULT, one a line
program_options() {
	"$binary" help run | sed -nE 's/^  ([a-z_.]+=.*)$/\1/p'
}

# | `NAME` | `DEFAULT` | what it is |
readme_options() { # FILE
	sed -nE 's/^\| `([a-z_.]+)` \| (`([^`]*)` )?\| .*/\1=\3/p' "$1"
}

# .It Cm NAME=DEFAULT
man_options() { # FILE
	sed -nE 's/^\.It Cm ([a-z_.]+=.*)$/\1/p' "$1"
}

# The order is the page's own.
same_options() { # PAGE FILE
	program_options | sort >"$scratch/program"
	"$1_options" "$2" | sort >"$scratch/page"
	[ -s "$scratch/program" ] && diff "$scratch/program" "$scratch/page"
}

has_commands() { # PATTERN FILE: every command, in place of COMMAND in the pattern
	for command in $(program_commands); do
		grep -qE "$(echo "$1" | sed "s/COMMAND/$command/")" "$2" || { echo "no $command" && return 1; }
	done
}

# ---- examples ----------------------------------------------------------------------------------

# The Nth fenced block of a language, without its fences
block() { # LANGUAGE N FILE
	awk -v fence="^\`\`\`$1\$" -v n="$2" '/^```$/ { on = 0 } on; $0 ~ fence { on = ++seen == n }' "$3"
}

# Its rule files are those of an appliance, not of this machine.
is_configuration() { # FILE
	"$binary" config -c "$1" -o audit_rule_files=rules/10-base.rules >/dev/null
}

accepts_examples() { # FILE: at least one, and each is a configuration
	n=1
	while block jsonc $n "$1" >"$scratch/example.json" && [ -s "$scratch/example.json" ]; do
		is_configuration "$scratch/example.json" || return 1
		n=$((n + 1))
	done
	[ $n -gt 1 ]
}

man_example() { # FILE
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$1" | sed '/^\./d' >"$scratch/example.json"
	is_configuration "$scratch/example.json"
}

# The records are in the recording, and everything in the document that is shown is made of them.
event_is_real() { # FILE
	block text 1 "$1" >"$scratch/records"
	block json 1 "$1" >"$scratch/shown.json"
	[ -s "$scratch/records" ] && [ -s "$scratch/shown.json" ] || return 1
	sed 's/ *$//' tests/golden/linux-6.1-denied.log >"$scratch/recording"
	! grep -vxF -f "$scratch/recording" "$scratch/records" || return 1
	"$binary" parse -o passwd_file=tests/golden/passwd -o group_file=tests/golden/group \
		<"$scratch/records" >"$scratch/made.json"
	python3 - "$scratch/shown.json" "$scratch/made.json" <<-'END'
		import json, sys

		def differs(shown, made, name):
		    if not isinstance(shown, dict):
		        return [] if shown == made else [f"{name}: {shown} is shown, {made} is made"]
		    made = made if isinstance(made, dict) else {}
		    return [d for k in shown for d in differs(shown[k], made.get(k), f"{name}.{k}")]

		found = differs(*(json.load(open(path)) for path in sys.argv[1:]), "")
		print(*found, sep="\n")
		sys.exit(1 if found else 0)
	END
}

# ---- tests -------------------------------------------------------------------------------------

check "README: every option, with its default, and no other" 0 same_options readme README.md
check "man page: every option, with its default, and no other" 0 same_options man tools/ecsaudit.8
check "README: every command" 0 has_commands '`(ecsaudit )?COMMAND`' README.md
check "man page: every command" 0 has_commands '^\.It Ic COMMAND$' tools/ecsaudit.8
check "README: its configurations are accepted" 0 accepts_examples README.md
check "man page: its configuration is accepted" 0 man_example tools/ecsaudit.8
check "the configuration that is installed is accepted" 0 \
	"$binary" config -c board/ecsaudit.json -o output=null
check "without an output it is no success" 2 "$binary" config -c board/ecsaudit.json
check "README: the document is the one of these records" 0 event_is_real README.md

# The command must refuse the page that the edit makes of it.
refuses() { # COMMAND EDIT FILE
	sed "$2" "$3" >"$scratch/doctored"
	! cmp -s "$3" "$scratch/doctored" || { echo "the edit changes nothing" && return 2; }
	$1 "$scratch/doctored" && return 3
	return 0
}

doctored() { # NAME COMMAND EDIT FILE
	check "noticed: $1" 0 refuses "$2" "$3" "$4"
}

doctored "README without an option" "same_options readme" '/^| `rate_limit`/d' README.md
doctored "README with an option of its own" "same_options readme" \
	's/^| `rate_limit`/| `rate_limits`/' README.md
doctored "README with a wrong default" "same_options readme" \
	'/^| `rate_limit`/s/`0`/`1`/' README.md
doctored "man page without an option" "same_options man" '/^\.It Cm tags=/d' tools/ecsaudit.8
doctored "man page with a wrong default" "same_options man" \
	's/^\.It Cm layout=auditbeat/.It Cm layout=ecs/' tools/ecsaudit.8
doctored "man page without a command" "has_commands ^\.It.Ic.COMMAND$" \
	'/^\.It Ic status/d' tools/ecsaudit.8
doctored "README with a wrong example" accepts_examples 's/"max_datagram_bytes"/"max_bytes"/' README.md
doctored "README without an example" accepts_examples 's/^```jsonc/```js/' README.md
doctored "README with a made-up record" event_is_real 's/uid=1000/uid=1001/' README.md
doctored "README with a made-up document" event_is_real 's/"EACCES"/"EPERM"/; s/"cat"/"dog"/' README.md

echo "1..$number"
exit $failed
