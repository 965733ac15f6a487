# shellcheck shell=sh
# For stories that load the sets of rules/, which lie in the appliance's /rules.

# Each place that a rule names is there, so that the kernel refuses none.
places() {
	/bin/mount -t securityfs none /sys/kernel/security
	/bin/cat /rules/*.rules | /bin/grep '^-' | /bin/sed -nE 's/.*-F dir=([^ ]+).*/\1/p' | while read -r place; do
		[ -d "$place" ] || /bin/mkdir -p "$place"
	done
	/bin/cat /rules/*.rules | /bin/sed -nE 's/^-w ([^ ]+) .*/\1/p; s/.*-F path=([^ ]+).*/\1/p' | while read -r place; do
		[ -d "${place%/*}" ] || /bin/mkdir -p "${place%/*}"
	done
}
