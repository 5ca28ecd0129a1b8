# Stint's build file. `make help` lists the targets and variants.
#
# Everything is built out of tree in $(BUILD). A room is a folder of src/: dropping a .c file into
# it, or into test/unit, test/wasi or test/api, is all the registering there is. Nothing here
# touches the network.

VERSION   := $(shell sed -n 's/^.define STINT_VERSION "\(.*\)"/\1/p' include/stint.h)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))

# ---- variants -----------------------------------------------------------------------------------
# DEBUG=1 runs verifiers after each pass, SAN=1 adds the sanitizers, TSAN=1 the one of data races;
# each has its own folder, so that they live beside the release build. CC=clang gets one too.
PREFIX   ?= /usr/local
DESTDIR  ?=
PYTHON   ?= python3
PKG_CONFIG ?= pkg-config
LD       ?= ld
OBJCOPY  ?= objcopy

VARIANT  := $(if $(filter-out cc gcc,$(notdir $(firstword $(CC)))),-$(notdir $(firstword $(CC))))
VARIANT  := $(VARIANT)$(if $(DEBUG),-debug)$(if $(SAN),-asan)$(if $(TSAN),-tsan)
BUILD    ?= build$(VARIANT)
# By one name whoever calls: paths are part of the flags, and other flags rebuild everything.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))

OPT      := $(if $(DEBUG)$(SAN)$(TSAN),-O1,-O2)
# What the public headers declare is visible, and nothing else.
EXPORT   := '-DWASM_API_EXTERN=__attribute__((visibility("default")))'
DEFINES  := $(if $(DEBUG),-DSTINT_DEBUG)
comma    := ,
SANITIZE := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all)
# gcc's does not see fences, and says so where there is one: in the interpreter, for guests.
SANITIZE += $(if $(TSAN),-fsanitize=thread -Wno-unknown-warning-option -Wno-tsan)
WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
INCLUDES := -Isrc -Iinclude -I$(BUILD)/gen
COMPILE   = $(CC) -std=gnu17 $(OPT) -g $(WARN) -fvisibility=hidden -fPIC -MMD -MP $(INCLUDES) \
            $(DEFINES) $(EXPORT) $(SANITIZE) $(CFLAGS)
LINK      = $(CC) $(SANITIZE) -Wl,-z,relro,-z,now $(LDFLAGS)
LIBS     := -lm -lpthread

