# headgate: one file builds, tests, measures and installs everything.
#
#   make              build/headgate and build/headgatectl
#   make demo         a real cluster on loopback with headgate in front (KEEP=1 leaves it running)
#   make test         what a change has to pass, in some minutes; ROOM=pool: what a change of src/pool has to pass
#   make test-all     that, and all else: sanitizers, every family of servers in full, clang, the package, fuzzing
#   make bench        CPU, system calls, allocations and instructions per query beside HAProxy
#   make asan|tsan    the same binaries under sanitizers, in build/asan and build/tsan
#   make fuzz|soak    the long versions; FUZZ_SECONDS=, SOAK_MINUTES=
#   make mutate       of N random changes to the pure rooms, those that no unit test notices; N=, SEED=, ROOMS=
#   make mysql-test   MariaDB's own test suite through headgate, compared with the list of what differs
#   make install      PREFIX=/usr/local DESTDIR=; make uninstall takes it away again
#   make deb          a Debian package, in build/package; REVISION=1
#   make docs         what is written from the tables: sample configuration, reference, manual pages
#
# As root, `make demo`, `make test` and `make bench` install the packages they miss; otherwise they print the command.
#
# Each folder of src/ becomes build/lib<layer>.a. Libraries are linked in the order of LAYERS, each seeing only
# those below it, so a call upward fails at link time. tools/check-layers refuses includes upward, and circles of
# dependencies between more than five files.

ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX  ?= /usr/local
BUILD   ?= build
VERSION := 0.1.0
REVISION ?= 1

# The rooms that a session's life goes through.
FLOOR   := frontend command session relay pool freshness prepared state route stats access
LAYERS  := ctl app http console admin $(FLOOR) cluster monitor upstream settings sql stored_code tokens mysql net base
LIBS    := libev-none openssl libconfig libcares jansson libmicrohttpd libpcre2-8 libxxhash zlib libzstd

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wvla \
        -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wformat=2
CFLAGS  ?= -O2 -g
HG_CFLAGS := -std=c11 -D_GNU_SOURCE -DHEADGATE_VERSION='"$(VERSION)"' -Iinclude $(WARN) -fstack-protector-strong \
        -fno-strict-aliasing -pthread $(SAN)
# The layers that a query passes are optimised as one where gcc links the program: a tenth fewer instructions per query.
# Their objects hold ordinary code as well: everything else (units, headgatectl) is linked from that, layer by layer.
# With clang, and under sanitizers, there is only that.
LTO_LAYERS := $(FLOOR) cluster monitor upstream sql stored_code tokens mysql net base
ifeq ($(findstring clang,$(CC))$(SAN),)
LTO ?= -flto=auto
endif
lto_of = $(if $(LTO),$(if $(filter $(LTO_LAYERS:%=src/%/),$(dir $(1))),$(LTO) -ffat-lto-objects))
LDLIBS  := -lev -lcares -lssl -lcrypto -lconfig -ljansson -lmicrohttpd -lxxhash -lz -lzstd -lm -pthread
LDFLAGS += $(SAN)

export PYTHON := /usr/bin/python3

layer_src = $(wildcard src/$(1)/*.c)
objs      = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
main_srcs := src/app/main.c src/ctl/headgatectl.c
lib_srcs  := $(filter-out $(main_srcs),$(foreach l,$(LAYERS),$(call layer_src,$(l))))
lib       = $(BUILD)/lib$(1).a
below     = $(foreach l,$(LAYERS),$(if $(filter $(l),$(call from,$(1),$(LAYERS))),$(call lib,$(l))))
from      = $(if $(2),$(if $(filter $(1),$(firstword $(2))),$(2),$(call from,$(1),$(wordlist 2,99,$(2)))))
present   := $(foreach l,$(LAYERS),$(if $(call layer_src,$(l)),$(l)))

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all
all: $(BUILD)/headgate $(BUILD)/headgatectl

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(HG_CFLAGS) $(CFLAGS) $(call lto_of,$<) -MMD -MP -c -o $@ $<

# The status page is inside the program.
$(BUILD)/obj/src/http/status.o: src/http/status.html

define layer_rule
$(BUILD)/lib$(1).a: $(call objs,$(filter-out $(main_srcs),$(call layer_src,$(1))))
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

all_libs := $(foreach l,$(filter-out ctl,$(present)),$(BUILD)/lib$(l).a)
$(BUILD)/headgate: $(BUILD)/obj/src/app/main.o $(all_libs)
	@$(CC) $(CFLAGS) $(or $(LTO),-fno-lto) $(LDFLAGS) -o $@ $< -Wl,--start-group $(all_libs) -Wl,--end-group $(LDLIBS)
$(BUILD)/headgatectl: $(BUILD)/obj/src/ctl/headgatectl.o $(BUILD)/libctl.a $(BUILD)/libbase.a
	@$(CC) -fno-lto $(LDFLAGS) -o $@ $^ -ledit -ljansson

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- units: tests/unit/<layer>/test_<noun>.c links its own layer and those below, nothing above ----
unit_src  := $(wildcard tests/unit/*/test_*.c)
unit_bin  := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(unit_src))
layer_of   = $(word 3,$(subst /, ,$(1)))
libs_for   = $(foreach l,$(call from,$(1),$(LAYERS)),$(if $(filter $(l),$(present)),$(BUILD)/lib$(l).a))
define unit_rule
$(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(1)): $(BUILD)/obj/$(1:.c=.o) $(call libs_for,$(call layer_of,$(1)))
	@mkdir -p $$(@D)
	@$$(CC) -fno-lto $$(LDFLAGS) -o $$@ -Wl,--start-group $$^ -Wl,--end-group -lcmocka $$(LDLIBS)
