# shellcheck shell=bash disable=SC2154 # sourced after board/qemu/lab.sh
# tests/vm/vm.sh: what the tests' appliances have beside the demo's.

# Our own measuring tools, static as everything there: tests/vm/NAME.c becomes build/vm-NAME.
vm_tool() { # NAME
	"${CC:-musl-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -static -no-pie -fno-pie \
		-idirafter "$lab_out/uapi" -o "$lab_out/vm-$1.$$" "tests/vm/$1.c"
	mv "$lab_out/vm-$1.$$" "$lab_out/vm-$1" # another test may be at it
}

vm_probe() {
	vm_probe=$lab_out/vm-probe
	vm_tool probe
}

# What tests/vm/fault.sh needs, as arguments of board/qemu/initramfs.
vm_fault_files() {
	local tool

	fault_files=(tests/vm/fault.sh=/lib/fault.sh tests/vm/fault.rules=/etc/fault.rules)
	for tool in storm collect dnsd; do
		vm_tool $tool
		fault_files+=("$lab_out/vm-$tool=/bin/$tool")
	done
}

# What Debian's programs that use PAM are linked with, and what PAM loads, as arguments of board/qemu/initramfs.
vm_pam_files() { # PROGRAM...
	local libraries=/lib/x86_64-linux-gnu module library modules=()

	for module in unix permit deny; do
		modules+=("$libraries/security/pam_$module.so")
	done
	pam_files=("$(realpath /lib64/ld-linux-x86-64.so.2)=/lib64/ld-linux-x86-64.so.2")
	for module in "${modules[@]}"; do
		pam_files+=("$module=$module")
	done
	while read -r library; do
		pam_files+=("$(realpath "$library")=$libraries/${library##*/}")
	done < <(ldd "$@" "${modules[@]}" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | sort -u)
}

vm_boot() { # NAME STORY [ARGUMENTS of board/qemu/boot]...
	lab_boot "$@" -- -m dummy "$vm_probe=/bin/probe" tests/vm/steps.sh=/lib/steps.sh \
		tests/vm/ecsaudit.json=/etc/ecsaudit.json \
		rules/spec-example.rules=/etc/ecsaudit.rules.d/spec-example.rules \
		tests/vm/story.rules=/etc/ecsaudit.rules.d/story.rules >&2
}