# ---- sources ------------------------------------------------------------------------------------
SRC      := $(sort $(wildcard src/*/*.c src/isa/*/*.c))
CLI_SRC  := $(filter src/cli/%,$(SRC))
LIB_SRC  := $(filter-out src/cli/%,$(SRC))
DEV_SRC  := $(sort $(wildcard dev/*.c))
UNIT_SRC := $(sort $(wildcard test/unit/*.c))
WASI_SRC := $(sort $(wildcard test/wasi/*.c))
API_SRC  := $(sort $(wildcard test/api/*.c))

obj       = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
CLI_OBJ  := $(call obj,$(CLI_SRC))
LIB_OBJ  := $(call obj,$(LIB_SRC))
DEV_OBJ  := $(call obj,$(DEV_SRC))
# The command sees the library through public headers only; base and os it has for itself.
OWN_OBJ  := $(call obj,$(filter src/base/% src/os/%,$(SRC)))
TEST_OBJ := $(call obj,$(UNIT_SRC) $(WASI_SRC) $(API_SRC))
UNIT_BIN := $(patsubst %.c,$(BUILD)/%,$(UNIT_SRC) $(WASI_SRC))
API_BIN  := $(patsubst %.c,$(BUILD)/%,$(API_SRC))

.PHONY: all lib cli dev test-programs clean help FORCE
all: lib cli $(if $(DEV_SRC),dev)
lib: $(BUILD)/libstint.a $(BUILD)/libstint.so
cli: $(if $(CLI_SRC),$(BUILD)/stint)
dev: $(BUILD)/stint-dev
test-programs: $(UNIT_BIN) $(API_BIN)

help:
	@echo 'make [BUILD=dir] [DEBUG=1] [SAN=1] [TSAN=1] [CC=clang] [V=1]   build everything into build/'
	@echo '  lib cli dev test-programs    parts of it; demo: the program of ./demo'
	@echo '  test [T=PATTERN]             run the tests (those whose name contains PATTERN)'
	@echo '  bless T=PATTERN              rewrite the expectations of golden and command tests'
	@echo '  check                        build all variants and test them, as ./check does'
	@echo '  layers wc                    who includes whom; lines per room against the budget'
	@echo '  wast [ARGS=...]              the specification suite: a table by folder'
	@echo '  corpus spec fuzz bench       long runs; they need ../shared and say so'
	@echo '  languages                    programs of other compilers, which it fetches'
	@echo '  mutate FILES=...             damaged modules through a sanitized build'
	@echo '  fuzz-wat FILES=...           the same for texts; libfuzzer-wat builds them for libFuzzer'
	@echo '  install uninstall            with PREFIX= DESTDIR= LIBDIR=...; see packaging/install.mk'
	@echo '  install-compat               besides, libwasmtime.so and pkg-config name "wasmtime"'
	@echo '  clean                        remove $(BUILD)/'

# Commands are shown as one word and a file; V=1 shows them whole, -s not at all.
Q := $(if $(V),,@)
QUIET := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V)$(QUIET),,@printf '%-4s %s\n' '$(1)' '$(2)')

# ---- generated sources --------------------------------------------------------------------------
# $(call generator,NAME,SCRIPT,INPUTS): SCRIPT --out $(BUILD)/gen INPUTS writes any number of files
# there and leaves a file alone whose text did not change; what includes it is rebuilt only then.
GEN :=
GEN_LIB := $(wildcard tools/sexpr.py tools/rules/*.py)
define generator
ifneq ($$(wildcard $(2)),)
GEN += $$(BUILD)/gen/$(1).stamp
$$(BUILD)/gen/$(1).stamp: $(2) $(3) $$(GEN_LIB)
	@mkdir -p $$(@D)
	$$(call say,GEN,$(1))
	$$(Q)$$(PYTHON) -B $(2) --out $$(BUILD)/gen $(3)
	@touch $$@
endif
endef

$(eval $(call generator,insts,tools/instgen.py,$(sort $(wildcard rules/*/insts*.r \
  rules/*/features.def))))
$(eval $(call generator,rules,tools/rulegen.py,$(sort $(wildcard rules/*.r rules/*/*.r))))

$(BUILD)/gen/%.inc: $(GEN) ;
$(BUILD)/gen/%.h: $(GEN) ;

# ---- compiling ----------------------------------------------------------------------------------
# The flags are a file that changes only with them: other flags, or another compiler in the same
# folder, rebuild everything.
FLAGS_CHANGED := $(if $(subst x$(COMPILE),,x$(file <$(BUILD)/flags)),FORCE)
$(BUILD)/flags: export FLAGS_NOW = $(COMPILE)
$(BUILD)/flags: $(FLAGS_CHANGED)
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS_NOW" > $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(GEN)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(EXTRA) -c -o $@ $<

# The disassembler library belongs to the command alone, which loads it when it is asked to
# disassemble: only its header is needed here.
$(CLI_OBJ): EXTRA = $(CAPSTONE_CFLAGS)
$(TEST_OBJ): EXTRA = -Itest
CAPSTONE_CFLAGS = $(shell $(PKG_CONFIG) --cflags capstone)

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(CLI_OBJ) $(DEV_OBJ) $(TEST_OBJ))

