#!/bin/sh
# What board/ gives to other programs: an rsyslogd that has the modules loaded takes the example, and one
# that has not takes it as the example says. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/project/tap.sh
. tests/project/tap.sh

takes() { # LINES EDIT: rsyslogd takes the example behind these lines
	printf '%b' "$1" >"$scratch/main.conf"
	sed "$2" board/collectors/rsyslog.conf >>"$scratch/main.conf"
	rsyslogd -N1 -f "$scratch/main.conf"
}

loaded='module(load="imudp")\nmodule(load="imtcp")\n'
if command -v rsyslogd >/dev/null; then
	check "rsyslog.conf behind a file that loads its modules" takes "$loaded" ''
	check "rsyslog.conf with the # away, where none is loaded" takes '' 's/^#module/module/'
else
	number=$((number + 1))
	echo "ok $number - rsyslog.conf # SKIP no rsyslogd"
fi

# An agent that is given no port reaches the collector of the example.
default_port() { # MODULE NAME
	port=$(grep -rhE "^#define $2 " include src | sed -E 's/^#define [A-Z_]+[[:space:]]+([0-9]+)u.*/\1/')
	echo "$2 is $port"
	grep "type=\"$1\" port=\"$port\" " board/collectors/rsyslog.conf
}

check "rsyslog.conf: the port of udp://HOST" default_port imudp OUTPUT_UDP_PORT
check "rsyslog.conf: the port of tcp://HOST" default_port imtcp OUTPUT_TCP_PORT
finish
