# hiveframe_autonomous: a loadable SQLite extension.
#
#   make            build/hiveframe_autonomous.so (.dylib, .dll)
#   make demo       installs what is missing, builds, shows every main answer
#   make test       installs what is missing, all tests; `N passed, N failed`
#   make install    so that `.load hiveframe_autonomous` works from any folder
# Further: deps uninstall check-layers format format-check lint amalgamation
#   asan coverage bench clean

CC ?= cc
CFLAGS ?= -O2 -g
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
  SHARED = -shared -Wl,-z,defs
endif
LIB = $(BUILD)/$(NAME).$(EXT)

SRC = ext/$(NAME).c $(sort $(wildcard ext/num/*.c ext/ops/*.c ext/store/*.c \
  ext/face/*.c))
HDR = $(sort $(wildcard ext/*/*.h))
JSON = $(sort $(wildcard sql/json/*.sql))
GEN = $(BUILD)/gen/sql.c $(BUILD)/gen/sql.h
OBJ = $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/sql.o

.PHONY: all deps demo test install uninstall check-layers format format-check \
  lint amalgamation asan coverage bench bench-bee clean unit

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

$(BUILD)/gen/sql.o: $(BUILD)/gen/sql.c $(BUILD)/gen/sql.h
	$(CC) $(HF_CFLAGS) $(CFLAGS) -c -o $@ $<

# ---- C units of num/ and ops/, on cmocka: each tests/num/NAME.c is a program
UNIT_SRC = $(sort $(wildcard tests/num/*.c))
UNIT = $(UNIT_SRC:tests/num/%.c=$(BUILD)/tests/%)
CORE_OBJ = $(filter $(BUILD)/ext/num/% $(BUILD)/ext/ops/%,$(OBJ))

$(BUILD)/tests/%: tests/num/%.c $(CORE_OBJ) $(HDR)
	@mkdir -p $(@D)
	$(CC) -std=c99 -Wall -Wextra -Werror -Iext $(CFLAGS) -o $@ $< $(CORE_OBJ) \
	  -lcmocka -lm

unit: $(UNIT)
	@for t in $(UNIT); do CMOCKA_MESSAGE_OUTPUT=TAP $$t || exit 1; done

# Median errors of the bee colony on functions with a known optimum.
BEE_OBJ = $(BUILD)/ext/num/colony.o $(BUILD)/ext/num/rng.o \
  $(BUILD)/ext/num/work.o
bench-bee: $(BUILD)/bee
	$(BUILD)/bee $(BUILD)/bee_results.csv

$(BUILD)/bee: tests/bench/bee.c tests/bench/functions.h $(BEE_OBJ)
	$(CC) $(HF_CFLAGS) $(CFLAGS) -o $@ $< $(BEE_OBJ) -lm

format:
	clang-format -i $(SRC) $(HDR) $(wildcard tests/*/*.c)

format-check:
	clang-format --dry-run -Werror $(SRC) $(HDR) $(wildcard tests/*/*.c)

check-layers:
	@$(TCLSH) tools/layers.tcl

clean:
	rm -rf $(BUILD)
