# shellcheck shell=bash disable=SC2154 # sourced after board/qemu/lab.sh
# tests/vm/vm.sh: what the tests' appliances have beside the demo's.

# Our own measuring tool, static as everything there.
vm_probe() {
	vm_probe=$lab_out/vm-probe
	"${CC:-musl-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -static -no-pie -fno-pie \
		-idirafter "$lab_out/uapi" -o "$vm_probe" tests/vm/probe.c
}

vm_boot() { # NAME STORY [ARGUMENTS of board/qemu/boot]...
	lab_boot "$@" -- -m dummy "$vm_probe=/bin/probe" tests/vm/steps.sh=/lib/steps.sh \
		tests/vm/ecsaudit.json=/etc/ecsaudit.json \
		rules/spec-example.rules=/etc/ecsaudit.rules.d/spec-example.rules \
		tests/vm/story.rules=/etc/ecsaudit.rules.d/story.rules >&2
}
