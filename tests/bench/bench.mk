# bench: the tools of tests/bench, built into $(BUILD)/bench, and the comparison they make. Included by the top Makefile.
#
#   make bench          nine interleaved rounds of everything (minutes)
#   make bench-quick    the same, small (well under a minute): do the tools and the proxy work, not how fast
#   make bench-counts   system calls, allocations and instructions per query, and whether they are within the limits
#   make bench-tls      the same queries, connects and memory with TLS, beside HAProxy that terminates it (BENCH_FLAGS=)
#   make bench-crowd    5,000 clients on 50 connections to a real server, beside 500 with one each (CROWD_FLAGS=)
#   make bench-fresh    reads of own writes beside the primary alone, on a real cluster (FRESH_FLAGS=--flavour mysql)
#   BENCH_FLAGS=        more options for tests/bench/run

BENCH_DIR   := $(BUILD)/bench
BENCH_TOOLS := $(addprefix $(BENCH_DIR)/,nullserver load relay classify malloc_count.so)
BENCH_CC     = $(CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion $(WARN) $(CFLAGS)

bench_null  := nullserver null_reply stop wire sock
bench_load  := load client tls login reply hist wire sock
bench_relay := relay stop wire sock
bench_objs   = $(patsubst %,$(BENCH_DIR)/%.o,$(1))

$(BENCH_DIR)/%.o: tests/bench/%.c $(wildcard tests/bench/*.h)
	@mkdir -p $(@D)
	@$(BENCH_CC) -pthread -c -o $@ $<
$(BENCH_DIR)/nullserver: $(call bench_objs,$(bench_null))
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BENCH_DIR)/load: $(call bench_objs,$(bench_load))
	@$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ -lssl -lcrypto
$(BENCH_DIR)/relay: $(call bench_objs,$(bench_relay))
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BENCH_DIR)/classify.o: BENCH_CC += -Iinclude
$(BENCH_DIR)/classify: $(BENCH_DIR)/classify.o $(call libs_for,sql)
	@$(CC) $(CFLAGS) $(or $(LTO),-fno-lto) $(LDFLAGS) -o $@ $^ -lxxhash
$(BENCH_DIR)/malloc_count.so: tests/bench/malloc_count.c
	@mkdir -p $(@D)
	@$(BENCH_CC) -fPIC -fno-builtin -shared -o $@ $<

.PHONY: bench-tools bench bench-tls bench-quick bench-counts bench-crowd bench-fresh
bench-tools: $(BENCH_TOOLS)
bench: $(BENCH_TOOLS) $(BUILD)/headgate
	@tests/bench/run --build $(BUILD) --headgate $(BUILD)/headgate $(BENCH_FLAGS)
bench-quick: $(BENCH_TOOLS) $(BUILD)/headgate
	@tests/bench/run --build $(BUILD) --headgate $(BUILD)/headgate --quick $(BENCH_FLAGS)
bench-tls: $(BENCH_TOOLS) $(BUILD)/headgate
	@tests/bench/run --build $(BUILD) --headgate $(BUILD)/headgate --tls --only rounds,connects,big,idle $(BENCH_FLAGS)
bench-counts: $(BENCH_TOOLS) $(BUILD)/headgate
	@tests/bench/run --build $(BUILD) --headgate $(BUILD)/headgate --quick --without direct --without relay \
		--without haproxy --only syscalls,allocations,instructions $(BENCH_FLAGS)
bench-crowd: bench-setup $(BUILD)/headgate $(BUILD)/headgatectl
	@HEADGATE_BIN=$(HEADGATE_BIN) $(PYTHON) tests/bench/crowd --build $(BUILD) $(CROWD_FLAGS)
bench-fresh: bench-setup $(BUILD)/headgate $(BUILD)/headgatectl
	@HEADGATE_BIN=$(HEADGATE_BIN) $(PYTHON) tests/bench/fresh_reads --build $(BUILD) $(FRESH_FLAGS)
