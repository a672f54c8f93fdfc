# hiveframe_autonomous: a loadable SQLite extension.
#
#   make            build/hiveframe_autonomous.so (.dylib, .dll)
#   make demo       installs what is missing, builds, shows every main answer
#   make test       installs what is missing, all tests; `N passed, N failed`
#   make check      the suite on this build alone, for everyday work
#   make install    so that `.load hiveframe_autonomous` works from any folder
# Further: deps uninstall check-layers format format-check lint amalgamation
#   asan tsan coverage fuzz bench clean

CC ?= cc
CFLAGS ?= -O2
PREFIX ?= /usr/local
TCLSH ?= tclsh
BUILD ?= build
NAME = hiveframe_autonomous

WARN = -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Werror
# -ffp-contract=off: the same sums on every machine. Never -ffast-math, which
# changes results and the floating-point mode of the host process.
HF_CFLAGS = -std=c99 $(WARN) -fPIC -fvisibility=hidden -ffp-contract=off \
  -Iext -I$(BUILD)/gen

UNAME := $(shell uname -s)
ifeq ($(UNAME),Darwin)
  EXT = dylib
  SHARED = -dynamiclib -undefined dynamic_lookup
else ifneq (,$(findstring MINGW,$(UNAME)))
  EXT = dll
  SHARED = -shared
else
  EXT = so
  SHARED = -shared -Wl,-z,defs -Wl,-soname,$(NAME).so
endif
LIB = $(BUILD)/$(NAME).$(EXT)

