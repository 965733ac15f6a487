# shellcheck shell=sh
# For stories that happen in the appliance: start the agent, wait for it, end it.
# Its words go to /out/agent.log.

agent_start() { # ARGUMENTS of ecsaudit run
	: >/out/agent.log
	ecsaudit run -c /etc/ecsaudit.json "$@" 2>>/out/agent.log &
	agent=$!
}

agent_is_ready() {
	while read -r line; do
		case $line in
		*' ready: '*) return 0 ;;
		esac
	done </out/agent.log
	return 1
}

# Until the agent says that it is ready, 10 s at most.
agent_wait() {
	tries=100
	until agent_is_ready; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$agent" 2>/dev/null; then
			echo "the agent did not get ready"
			return 1
		fi
		/bin/sleep 0.1
	done
}

agent_stop() {
	kill -TERM "$agent"
	wait "$agent"
}
