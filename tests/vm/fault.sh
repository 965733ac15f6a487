# shellcheck shell=sh disable=SC2034,SC2154 # sourced after board/qemu/root/lib/agent.sh
# A collector in the appliance, a storm of system calls, and the agent between them. What they say goes to
# /out/$part.*: what the collector got (.got), the agent's words (.log) and exit status (.code), the
# storm's own count (.storm).

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

agent_begin() { # udp|tcp OPTIONS
	way=$1
	shift
	agent_start -o output="$way://127.0.0.1:$port" -o audit_rule_files=/etc/fault.rules "$@"
	agent_wait || exit 1
}

agent_end() {
	agent_stop
	echo $? >>"$parts/$part.code"
	cat /out/agent.log >>"$parts/$part.log"
}

# Until nothing waits for the collector, 40 s at most.
drained() {
	tries=80
	until ecsaudit status --json | grep -q '"spool_messages": *0\b' || [ $tries -eq 0 ]; do
		tries=$((tries - 1))
		/bin/sleep 0.5
	done
}

storm() { # ARGUMENTS
	/bin/storm "$@" >"$parts/$part.storm" || echo "storm: $?"
}