SRC = ext/$(NAME).c $(sort $(wildcard ext/num/*.c ext/ops/*.c ext/store/*.c \
  ext/face/*.c))
HDR = $(sort $(wildcard ext/*/*.h))
JSON = $(sort $(wildcard sql/json/*.sql))
GEN = $(BUILD)/gen/sql.c $(BUILD)/gen/sql.h
OBJ = $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/sql.o

.PHONY: all portable deps deps-build deps-lint demo test check suites install uninstall \
  check-layers format format-check lint amalgamation asan coverage fuzz bench \
  bench-apply bench-bee bench-capture bench-crossing bench-index bench-pattern bench-workers \
  clean units fault tsan

all: $(LIB)

$(LIB): $(OBJ)
	$(CC) $(CFLAGS) $(SHARED) -o $@ $(OBJ) -lm

$(BUILD)/gen/sql.c: tools/embed.tcl sql/schema.sql $(JSON)
	@mkdir -p $(@D)
	$(TCLSH) tools/embed.tcl $(BUILD)/gen/sql.c $(BUILD)/gen/sql.h \
	  sql/schema.sql $(JSON)

$(BUILD)/gen/sql.h: $(BUILD)/gen/sql.c

$(BUILD)/%.o: %.c $(HDR) $(BUILD)/gen/sql.h
	@mkdir -p $(@D)
	$(CC) $(HF_CFLAGS) $(CFLAGS) -c -o $@ $<

# the loops of the forecaster: 7 % fewer instructions for 100 KiB; everywhere
# they would take 400
$(BUILD)/ext/num/%.o $(BUILD)/ext/ops/bank_%.o: HF_CFLAGS += -funroll-loops

$(BUILD)/gen/sql.o: $(BUILD)/gen/sql.c $(BUILD)/gen/sql.h
	$(CC) $(HF_CFLAGS) $(CFLAGS) -c -o $@ $<

# ---- C units of num/ and ops/, on cmocka: each tests/num/NAME.c is a program
UNIT_SRC = $(sort $(wildcard tests/num/*.c))
UNIT = $(UNIT_SRC:tests/num/%.c=$(BUILD)/tests/%)
CORE_OBJ = $(filter $(BUILD)/ext/num/% $(BUILD)/ext/ops/%,$(OBJ))

$(BUILD)/tests/%: tests/num/%.c $(CORE_OBJ) $(HDR) $(wildcard tests/bench/*.h)
	@mkdir -p $(@D)
	$(CC) -std=c99 -Wall -Wextra -Werror -Iext $(CFLAGS) -o $@ $< $(CORE_OBJ) \
	  -lcmocka -lm

units: $(UNIT)

# ---- median errors of the bee colony on functions with a known optimum
BEE_OBJ = $(BUILD)/ext/num/colony.o $(BUILD)/ext/num/rng.o \
  $(BUILD)/ext/num/work.o

bench: all bench-bee bench-pattern bench-capture
	@$(TCLSH) tests/bench/speed.tcl $(BUILD)/$(NAME)

bench-bee: $(BUILD)/bee
	$(BUILD)/bee $(BUILD)/bee_results.csv

$(BUILD)/bee: tests/bench/bee.c tests/bench/functions.h $(BEE_OBJ)
	$(CC) $(HF_CFLAGS) $(CFLAGS) -o $@ $< $(BEE_OBJ) -lm

# ---- the coefficients of ops/pattern.c, from simulated series
bench-pattern: $(BUILD)/pattern
	@$(BUILD)/pattern

$(BUILD)/pattern: tests/bench/pattern.c tests/bench/patterns.h \
  tests/num/arena.h $(CORE_OBJ)
	$(CC) $(HF_CFLAGS) $(CFLAGS) -o $@ $< $(CORE_OBJ) -lm

# ---- how often what hf_time_to() says comes true: half a minute
bench-crossing: $(BUILD)/crossing
	@$(BUILD)/crossing $(CROSSING)

$(BUILD)/crossing: tests/bench/crossing.c tests/bench/crossings.h \
  tests/num/arena.h $(CORE_OBJ)
	$(CC) $(HF_CFLAGS) $(CFLAGS) -o $@ $< $(CORE_OBJ) -lm

# ---- hf_allocate_workers() in a closed loop on made-up traffic: minutes long
bench-workers: $(BUILD)/workers
	@$(BUILD)/workers $(TRAFFIC)

$(BUILD)/workers: tests/bench/workers.c tests/num/arena.h $(CORE_OBJ)
	$(CC) $(HF_CFLAGS) $(CFLAGS) -o $@ $< $(CORE_OBJ) -lm

# ---- one file: dist/NAME.c and .h, and the extension built from them
dist/$(NAME).c: tools/amalgamate.tcl $(SRC) $(HDR) $(GEN)
	$(TCLSH) tools/amalgamate.tcl dist $(BUILD)/gen \
	  $(filter-out ext/$(NAME).c,$(SRC)) ext/$(NAME).c

amalgamation: $(BUILD)/amalgamation/$(NAME).$(EXT)

$(BUILD)/amalgamation/$(NAME).$(EXT): dist/$(NAME).c
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARN) -fPIC -ffp-contract=off $(CFLAGS) $(SHARED) -o $@ $< -lm

# ---- the extension under AddressSanitizer and UBSan, for tclsh and sqlite3 by
# LD_PRELOAD of both runtimes
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
  -fno-omit-frame-pointer
ASAN = $(BUILD)/asan
ASAN_CC ?= gcc
ASAN_LIBS = $(shell $(ASAN_CC) -print-file-name=libasan.so) \
  $(shell $(ASAN_CC) -print-file-name=libubsan.so)

asan:
	@$(MAKE) --no-print-directory BUILD=$(ASAN) CC=$(ASAN_CC) \
	  CFLAGS="-O1 -g $(SANITIZE)" SHARED="-shared"

# ---- fault tests: each tests/fault/NAME.c is a program with the extension
# linked into it from the one file; once plain, once under the sanitizers
FAULT_SRC = $(sort $(wildcard tests/fault/*.c))
FAULT = $(FAULT_SRC:tests/fault/%.c=$(BUILD)/fault/%)
FAULT_ASAN = $(FAULT_SRC:tests/fault/%.c=$(ASAN)/fault/%)
FAULT_HDR = $(wildcard tests/fault/*.h)
FAULT_FLAGS = -std=c99 -D_GNU_SOURCE -Wall -Wextra -Werror -DSQLITE_CORE -Idist

$(BUILD)/fault/core.o: dist/$(NAME).c
	@mkdir -p $(@D)
	$(CC) -std=c99 -ffp-contract=off -DSQLITE_CORE $(CFLAGS) -c -o $@ $<

$(ASAN)/fault/core.o: dist/$(NAME).c
	@mkdir -p $(@D)
	$(ASAN_CC) -std=c99 -ffp-contract=off -DSQLITE_CORE -O1 -g $(SANITIZE) -c -o $@ $<

$(BUILD)/fault/%: tests/fault/%.c $(BUILD)/fault/core.o $(FAULT_HDR)
	$(CC) $(FAULT_FLAGS) $(CFLAGS) -o $@ $< $(BUILD)/fault/core.o \
	  -lsqlite3 -lm -lpthread -ldl

$(ASAN)/fault/%: tests/fault/%.c $(ASAN)/fault/core.o $(FAULT_HDR)
	$(ASAN_CC) $(FAULT_FLAGS) -O1 -g $(SANITIZE) -o $@ $< $(ASAN)/fault/core.o \
	  -lsqlite3 -lm -lpthread -ldl

fault: $(FAULT) $(FAULT_ASAN)

# ---- the tests with threads under ThreadSanitizer: `make test` runs each once,
# `make tsan` five times
TSAN = $(BUILD)/tsan
FAULT_TSAN = $(TSAN)/fault/capture $(TSAN)/fault/connection

$(TSAN)/fault/core.o: dist/$(NAME).c
	@mkdir -p $(@D)
	$(ASAN_CC) -std=c99 -ffp-contract=off -DSQLITE_CORE -O1 -g \
	  -fsanitize=thread -c -o $@ $<

$(TSAN)/fault/%: tests/fault/%.c $(TSAN)/fault/core.o $(FAULT_HDR)
	$(ASAN_CC) $(FAULT_FLAGS) -O1 -g -fsanitize=thread -o $@ $< \
	  $(TSAN)/fault/core.o -lsqlite3 -lm -lpthread -ldl

tsan: $(FAULT_TSAN)
	@sh tests/fault/tsan.sh 5 $(FAULT_TSAN)

# ---- what hf_capture('on') costs the statements it watches
bench-capture: $(BUILD)/bench/capture
	@$(BUILD)/bench/capture

# ---- what hf_apply() is worth to the application beside it
bench-apply: $(BUILD)/bench/apply
	@$(BUILD)/bench/apply

# ---- what hf_tune() foretells of indexes, and what comes of them: minutes long
bench-index: $(BUILD)/bench/index
	@$(BUILD)/bench/index

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/fault/core.o
	@mkdir -p $(@D)
	$(CC) $(FAULT_FLAGS) $(CFLAGS) -o $@ $< $(BUILD)/fault/core.o \
	  -lsqlite3 -lm -lpthread -ldl

# ---- as on a system that is not Linux: what POSIX tells of the host, no more
portable: $(BUILD)/portable/$(NAME).$(EXT)

$(BUILD)/portable/$(NAME).$(EXT): dist/$(NAME).c
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARN) -fPIC -ffp-contract=off -DHF_HOST_PORTABLE $(CFLAGS) \
	  $(SHARED) -o $@ $< -lm

# ---- fuzzing: clang with its libFuzzer runtime (libclang-rt-dev); 'runs N' in
# the place of the seconds: as many inputs, always the same
FUZZ_SECONDS ?= 60
fuzz: dist/$(NAME).c
	@sh tests/fuzz/run.sh $(BUILD)/fuzz $(FUZZ_SECONDS)

# ---- all tests. The suite runs on the extension as built, on the one built
# from the amalgamation, and under the sanitizers.
TESTS = $(sort $(wildcard tests/*.test))

# What needs no second run on another build of the extension.
ONCE = $(addprefix tests/,harness.test install.test demo.test examples.test \
  readme.test capture.test)

check: all units
	@$(TCLSH) tests/run.tcl -ext $(BUILD)/$(NAME) $(TESTS) $(UNIT)

test: deps
	@$(MAKE) --no-print-directory -j2 all units amalgamation portable fault $(FAULT_TSAN)
	@$(MAKE) --no-print-directory -j2 asan
	@$(MAKE) --no-print-directory suites

suites:
	@$(TCLSH) tests/run.tcl \
	  -check format "$(MAKE) --no-print-directory format-check" \
	  -check layers "$(MAKE) --no-print-directory check-layers" \
	  $(UNIT) \
	  -label plain -ext $(BUILD)/$(NAME) $(TESTS) $(FAULT) \
	  -label amalgamation -ext $(BUILD)/amalgamation/$(NAME) \
	    $(filter-out $(ONCE),$(TESTS)) \
	  -label portable -ext $(BUILD)/portable/$(NAME) tests/host_any.test \
	  -label asan -ext $(ASAN)/$(NAME) $(FAULT_ASAN) \
	    -preload "$(ASAN_LIBS)" $(filter-out $(ONCE),$(TESTS)) \
	  -label tsan -preload "" \
	    -check threads "sh tests/fault/tsan.sh 1 $(FAULT_TSAN)" \
	  -label fuzz \
	    -check sql "$(MAKE) --no-print-directory fuzz FUZZ_SECONDS='runs 400'"

# ---- coverage of the suite by lines, per file
COV = $(BUILD)/coverage
coverage:
	@$(MAKE) --no-print-directory BUILD=$(COV) CFLAGS="-O0 -g --coverage" all units
	@find $(COV) -name '*.gcda' -delete
	-@$(TCLSH) tests/run.tcl -ext $(COV)/$(NAME) $(TESTS) \
	  $(UNIT:$(BUILD)/%=$(COV)/%)
	@$(TCLSH) tools/coverage.tcl $(COV) $(SRC)

# ---- lint: clang-tidy (.clang-tidy), cppcheck, gcc -fanalyzer
LINT_SRC = $(SRC) $(BUILD)/gen/sql.c
lint: deps-lint
	@$(MAKE) --no-print-directory $(GEN)
	clang-tidy --quiet $(SRC) -- -std=c99 -Iext -I$(BUILD)/gen
	cppcheck --quiet --std=c99 --error-exitcode=1 --inline-suppr -j2 \
	  --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem -Iext -I$(BUILD)/gen $(SRC)
	@for f in $(LINT_SRC); do \
	  gcc $(HF_CFLAGS) -O1 -fanalyzer -c -o $(BUILD)/lint.o $$f || exit 1; \
	done; rm -f $(BUILD)/lint.o

# Different releases of clang-format disagree on details; 14 is the one whose
# word counts here.
CLANG_FORMAT ?= $(shell command -v clang-format-14 || command -v clang-format)
FORMATTED = $(SRC) $(HDR) $(wildcard tests/*/*.c tests/*/*.h)

format:
	$(CLANG_FORMAT) -i $(FORMATTED)

format-check:
	@case "$$($(CLANG_FORMAT) --version 2>/dev/null)" in \
	*"version 14."*) $(CLANG_FORMAT) --dry-run -Werror $(FORMATTED) ;; \
	*) echo "clang-format 14 is not here"; exit 77 ;; \
	esac

check-layers:
	@$(TCLSH) tools/layers.tcl

# ---- installing. dlopen() finds what the loader's cache names by soname, and
# `.load hiveframe_autonomous` asks it for hiveframe_autonomous.so; ldconfig
# looks only at files called lib*, hence the two names.
LIBDIR ?= $(PREFIX)/lib
install: all
	mkdir -p "$(DESTDIR)$(LIBDIR)"
	cp $(LIB) "$(DESTDIR)$(LIBDIR)/lib$(NAME).$(EXT)"
	ln -sf lib$(NAME).$(EXT) "$(DESTDIR)$(LIBDIR)/$(NAME).$(EXT)"
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ] && \
	  command -v ldconfig >/dev/null 2>&1; then ldconfig; fi

uninstall:
	rm -f "$(DESTDIR)$(LIBDIR)/lib$(NAME).$(EXT)" \
	  "$(DESTDIR)$(LIBDIR)/$(NAME).$(EXT)"
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ] && \
	  command -v ldconfig >/dev/null 2>&1; then ldconfig; fi

demo: deps-build
	@$(MAKE) --no-print-directory all
	@sh tools/demo.sh $(BUILD)/$(NAME) $(BUILD)

deps:
	@sh tools/deps.sh test

deps-build:
	@sh tools/deps.sh build

deps-lint:
	@sh tools/deps.sh lint

clean:
	rm -rf $(BUILD) dist
