# ecsaudit: one static binary, build/ecsaudit, and build/ecsaudit.stripped beside it.
#
#   make [V=1] [O=DIR] [WERROR=1]          build
#   make CROSS_COMPILE=mips-linux-musl-    with another musl compiler; or CC='...'
#   make CJSON_DIR=DIR                     with cJSON.c and cJSON.h from DIR
#   make install [DESTDIR=] [PREFIX=]      binary, man page, rules, example configuration
#   make demo | test | check | bench       each installs what it needs: tools/setup
#
VERSION = 0.1.0
O ?= build
PREFIX ?= /usr/local
CJSON_DIR ?= build/cjson

MAKEFLAGS += -rR
SHELL = /bin/bash
.DELETE_ON_ERROR:
.SECONDARY:
Q = $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n' $(1) $(2))

ifneq ($(filter default undefined,$(origin CC)),)
CC = $(if $(CROSS_COMPILE),$(CROSS_COMPILE)gcc,musl-gcc)
endif
STRIP ?= $(CROSS_COMPILE)strip
NM ?= $(CROSS_COMPILE)nm
HOSTCC ?= gcc
export CC CJSON_DIR NM O

# ---- flags ------------------------------------------------------------------------------------

CFLAGS ?= -g
# Every record passes through these. The rest runs once, at start, or seldom, and is better small;
# __attribute__((cold)) is the same for a function.
HOT = blocks decode document document_auditd document_file document_layout \
	document_user event execve identity json log_line log_reader netlink normalize reassembly record \
	record_decode record_fields record_header record_split tables timestamp
# Of these a loop's head is not copied in front of it: 700 bytes less, and no slower.
STRAIGHT = document document_auditd document_layout event execve identity json log_line log_reader \
	netlink normalize reassembly record record_decode record_fields record_header tables timestamp
SPEED = $(if $(filter $(HOT),$(notdir $*)),-O2 $(PACKED) $(if $(filter $(STRAIGHT),$(notdir $*)),$(NO_CH)), \
	$(SMALL) $(if $(filter-out sys,$(notdir $*)),$(WHOLE) $(if $(WHOLE),-frandom-seed=$(notdir $*))))
# What not every compiler knows. -Oz is for gcc from 12 on; -malign-data=abi is x86's: else arrays
# lie at multiples of 32 bytes.
known = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo $(1))
NO_CH := $(call known,-fno-tree-ch)
SMALL := $(or $(call known,-Oz),-Os) -fno-jump-tables -fmerge-all-constants $(NO_CH)
DENSE := $(call known,-malign-data=abi)
# The small modules are compiled as one, when the program is linked: 9 KB less. Not sys.c, which tests
# replace function by function, and not the hot ones, which would cost more instructions.
WHOLE := $(if $(findstring clang,$(CC)),,$(call known,-flto -ffat-lto-objects))
# gcc's -O2 pads functions, loops and jump targets to 16 bytes: 5 KB, and no faster here.
PACKED = -fno-jump-tables $(if $(findstring clang,$(CC)),,-fno-code-hoisting $(addprefix -fno-align-,functions jumps labels loops))
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
	$(if $(WERROR),-Werror) $(if $(findstring clang,$(CC)),-Wno-gnu-variable-sized-type-not-at-end)
# -iquote and never -I: include/limits.h shares its name with the C library's <limits.h>.
# The prefix maps keep the directories of the build out of the binary.
# glibc of 32 bits has times and files of 64 bits only if it is asked; src/sys.c checks that it listened.
BASE = -std=gnu11 -D_GNU_SOURCE= -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64 -DECSAUDIT_VERSION='"$(VERSION)"' -iquote include \
	-isystem $(CJSON_DIR) -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(CJSON_DIR)=cjson
# Not position independent: a static program that maps nothing and spawns nobody gains little
# from it, and the relocations and the GOT cost size and, on 32-bit targets, a register.
# A stack is guarded where it holds an array of bytes, of whatever length: what a program could write
# beyond. -strong guards each address that is taken as well, which is 7 KB more.
TARGET = -fno-pie -ffunction-sections -fdata-sections -fstack-protector --param=ssp-buffer-size=1 $(DENSE) \
	-fno-asynchronous-unwind-tables -fno-unwind-tables $(UAPI)
