# shellcheck shell=sh
# tests/project/tap.sh: TAP for the scripts beside it.
#
# check NAME COMMAND...: the command succeeds; if not, what it said is shown.
# answers NAME STATUS TEXT COMMAND...: the command ends with STATUS and says TEXT.
# finish: at the end of the script.
number=0
failed=0

judge() { # GOOD NAME SAID
	number=$((number + 1))
	if [ "$1" = 1 ]; then
		echo "ok $number - $2"
	else
		failed=1
		echo "not ok $number - $2"
		echo "$3" | sed 's/^/# /'
	fi
}

check() {
	name=$1
	shift
	if said=$("$@" 2>&1); then judge 1 "$name" ""; else judge 0 "$name" "$said"; fi
}

answers() {
	name=$1 expected=$2 text=$3
	shift 3
	status=0
	said=$("$@" 2>&1) || status=$?
	case $said in
	*"$text"*) good=$((status == expected)) ;;
	*) good=0 ;;
	esac
	judge "$good" "$name" "exit status $status, expected $expected; said '$said', expected '$text'"
}

finish() {
	echo "1..$number"
	exit $failed
}
