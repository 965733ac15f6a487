# shellcheck shell=sh
# For stories that happen in the appliance: start the agent, wait for it, end it.
# Its words go to /out/agent.log.

agent_start() { # ARGUMENTS of ecsaudit run
	ecsaudit run -c /etc/ecsaudit.json "$@" 2>>/out/agent.log &
	agent=$!
}

# Until the kernel says that the agent is the one it sends to, 10 s at most.
agent_wait() {
	tries=100
	until ecsaudit status 2>/dev/null | grep -qw "$agent"; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$agent" 2>/dev/null; then
			echo "the agent did not get ready"
			return 1
		fi
		sleep 0.1
	done
}

agent_stop() {
	kill -TERM "$agent"
	wait "$agent"
}
