# Tests, with the host's compiler under ASan and UBSan.
#
# tests/unit/test_X.c becomes the program $O/tests/unit/test_X. What it is linked with stands in
# the file itself: /* link: X.o fake_sys.o cjson.o */, objects named after sources of src/,
# tests/unit/*.c, and cjson. What these need in turn of src/ comes from an archive, but for sys.c:
# a test has fakes in its place, or names it.

UNIT := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
ASAN_OBJ = $(MODULES:%=$O/tests/obj/%.o) $O/tests/obj/cjson_noalloc.o
HOST_COMPILE = $(HOSTCC) $(BASE) -iquote tests/unit $(ROOMS) $(SANITIZE) -MMD -MP -c

$O/tests/obj/%.o: %.c $O/flags | need-unit $(CJSON_DIR)/cJSON.c
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D) && $(HOST_COMPILE) $(WARNINGS) -o $@ $<

$O/tests/obj/%.o: tests/unit/%.c $O/flags | need-unit $(CJSON_DIR)/cJSON.c
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D) && $(HOST_COMPILE) $(WARNINGS) -o $@ $<

# Tests link cJSON with its own allocator: the sanitizer then sees every overrun of a node.
$O/tests/obj/cjson.o: $(CJSON_DIR)/cJSON.c $O/flags | need-unit
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D) && $(HOST_COMPILE) -w -o $@ $<

$O/tests/obj/cjson_noalloc.o: $(CJSON_DIR)/cJSON.c $O/flags | need-unit
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D) && $(HOST_COMPILE) $(CJSON_FLAGS) -o $@ $<

# $(call linked,FILE): the names after "link:" to the end of that comment, without .o
linked = $(basename $(shell sed -n '/^\/\* *link:/{:a;/\*\//!{N;ba};s/.*link://;s/\*\/.*//;s/\n *\*/ /g;p;q}' $(1)))

UNIT_ARCHIVE = $O/tests/program.a
$(UNIT_ARCHIVE): $(filter-out %/main.o %/sys.o %/cjson_noalloc.o,$(ASAN_OBJ))
	$(Q)rm -f $@ && ar rc $@ $^

define unit_program
$O/tests/unit/$(1): $(patsubst %,$O/tests/obj/%.o,$(1) $(call linked,tests/unit/$(1).c)) $(UNIT_ARCHIVE)
	$$(call say,HOSTLD,$$@)
	$$(Q)mkdir -p $$(@D) && $(HOSTCC) $(SANITIZE) -o $$@ $$^ -lcmocka
endef
$(foreach test,$(UNIT),$(eval $(call unit_program,$(test))))

$O/ecsaudit.asan: $(ASAN_OBJ)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(SANITIZE) -Wl,--gc-sections -o $@ $^

# The program as it is, and what tries to do from inside what must be refused.
$O/ecsaudit.hook: tests/vm/hook.c $(OBJ) $O/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(CFLAGS) $(TARGET) $(WARNINGS) $(LINK) -Wl,--wrap=sys_read,--wrap=sys_seccomp \
		$(LDFLAGS) -o $@ $< $(OBJ)

UNIT_PROGRAMS = $(UNIT:%=$O/tests/unit/%)
GOLDEN = $(if $(wildcard tests/golden/run),"tests/golden/run $O/ecsaudit" \
	"tests/golden/run $O/ecsaudit.asan") "tests/golden/boots $O/ecsaudit.asan" tests/golden/coverage \
	"tests/documents/specification $O/ecsaudit" "tests/logs/run $O/ecsaudit" "tests/logs/run $O/ecsaudit.asan" \
	"tests/documents/exported_fields $O/ecsaudit" "tests/documents/ecs $O/ecsaudit.asan" \
	"tests/documents/template $O/ecsaudit" "tests/documents/sigma $O/ecsaudit" \
	"tests/readme/run $O/ecsaudit" "tests/commands/answers $O/ecsaudit" "tests/commands/answers $O/ecsaudit.asan" \
	"tests/commands/parse $O/ecsaudit" "tests/commands/parse $O/ecsaudit.asan" \
	"tests/commands/receivers $O/ecsaudit.asan" \
	"tests/rules/run $O/ecsaudit" "tests/rules/run $O/ecsaudit.asan" "tests/cost/run $O/ecsaudit"
