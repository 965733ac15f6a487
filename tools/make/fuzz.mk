# Fuzzers, with clang's libFuzzer under ASan and UBSan.
#
#   make fuzz [FUZZ_SECONDS=60]     build all of them, and run each for that long
#   make fuzz-record                one; what it finds is written to $O/fuzz/found
#   make cost-search                what costs more instructions than all that is known: tests/cost/search
#   make fuzz-short                 those that see what others write, and the file: 20 s each; in make check
#
# tests/fuzz/fuzz_X.c becomes $O/fuzz/fuzz_X, linked with what its "link:" line names, or with all
# of the program if it has none. The corpus grows in
# $O/fuzz/corpus; it starts with the recordings of tests/golden.

FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FUZZ_COMPILE = $(FUZZ_CC) $(BASE) -iquote tests/unit -iquote tests/fuzz $(ROOMS) $(FUZZ_SANITIZE) \
	-fsanitize=fuzzer-no-link -MMD -MP -c

# Its loops over letters are most of the time of a mistake, and no branch of them leads on.
$O/fuzz/obj/nearest.o: FUZZ_COMPILE := $(filter-out -fsanitize=fuzzer-no-link,$(FUZZ_COMPILE))

$O/fuzz/obj/%.o: %.c $O/flags | need-fuzz $(CJSON_DIR)/cJSON.c
	$(call say,FUZZCC,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_COMPILE) $(WARNINGS) -o $@ $<

$O/fuzz/obj/%.o: tests/unit/%.c $O/flags | need-fuzz $(CJSON_DIR)/cJSON.c
	$(call say,FUZZCC,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_COMPILE) $(WARNINGS) -o $@ $<

$O/fuzz/obj/%.o: tests/fuzz/%.c $O/flags | need-fuzz $(CJSON_DIR)/cJSON.c
	$(call say,FUZZCC,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_COMPILE) $(WARNINGS) -o $@ $<

$O/fuzz/obj/cjson.o: $(CJSON_DIR)/cJSON.c $O/flags | need-fuzz
	$(call say,FUZZCC,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_COMPILE) -w -o $@ $<

$O/fuzz/obj/cjson_noalloc.o: $(CJSON_DIR)/cJSON.c $O/flags | need-fuzz
	$(call say,FUZZCC,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_COMPILE) $(CJSON_FLAGS) -o $@ $<

# What these need in turn of src/, but for sys.c.
FUZZ_ARCHIVE = $O/fuzz/program.a
$(FUZZ_ARCHIVE): $(patsubst %,$O/fuzz/obj/%.o,$(filter-out main sys,$(MODULES)))
	$(Q)rm -f $@ && ar rc $@ $^

PROGRAM_MODULES = $(filter-out main,$(MODULES)) cjson
define fuzz_program
$O/fuzz/fuzz_$(1): $(patsubst %,$O/fuzz/obj/%.o,fuzz_$(1) \
	$(or $(call linked,tests/fuzz/fuzz_$(1).c),$(PROGRAM_MODULES))) $(FUZZ_ARCHIVE)
	$$(call say,FUZZLD,$$@)
	$$(Q)$$(FUZZ_CC) $$(FUZZ_SANITIZE) -fsanitize=fuzzer -o $$@ $$^
endef
$(foreach fuzzer,$(FUZZERS),$(eval $(call fuzz_program,$(fuzzer))))

.PHONY: cost-search
cost-search: all | need-golden
	$(Q)tests/cost/search $O/ecsaudit $(FUZZ_SECONDS) $(or $(SEED),1)

FUZZ_SHORT = record lineage stream log_line forge json netlink spool shrink
.PHONY: fuzz fuzzers fuzz-short
fuzz-short: $(FUZZ_SHORT:%=$O/fuzz/fuzz_%)
	$(call say,FUZZ,'$(FUZZ_SHORT)')
	$(Q)printf '%s\n' $^ | xargs -P 2 -n 1 sh -c 'out=$$(tests/fuzz/run "$$1" 20 2>&1) || \
		{ echo "$$out"; exit 1; }' fuzz-short
fuzzers: $(FUZZERS:%=$O/fuzz/fuzz_%)
fuzz: $(FUZZERS:%=fuzz-%)
fuzz-%: $O/fuzz/fuzz_%
	$(Q)tests/fuzz/run $< $(FUZZ_SECONDS)

-include $(wildcard $O/fuzz/obj/*.d)
