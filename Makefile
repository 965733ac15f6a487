# ecsaudit: one static binary, build/ecsaudit, and build/ecsaudit.stripped beside it.
#
#   make                build it. No package is installed: one line says what is missing
#   make setup          install what is missing, for everything below (Debian, Ubuntu; root or sudo)
#   make install        the program, man pages, rules, and a configuration if there is none
#   make uninstall      remove these, but no file that was changed
#
#   make demo           a small appliance with it in QEMU; does its own set-up
#   make test           all tests: `make check`, and a real kernel in QEMU; does its own set-up
#   make check          the tests that need neither root nor a virtual machine, and `make lint`
#   make unit           the unit tests; `make test-json` is tests/unit/test_json.c alone
#   make golden         the tests of the program; `make bless` takes its documents as the expected ones
#   make vm             the tests in QEMU; longer ones: vm-fault, soak
#   make cross          build for other architectures, and test under qemu's user mode
#   make lint           format, length, headers, cppcheck, tidy, scripts, man, clang; each is a target too
#   make size           bytes of each module, and the limit. Likewise: noalloc, reproducible
#   make fuzz           every fuzzer; fuzz-NAME: one; fuzz-short: some, 20 s each
#   make bench          what it costs, beside another program; bench-NAME: one module
#   make reformat       clang-format on all sources
#   make clean          remove what was built; distclean: what was fetched too
#   make help           this text
#
# Variables, with their defaults:
#
#   CC=musl-gcc  CROSS_COMPILE=                 another compiler, or its prefix: mips-linux-musl-
#   STRIP=CROSS_COMPILEstrip
#   CFLAGS=-g  LDFLAGS=  WERROR=  V=            WERROR=1: warnings are errors; V=1: show commands
#   CJSON_DIR=build/cjson                       where cJSON.c and cJSON.h are; the default is fetched on Debian
#   O=build                                     where to put what is built
#   PREFIX=/usr/local  DESTDIR=                 DESTDIR is put in front of every installed path
#   SBINDIR=PREFIX/sbin  MANDIR=PREFIX/share/man
#   SYSCONFDIR=/etc                             where the program looks for ecsaudit.json
#   ARCHES="armv7 s390x"                        of `make cross`: names in tools/cross
#   FUZZ_SECONDS=60  SOAK_SECONDS=3600

VERSION = 0.1.0
O ?= build
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
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
export CC CJSON_DIR NM O STRIP

# ---- flags ------------------------------------------------------------------------------------

CFLAGS ?= -g
# Every record passes through these. The rest runs once, at start, or seldom, and is better small;
# __attribute__((cold)) is the same for a function.
HOT = blocks document document_auditd document_file document_layout \
	document_user identity json lineage_image \
	log_line log_reader netlink normalize reassembly record \
	record_decode record_header record_split record_token
# Of these a loop's head is not copied in front of it: 700 bytes less, and no slower.
STRAIGHT = document document_auditd document_layout identity json log_line log_reader \
	netlink normalize reassembly record record_decode record_header
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
# glibc of 32 bits has times and files of 64 bits only if it is asked; src/base/sys.c checks that it listened.
BASE = -std=gnu11 -D_GNU_SOURCE= -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64 -DECSAUDIT_VERSION='"$(VERSION)"' \
	-DECSAUDIT_SYSCONFDIR='"$(SYSCONFDIR)"' -iquote include \
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

SRC := $(sort $(wildcard src/*.c src/*/*.c))
MODULES := $(basename $(notdir $(SRC)))
OBJ := $(MODULES:%=$O/obj/%.o) $O/obj/cjson.o
# A source is found in whichever room it is: src/README.md.
vpath %.c $(sort $(dir $(SRC)))
# For tests, which look into every room.
ROOMS = $(addprefix -iquote ,$(sort $(dir $(SRC))))

NEEDS = $(addprefix need-,build unit golden lint fuzz check vm bench cross)
.PHONY: all objects help setup $(NEEDS) FORCE
all: $O/ecsaudit $O/ecsaudit.stripped
objects: $(OBJ)

$O/ecsaudit: $(OBJ) $O/flags
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $(OBJ)

$O/ecsaudit.stripped: $O/ecsaudit
	$(call say,STRIP,$@)
	$(Q)$(STRIP) -R .comment -o $@ $<

COMPILE = $(CC) $(BASE) $(SPEED) $(CFLAGS) $(TARGET) -MMD -MP -c

$O/obj/%.o: %.c $O/flags $(UAPI_STAMP) | $(CJSON_DIR)/cJSON.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(COMPILE) $(WARNINGS) -o $@ $<

$O/obj/cjson.o: $(CJSON_DIR)/cJSON.c $O/flags $(UAPI_STAMP)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(COMPILE) $(CJSON_FLAGS) -o $@ $<

# Rewritten, and so everything rebuilt, only when the command line is another.
COMMANDS = $(COMPILE) $(HOT) $(STRAIGHT) $(value SPEED) $(PACKED) $(WARNINGS) $(LINK) $(LDFLAGS) $(SRC) $(HOSTCC) $(SANITIZE)
$O/flags: FORCE | need-build
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMMANDS))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(COMMANDS))' >$@

$O/uapi/.stamp: | need-build
	@mkdir -p $(@D)
	@triplet=$$($(CC) -print-multiarch) && cd $(@D) && for d in linux asm asm-generic; do \
		p=/usr/include/$$triplet/$$d; [ -e $$p ] || p=/usr/include/$$d; ln -sfn $$p $$d; done
	@touch $@

$(CJSON_DIR)/cJSON.c: | need-build ;

# What is missing is found by tools/setup; it takes milliseconds where nothing is.
$(NEEDS): need-%:
	$(Q)tools/setup --look $*

setup:
	$(Q)tools/setup all

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

include tools/make/install.mk tools/make/test.mk tools/make/fuzz.mk tools/make/check.mk

.PHONY: clean distclean
clean: # keeps what was fetched, and the cross compilers
	rm -rf $O/{obj,uapi,tests,bench,clang,reproducible,flags} $O/ecsaudit*
	rm -rf build/cross/*/{obj,flags,run,ecsaudit*}
distclean:
	rm -rf $O build

-include $(wildcard $O/obj/*.d $O/tests/obj/*.d)