# ---- linking ------------------------------------------------------------------------------------
# All internal objects by reference, for programs that look inside.
$(BUILD)/internal.a: $(LIB_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcsT $@ $^

# One object with the internal names made local: nothing of ours can clash with the embedder's.
$(BUILD)/libstint.a: $(LIB_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(LD) -r -o $(BUILD)/stint.o $^
	$(Q)$(OBJCOPY) --localize-hidden $(BUILD)/stint.o
	$(Q)$(AR) rcs $@ $(BUILD)/stint.o

$(BUILD)/libstint.map: Makefile
	@mkdir -p $(@D)
	@echo '{ global: wasm_*; wasmtime_*; wasi_*; stint_*; *_50_0_0; local: *; };' > $@

$(BUILD)/libstint.so: $(LIB_OBJ) $(BUILD)/libstint.map
	$(call say,LINK,$@)
	$(Q)$(LINK) -shared -Wl,-z,nodelete -Wl,-soname,libstint.so.$(SOVERSION) $(if $(SAN),,-Wl,-z,defs) \
	  -Wl,--version-script=$(BUILD)/libstint.map -o $@ $(LIB_OBJ) $(LIBS)
	@ln -sf libstint.so $(BUILD)/libstint.so.$(SOVERSION)

$(BUILD)/stint: $(CLI_OBJ) $(OWN_OBJ) $(BUILD)/libstint.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/stint-dev: $(DEV_OBJ) $(BUILD)/internal.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(UNIT_BIN): $(BUILD)/%: $(BUILD)/obj/%.o $(BUILD)/internal.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(API_BIN): $(BUILD)/%: $(BUILD)/obj/%.o $(BUILD)/libstint.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $< -L$(BUILD) -lstint -Wl,-rpath,'$$ORIGIN/../..' $(LIBS)

.SECONDARY: $(TEST_OBJ)

# The program that ./demo shows: C for WebAssembly, by the compiler Debian has.
.PHONY: demo
WASM_CC ?= clang
demo: $(BUILD)/demo.wasm
$(BUILD)/demo.wasm: examples/demo/demo.c Makefile
	@mkdir -p $(@D)
	$(call say,WASM,$@)
	$(Q)$(WASM_CC) --target=wasm32-wasi --sysroot=/usr -O2 $(WARN) -o $@ $< -lm

# ---- testing ------------------------------------------------------------------------------------
.PHONY: test check bless layers wc wast corpus languages spec fuzz bench mutate fuzz-wat \
        libfuzzer-wat
test: all test-programs
	$(PYTHON) -B test/run_tests.py --build $(BUILD) $(if $(T),'$(T)')

bless: all
	$(PYTHON) -B test/run_tests.py --build $(BUILD) --bless '$(or $(T),$(error bless needs T=PATTERN))'

check:
	./check --no-install

layers:
	@$(PYTHON) -B tools/layers.py

wc:
	@$(PYTHON) -B tools/wc.py

languages: cli
	$(PYTHON) -B test/languages.py --stint $(BUILD)/stint $(ARGS)
# Each of these scripts reads ../shared and says by itself what it misses.
wast: all
	$(PYTHON) -B test/wast/suite.py --stint $(abspath $(BUILD))/stint $(ARGS)
corpus: all
	$(PYTHON) -B test/corpus.py --stint $(abspath $(BUILD))/stint $(ARGS)
spec: all
	$(PYTHON) -B test/spec.py --lib $(BUILD)/libstint.so $(ARGS)
fuzz: all
	$(PYTHON) -B test/fuzz/diff.py --lib $(BUILD)/libstint.so $(ARGS)
bench: all
	$(PYTHON) -B bench/run.py --lib $(BUILD)/libstint.so --write $(ARGS)
# Damaged modules through everything, in a sanitized build; needs FILES=module.wasm...
mutate:
	$(MAKE) SAN=1 dev
	build$(VARIANT)-asan/stint-dev mutate --count 20000 $(FILES)

# The same for texts, such as scripts of the suite; then generated modules, which need wasm-tools.
fuzz-wat: all
	$(MAKE) SAN=1 dev
	build$(VARIANT)-asan/stint-dev wat-fuzz --count 100000 $(FILES)
	$(PYTHON) -B test/fuzz/wat.py --stint $(BUILD)/stint
# A program for libFuzzer (Debian: libclang-rt-dev): build/libfuzzer-wat CORPUS-FOLDER
libfuzzer-wat: $(BUILD)/libfuzzer-wat
$(BUILD)/libfuzzer-wat: dev/wat_target.c $(filter src/base/% src/wasm/% src/wat/%,$(SRC))
	$(call say,CC,$@)
	$(Q)clang -std=gnu17 -O1 -g $(WARN) -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=all $(INCLUDES) -o $@ $^

# ---- installing ---------------------------------------------------------------------------------
include packaging/install.mk

clean:
	rm -rf '$(BUILD)'