PROJECT = $(patsubst %,status:%,$(sort $(wildcard tests/project/test_*)))
VM = tests/vm/run tests/vm/run-rules tests/vm/run-guard tests/vm/run-reload tests/vm/run-loss tests/vm/run-life \
	tests/vm/run-forge tests/vm/run-2040 "tests/vm/run-2040 -3" tests/vm/run-early tests/vm/run-intrude \
	tests/vm/run-latency tests/vm/run-lineage-rules tests/vm/run-deeds tests/vm/run-readme \
	tests/vm/run-containers \
	"tests/vm/run-privileges $O/ecsaudit.hook" "tests/vm/run-fault -p flood,killed,named,claimed" \
	"tests/vm/run-quiet -p older,between,off,killed" "tests/vm/run-soak 40"
SOAK_SECONDS ?= 3600

# Each of these is one test. They come first: then the tests with a clock have the machine to themselves.
CHECKS = $(patsubst %,"status:$(MAKE) --no-print-directory %",tidy fuzz-short cppcheck clang reproducible \
	house noalloc size format length headers scripts man)
PROGRAMS = $(UNIT_PROGRAMS) all $O/ecsaudit.asan
# clang-tidy takes minutes, and longer on a machine that does something else as well.
RUN_ALL = TEST_TIMEOUT_S=$${TEST_TIMEOUT_S:-1200} tests/run $(CHECKS) $(UNIT_PROGRAMS) $(PROJECT) $(GOLDEN)

.PHONY: check test run-test unit fault golden bless vm demo run-demo vm-fault soak cross
check: $(PROGRAMS) | need-check
	+$(Q)$(RUN_ALL)
# These two install what they need. Make then begins again: it asks the compiler what it knows.
test demo:
	$(Q)tools/setup $@
	$(Q)$(MAKE) --no-print-directory run-$@
run-test: $(PROGRAMS) $O/ecsaudit.hook
	+$(Q)$(RUN_ALL) $(VM)
run-demo: all
	$(Q)board/qemu/demo
unit: $(UNIT_PROGRAMS)
	$(Q)tests/run $^
# Every system call of a life fails once, with everything that it may fail with; a million events.
fault: $O/tests/unit/test_fault $O/tests/unit/test_soak
	$(Q)FAULT_EVERY=1 SOAK_EVENTS=1000000 TEST_TIMEOUT_S=3600 tests/run $^
golden: all $O/ecsaudit.asan | need-golden
	$(Q)tests/run $(GOLDEN)
bless: all # what is expected of tests/golden is what is; read the difference
	$(Q)tests/golden/run $O/ecsaudit --bless
	$(Q)tools/gentemplate
vm: all $O/ecsaudit.hook | need-vm
	$(Q)tests/run $(VM)
test-%: $O/tests/unit/test_% # one unit test: make test-json
	$(Q)tests/run $<
vm-fault: all | need-vm # all that goes wrong: 5 minutes
	$(Q)TEST_TIMEOUT_S=900 tests/run tests/vm/run-fault tests/vm/run-quiet
soak: all | need-vm # make soak SOAK_SECONDS=600
	$(Q)TEST_TIMEOUT_S=$$(($(SOAK_SECONDS) * 2 + 300)) tests/run "tests/vm/run-soak $(SOAK_SECONDS)"

ARCHES ?= armv7 s390x
export ARCHES
cross: | need-cross $(CJSON_DIR)/cJSON.c
	$(Q)tools/cross $(ARCHES)

# ---- what it costs ----------------------------------------------------------------------------
#
# make bench: the whole program, and a competitor. make bench-X: tests/bench/bench_X.c, one module;
# it is built as the program is, and linked with what its own "link:" line names.

BENCH := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))
define bench_program
$O/bench/$(1): tests/bench/$(1).c $(patsubst %,$O/obj/%.o,$(call linked,tests/bench/$(1).c)) $O/flags
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(BASE) $$(ROOMS) $$(CFLAGS) $$(TARGET) $$(WARNINGS) $$(LINK) -o $$@ \
		$$(filter %.c %.o,$$^)
endef
$(foreach program,$(BENCH),$(eval $(call bench_program,$(program))))

.PHONY: bench
bench: all $O/bench/measure | need-bench
	$(Q)tests/bench/run $O/ecsaudit $O/bench
bench-%: $O/bench/bench_%
	$(Q)$<