endef
$(foreach t,$(unit_src),$(eval $(call unit_rule,$(t))))

# ROOM= one folder of src/: only its unit tests, and so below with everything else that tests it.
ROOM ?=
$(if $(ROOM),$(if $(wildcard src/$(ROOM) $(filter tools,$(ROOM))),,$(error ROOM=$(ROOM): there is no src/$(ROOM))))
of_room = $(if $(ROOM),$(filter $(1)/$(ROOM)/%,$(2)),$(2))
unit_ran := $(addsuffix .ran,$(call of_room,$(BUILD)/unit,$(unit_bin)))
.PHONY: units unit $(unit_ran)
units: $(unit_ran:.ran=)
unit: $(unit_ran)
# From tests/, where data is found; what a program says is of interest when it fails.
$(unit_ran): %.ran: %
	@cd tests && said=$$(timeout 120 $(abspath $<) 2>&1) || { echo "$$said"; echo "$<: FAILED"; exit 1; }
	@echo "$<: passed"

# ---- which one-token changes to pure sources do the unit tests notice? N= how many, SEED=, ROOMS= or MUTATED= files ----
N ?= 100
SEED ?= 1
ROOMS ?= base mysql settings stats route access freshness prepared tokens stored_code sql state
MUTATED ?= $(wildcard $(ROOMS:%=src/%/*.c))
.PHONY: mutate
mutate:
	@$(MAKE) LTO= units
	@nice tools/mutate $(N) $(SEED) $(MUTATED)

# ---- fuzz: tests/fuzz/<layer>/fuzz_<noun>.c, clang's libFuzzer; seeds in tests/fuzz/corpus/<noun> ----
FUZZ_SECONDS ?= 300
fuzz_src := $(wildcard tests/fuzz/*/fuzz_*.c)
fuzz_bin := $(patsubst tests/fuzz/%.c,build/fuzz/bin/%,$(fuzz_src))
fuzz_libs = $(foreach l,$(call from,$(1),$(LAYERS)),$(if $(filter $(l),$(present)),build/fuzz/lib$(l).a))
FUZZ_MAKE = $(MAKE) BUILD=build/fuzz CC=clang SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"
.PHONY: fuzz-build fuzz fuzz-smoke
fuzz-build:
	@$(FUZZ_MAKE) $(JOBS) fuzz-bins
.PHONY: fuzz-bins
fuzz-bins: $(patsubst tests/fuzz/%.c,$(BUILD)/bin/%,$(fuzz_src))
define fuzz_rule
$(patsubst tests/fuzz/%.c,$(BUILD)/bin/%,$(1)): $(BUILD)/obj/$(1:.c=.o) $(call libs_for,$(call layer_of,$(1)))
	@mkdir -p $$(@D)
	@$$(CC) $$(LDFLAGS) -fsanitize=fuzzer -o $$@ -Wl,--start-group $$^ -Wl,--end-group $$(LDLIBS)
endef
$(foreach t,$(fuzz_src),$(eval $(call fuzz_rule,$(t))))
# Every input of the corpus once, without clang and its fuzzer.
replay_bin := $(patsubst tests/fuzz/%.c,$(BUILD)/replay/%,$(fuzz_src))
replay_ran := $(addsuffix .ran,$(call of_room,$(BUILD)/replay,$(replay_bin)))
.PHONY: replays replay $(replay_ran)
replays: $(replay_ran:.ran=)
replay: $(replay_ran)
$(replay_ran): %.ran: %
	@$< $(wildcard tests/fuzz/corpus/$(patsubst fuzz_%,%,$(notdir $<))/*)
define replay_rule
$(patsubst tests/fuzz/%.c,$(BUILD)/replay/%,$(1)): $(addprefix $(BUILD)/obj/,$(1:.c=.o) tests/fuzz/replay.o) \
    $(call libs_for,$(call layer_of,$(1)))
	@mkdir -p $$(@D)
	@$$(CC) -fno-lto $$(LDFLAGS) -o $$@ -Wl,--start-group $$^ -Wl,--end-group $$(LDLIBS)
endef
$(foreach t,$(fuzz_src),$(eval $(call replay_rule,$(t))))
fuzz-smoke: fuzz-build
	@tools/run-fuzz build/fuzz/bin 5
fuzz: fuzz-build
	@tools/run-fuzz build/fuzz/bin $(FUZZ_SECONDS)

# ---- lint: one spelling, no layer upward, what clang-tidy finds ----
c_files := $(wildcard src/*/*.c include/*/*.h tests/unit/*/*.[ch] tests/fuzz/*.c tests/fuzz/*/*.[ch] tests/bench/*.[ch])
linted   = $(if $(ROOM),$(foreach in,src include tests/unit tests/fuzz,$(filter $(in)/$(ROOM)/%,$(c_files))),$(c_files))
# LINT_NODES=225000 is three times as thorough, and takes three times as long.
LINT_NODES ?= 50000
lines = printf '%s\n' $(1) |
.PHONY: lint lint-changed
lint:
	@tools/check-layers
	@$(call lines,$(linted)) xargs -r clang-format --dry-run -Werror
	@$(call lines,$(filter src/%.c,$(linted))) tools/run-tidy $(LINT_NODES) -std=c11 -D_GNU_SOURCE -DHEADGATE_VERSION=\"$(VERSION)\" -Iinclude
	@echo "lint: clean"
# What differs from origin/main; there, from the commit before.
lint-changed:
	@$(MAKE) lint linted="$(filter $(c_files),$(shell tools/changed-files))"

# ---- both ends scripted, and real servers ----
# HEADGATE_BIN= another binary, FLAVOUR= another family of servers, MARKED= pytest's -m: tests/pytest.ini lists the markers
HEADGATE_BIN ?= $(CURDIR)/$(BUILD)/headgate
PYTEST = HEADGATE_BIN=$(HEADGATE_BIN) HEADGATE_FLAVOUR=$(FLAVOUR) $(PYTHON) -B -m pytest -q $(ROOM:%=--room %) $(if $(MARKED),-m "$(MARKED)") $(LIVE_FLAGS)
# Files of tests side by side: they wait more than they work.
PYTEST_SPREAD ?= -n 2 --dist loadfile
FLAVOUR ?= mariadb
MARKED ?=
.PHONY: wire live
wire: all
	@$(PYTEST) $(PYTEST_SPREAD) tests/wire
live: all
	@$(PYTEST) $(PYTEST_SPREAD) tests/live
# One file after the other, which have the whole machine: they judge by the clock what servers and headgate do.
.PHONY: alone
alone: all
	@$(PYTEST) -m alone tests/live

# ---- what is shipped: unit, manual pages, examples, alerts, and the package in a clean root (as root) ----
.PHONY: package-test
package-test: all
	@$(PYTEST) tests/package

# ---- the same under sanitizers; libraries without instrumentation are trusted (tests/*.supp) ----
JOBS = -j$(shell nproc)
ASAN = BUILD=build/asan CFLAGS="-O1 -g" SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
TSAN = BUILD=build/tsan CFLAGS="-O1 -g" SAN="-fsanitize=thread"
export ASAN_OPTIONS ?= detect_stack_use_after_return=1
export LSAN_OPTIONS ?= suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0
export TSAN_OPTIONS ?= suppressions=$(CURDIR)/tests/tsan.supp:halt_on_error=0:exitcode=66
.PHONY: asan tsan asan-test tsan-test
asan:
	@$(MAKE) $(ASAN) all
tsan:
	@$(MAKE) $(TSAN) all
asan-test:
	@$(MAKE) $(JOBS) $(ASAN) all units replays
	@$(MAKE) $(ASAN) unit replay wire
	@$(MAKE) $(ASAN) live MARKED="not alone"
# What becomes of one session's bytes is one thread's matter: here are the tests in which threads meet.
tsan-test:
	@$(MAKE) $(JOBS) $(TSAN) all units
	@$(MAKE) $(TSAN) unit
	@$(MAKE) $(TSAN) wire MARKED=threads
	@$(MAKE) $(TSAN) live MARKED="threads and smoke and not alone"

# ---- everything ----
.PHONY: setup test test-all check-clang demo soak
STRICT = CFLAGS="-O2 -g -Werror"
setup:
	@tools/setup build test lint
check-clang:
	@$(MAKE) $(JOBS) BUILD=build/clang CC=clang $(STRICT) all units
# Tests wait more than they work: 6 s of CPU for the units, 50 for wire, 80 for live, 20 for each other family's scenarios.
test: setup
	@mkdir -p build
	@$(MAKE) $(JOBS) $(STRICT) all units replays bench-tools
	@$(MAKE) $(JOBS) unit replay $(if $(ROOM),lint,lint-changed)
	@$(MAKE) -j3 -Otarget live-plain wire live-scenarios
	@echo "test: passed"
.PHONY: live-plain live-scenarios
live-plain: all
	@$(MAKE) live MARKED="not long and not alone"
live-scenarios: all
	@$(MAKE) live MARKED=scenario FLAVOUR=mariadb-11
	@$(MAKE) live MARKED=scenario FLAVOUR=mysql
# What `test` has just run is not run again. One part after the other: scenes with probes need processors that answer in time.
test-all: test
	@$(MAKE) rest-plain
	@$(MAKE) rest-asan
	@$(MAKE) rest-others
	@$(MAKE) rest-alone
	@echo "test-all: passed"
.PHONY: rest-plain rest-asan rest-others rest-alone
rest-plain: all
	@$(MAKE) package-test
	@$(MAKE) bench-counts
	@$(MAKE) live MARKED="long and not alone"
	@$(MAKE) live MARKED="smoke and not scenario and not alone" FLAVOUR=mariadb-11
	@$(MAKE) live MARKED="smoke and not scenario and not alone" FLAVOUR=mysql
rest-asan: asan-test
rest-others: tsan-test
	@$(MAKE) check-clang
	@$(MAKE) lint
	@$(MAKE) fuzz-smoke
rest-alone:
	@$(MAKE) alone
	@$(MAKE) alone FLAVOUR=mariadb-11
	@$(MAKE) alone FLAVOUR=mysql
	@$(MAKE) $(ASAN) alone
	@$(MAKE) $(TSAN) alone
demo:
	@tools/setup build demo
	@$(MAKE) all
	@tools/demo
# MariaDB's own mysql-test, all of it, by four protocols. tests/mysql_test/run --help
.PHONY: mysql-test
mysql-test: setup all
	@HEADGATE_BIN=$(HEADGATE_BIN) $(PYTHON) tests/mysql_test/run
SOAK_MINUTES ?= 30
soak: setup all
	@tools/soak $(SOAK_MINUTES)

# ---- what the tables say, for people: to be run when rows have changed; a unit test finds what is stale ----
MANUALS := headgate.8 headgatectl.1 headgate.conf.5
.PHONY: docs
docs: all
	@$(BUILD)/headgate --sample > conf/headgate.conf
	@$(BUILD)/headgate --reference > docs/configuration.md
	@$(BUILD)/headgate --metrics > docs/metrics.md
	@$(BUILD)/headgate --states > docs/architecture/states.md
	@$(BUILD)/headgate --facets > docs/architecture/facets.md
	@$(BUILD)/headgate --manual-headgate > docs/man/headgate.8
	@$(BUILD)/headgate --manual-headgatectl > docs/man/headgatectl.1
	@$(BUILD)/headgate --manual-conf > docs/man/headgate.conf.5

# ---- measuring ----
.PHONY: bench-setup
bench-setup:
	@tools/setup build test
include tests/bench/bench.mk
bench bench-quick: bench-setup

# ---- installing ----
.PHONY: install uninstall deb clean
install: all
	@tools/install "$(BUILD)" "$(PREFIX)" "$(DESTDIR)"
uninstall:
	@tools/install --remove "$(BUILD)" "$(PREFIX)" "$(DESTDIR)"
# build/package/headgate_VERSION-REVISION_ARCHITECTURE.deb
deb: all
	@tools/setup package
	@tools/deb "$(BUILD)" "$(VERSION)-$(REVISION)"
clean:
	rm -rf build
