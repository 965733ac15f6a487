# What looks at the sources and at the binary; each is a target of its own. `make lint` is those that
# look at the sources alone. `make check`, in test.mk, runs them all.

GENERATED = src/tables/table_%.c src/rules/table_%.c src/config/table_%.h include/table_%.h
HEADERS = $(wildcard include/*.h src/*/*.h)
OURS := $(filter-out $(GENERATED),$(sort $(SRC) $(HEADERS) $(wildcard tests/*/*.c tests/*/*.h)))
OURS_C = $(filter %.c,$(OURS))
SCRIPTS = $(shell grep -lE '^\#!/bin/(ba)?sh' .ci/* tools/* tests/run tests/*/* board/*/* 2>/dev/null)

LINT = format length headers cppcheck tidy scripts man clang
.PHONY: lint $(LINT) reformat house noalloc size reproducible
lint: $(LINT)

format: | need-lint
	$(call say,FORMAT,'$(words $(OURS)) files')
	$(Q)clang-format --dry-run -Werror $(OURS)

reformat: | need-lint
	clang-format -i $(OURS)

length: # a file is a module one can read in one go
	$(call say,LENGTH,'at most 600 lines a file')
	$(Q)wc -l $(OURS) | awk '$$2 != "total" && $$1 > 600 { print; bad = 1 } END { exit bad }'

headers: | need-build $(UAPI_STAMP) # a header compiles alone
	$(call say,HEADERS,'$(words $(HEADERS)) headers')
	$(Q)for h in $(HEADERS); do $(CC) $(BASE) $(UAPI) $(WARNINGS) -Werror -fsyntax-only -x c \
		-include $$h /dev/null || exit 1; done

cppcheck: | need-lint
	$(call say,CHECK,'cppcheck on $(words $(OURS_C)) files')
	$(Q)cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 -D_GNU_SOURCE= -DECSAUDIT_VERSION='""' -DECSAUDIT_SYSCONFDIR='""' -I include -I $(CJSON_DIR) \
		--suppress='*:$(CJSON_DIR)/*' $(filter src/%,$(OURS_C))

tidy: | need-lint
	$(call say,CHECK,'clang-tidy on $(words $(OURS_C)) files')
	$(Q)printf '%s\n' $(OURS_C) | xargs -P 2 -n 4 sh -c 'out=$$(clang-tidy --quiet \
		"$$@" -- $(subst ','\'',$(BASE)) -iquote tests/unit $(ROOMS) 2>&1) || { echo "$$out"; exit 1; }' tidy

scripts: | need-lint
	$(call say,CHECK,'shellcheck on $(words $(SCRIPTS)) scripts')
	$(Q)shellcheck -x -S warning $(SCRIPTS)

man: | need-lint # what mandoc says of the pages, but for matters of style
	$(call say,CHECK,'mandoc on $(words $(MAN_PAGES)) pages')
	$(Q)mandoc -T lint -W warning $(MAN_PAGES)

clang: | need-lint # the other compiler, the other C library
	$(Q)$(MAKE) --no-print-directory O=$O/clang CC=clang CROSS_COMPILE= WERROR=1 objects

house: all # the rooms of src/README.md
	$(call say,HOUSE,src)
	$(Q)tools/house $O/obj

noalloc: all
	$(Q)tools/noalloc $O/ecsaudit $(OBJ)

size: all
	$(Q)tools/size $O/ecsaudit $O/ecsaudit.stripped $(OBJ)

# Two copies of the sources in directories of different names give the same bytes.
reproducible: | need-build
	$(Q)rm -rf $O/reproducible && for copy in a another/b; do d=$O/reproducible/$$copy; \
		mkdir -p $$d/build && cp -r Makefile include src tools $$d && \
		cp -r $(CJSON_DIR) $$d/build/cjson && \
		$(MAKE) -s --no-print-directory -C $$d O=build CJSON_DIR=build/cjson >/dev/null || exit 1; done
	$(Q)cd $O/reproducible && cmp a/build/ecsaudit another/b/build/ecsaudit && \
		cmp a/build/ecsaudit.stripped another/b/build/ecsaudit.stripped
	$(Q)echo "reproducible: $$(sha256sum <$O/reproducible/a/build/ecsaudit.stripped | cut -c 1-16)... twice"
	$(Q)rm -rf $O/reproducible