# One segment for code and constants, and no padding to a page in front of the data: it would be
# up to 4 KiB of flash each. relro needs that padding, but musl does not apply it to static programs.
LINK = -static -no-pie -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,common-page-size=64 \
	-Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack \
	$(if $(WHOLE),-flto=auto -flto-partition=one $(SMALL) $(TARGET) -ffile-prefix-map=$(CURDIR)=.)
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-ffunction-sections -fdata-sections
# cJSON takes its memory from hooks only; the header maps the C library's allocator away.
CJSON_FLAGS = -w -include include/cjson_noalloc.h

# Debian's musl-gcc sees no kernel headers. Give it those, but not the C library's beside them.
ifneq ($(findstring musl-gcc,$(CC)),)
UAPI = -idirafter $O/uapi
UAPI_STAMP = $O/uapi/.stamp
endif

# ---- the program ------------------------------------------------------------------------------

SRC := $(sort $(wildcard src/*.c))
OBJ := $(SRC:src/%.c=$O/obj/%.o) $O/obj/cjson.o

SETUP = setup-build setup-unit setup-test setup-demo setup-check setup-bench setup-fuzz
.PHONY: all objects install $(SETUP) FORCE
all: $O/ecsaudit $O/ecsaudit.stripped
objects: $(OBJ)

$O/ecsaudit: $(OBJ) $O/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $(OBJ)

$O/ecsaudit.stripped: $O/ecsaudit
	$(call say,STRIP,$@)
	$(Q)$(STRIP) -R .comment -o $@ $<

COMPILE = $(CC) $(BASE) $(SPEED) $(CFLAGS) $(TARGET) -MMD -MP -c

$O/obj/%.o: src/%.c $O/flags $(UAPI_STAMP) | $(CJSON_DIR)/cJSON.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(COMPILE) $(WARNINGS) -o $@ $<

$O/obj/cjson.o: $(CJSON_DIR)/cJSON.c $O/flags $(UAPI_STAMP)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(COMPILE) $(CJSON_FLAGS) -o $@ $<

# Rewritten, and so everything rebuilt, only when the command line is another.
COMMANDS = $(COMPILE) $(HOT) $(STRAIGHT) $(value SPEED) $(PACKED) $(WARNINGS) $(LINK) $(LDFLAGS) $(SRC) $(HOSTCC) $(SANITIZE)
$O/flags: FORCE | setup-build
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMMANDS))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(COMMANDS))' >$@

$O/uapi/.stamp: | setup-build
	@mkdir -p $(@D)
	@triplet=$$($(CC) -print-multiarch) && cd $(@D) && for d in linux asm asm-generic; do \
		p=/usr/include/$$triplet/$$d; [ -e $$p ] || p=/usr/include/$$d; ln -sfn $$p $$d; done
	@touch $@

$(CJSON_DIR)/cJSON.c: | setup-build ;

# What is missing is found by tools/setup; it takes milliseconds where nothing is.
$(SETUP): setup-%:
	$(Q)tools/setup $*

SBIN = $(DESTDIR)$(PREFIX)/sbin
SHARE = $(DESTDIR)$(PREFIX)/share
install: all
	install -D -m 755 $O/ecsaudit.stripped $(SBIN)/ecsaudit
	$(if $(wildcard tools/ecsaudit.8),install -D -m 644 tools/ecsaudit.8 $(SHARE)/man/man8/ecsaudit.8)
	$(if $(wildcard rules/*),install -d $(SHARE)/ecsaudit/rules && \
		install -m 644 $(wildcard rules/*) $(SHARE)/ecsaudit/rules/)
	$(if $(wildcard board/ecsaudit.json),[ -e $(DESTDIR)/etc/ecsaudit.json ] || \
		install -D -m 644 board/ecsaudit.json $(DESTDIR)/etc/ecsaudit.json)

include tools/make/test.mk tools/make/fuzz.mk tools/make/check.mk

.PHONY: clean distclean
clean: # keeps what was fetched: cjson, vm, laurel
	rm -rf $O/{obj,uapi,tests,bench,clang,reproducible,flags} $O/ecsaudit*
distclean:
	rm -rf $O build

-include $(wildcard $O/obj/*.d $O/tests/obj/*.d)
