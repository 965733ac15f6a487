# shellcheck shell=sh disable=SC2034,SC2154 # sourced after board/qemu/root/lib/agent.sh
# A collector in the appliance, a storm of system calls, and the agent between them. What they say goes to
# /out/$part.*: what the collector got (.got), the agent's words (.log) and exit status (.code), the
# storm's own count (.storm), the kernel's settings at each start, then, and at each end (.status).

port=5514
parts=/out

collector_start() { # udp|tcp
	/bin/collect "$1" $port "$parts/$part.got" 2>>"$parts/$part.collector" &
	collector=$!
	/bin/sleep 0.2
}

collector_kill() {
	kill -KILL $collector
	wait $collector 2>/dev/null
}

collector_end() {
	kill -TERM $collector
	wait $collector || echo "collector: $?" >>"$parts/$part.collector"
}

settings() { # WHEN
	echo "$1 $(ecsaudit status --json 2>/dev/null)" >>"$parts/$part.status"
}

agent_begin() { # udp|tcp OPTIONS
	way=$1
	shift
	settings found
	agent_start -o output="$way://127.0.0.1:$port" -o audit_rule_files=/etc/fault.rules "$@"
	agent_wait || exit 1
	settings ready
}

agent_end() {
	agent_stop
	echo $? >>"$parts/$part.code"
	cat /out/agent.log >>"$parts/$part.log"
	settings left
}

# Until nothing waits for the collector, nor for the agent in the kernel's queue, 60 s at most.
drained() {
	tries=120
	until ecsaudit status --json | grep '"spool_messages": *0\b' | grep -q '"backlog":0\b' || [ $tries -eq 0 ]; do
		tries=$((tries - 1))
		/bin/sleep 0.5
	done
}

storm() { # ARGUMENTS
	/bin/storm "$@" >"$parts/$part.storm" || echo "storm: $?"
}

# ---- parts that more than one story has --------------------------------------------------------

# 210 000 records as fast as two processors make them.
flood() {
	part=flood
	collector_start udp
	agent_begin udp -o include_raw_message=true # so that the collector can count records
	storm 2 35000
	# What the kernel keeps for a second try it sends as long as there are new records to wake it.
	/bin/storm 1 40 8 70001 >/dev/null
	echo calls 70040 >>"$parts/$part.storm"
	drained
	agent_end
	collector_end
}

# The agent is stopped: its host must not wait for it. Afterwards the kernel sends what it kept as
# long as there are new records to wake it.
stopped() {
	part=stopped
	collector_start udp
	agent_begin udp -o include_raw_message=true
	( /bin/sleep 1; kill -STOP "$agent"; /bin/sleep 20; kill -CONT "$agent" ) &
	storm 2 14000 500
	/bin/sleep 4
	agent_end
	collector_end
}

# Killed under load, and started again. What waited for the collector, which is away, stays.
killed() {
	part=killed
	agent_begin udp -o spool_file=/tmp/spool -o spool_bytes=4194304
	storm 2 1500 200 &
	load=$!
	/bin/sleep 3
	kill -KILL "$agent"
	wait "$agent" 2>/dev/null
	cat /out/agent.log >>"$parts/$part.log"
	collector_start udp
	agent_begin udp -o spool_file=/tmp/spool -o spool_bytes=4194304
	wait $load
	/bin/sleep 4
	agent_end
	collector_end
}

# The names of those that are wanted stand on the kernel's command line.
parts_run() {
	echo '{}' >/etc/ecsaudit.json
	/bin/ip link set lo up
	# shellcheck disable=SC2013
	for name in $(sed 's/.*parts=\([^ ]*\).*/\1/;s/,/ /g' /proc/cmdline); do
		"$name"
	done
}
