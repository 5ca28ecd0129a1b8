# Installing, a part of the Makefile.
#
#   make install           the command, both libraries, headers, pkg-config and CMake files, manual
#   make install-compat    besides: libwasmtime.so, libwasmtime.a and the pkg-config name `wasmtime`
#   make uninstall         removes all of that, and the folders that are Stint's own
#
# PREFIX and the folders below it are where things will be used; DESTDIR, which packagers set, goes
# before all of them and into no file.

BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man

TO_BIN     := $(DESTDIR)$(BINDIR)
TO_LIB     := $(DESTDIR)$(LIBDIR)
TO_INCLUDE := $(DESTDIR)$(INCLUDEDIR)
TO_MAN     := $(DESTDIR)$(MANDIR)/man1

HEADERS    := $(sort $(patsubst include/%,%,$(wildcard include/*.h include/*/*.h include/*/*/*.h)))
# The CMake package finds headers from its own folder, wherever that is at the time.
INCLUDE_FROM_CMAKE = $(shell realpath -m -s --relative-to='$(LIBDIR)/cmake/Stint' '$(INCLUDEDIR)')

# $(call fill,FILE,TARGET,NAME): a template of packaging/ with everything put in; NAME is what
# programs link with, -lNAME.
fill = sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
           -e 's|@VERSION@|$(VERSION)|; s|@SOVERSION@|$(SOVERSION)|; s|@NAME@|$(3)|' \
           -e 's|@INCLUDE_FROM_CMAKE@|$(INCLUDE_FROM_CMAKE)|' packaging/$(1) > '$(2)'

.PHONY: install install-compat uninstall
install: lib cli
	install -d '$(TO_BIN)' '$(TO_LIB)/pkgconfig' '$(TO_LIB)/cmake/Stint' '$(TO_MAN)'
	install -m 755 $(BUILD)/stint '$(TO_BIN)/stint'
	install -m 644 $(BUILD)/libstint.a '$(TO_LIB)/libstint.a'
	install -m 755 $(BUILD)/libstint.so '$(TO_LIB)/libstint.so.$(VERSION)'
	ln -sf libstint.so.$(VERSION) '$(TO_LIB)/libstint.so.$(SOVERSION)'
	ln -sf libstint.so.$(SOVERSION) '$(TO_LIB)/libstint.so'
	for header in $(HEADERS); do \
	  install -D -m 644 include/$$header '$(TO_INCLUDE)'/$$header || exit 1; done
	$(call fill,stint.pc.in,$(TO_LIB)/pkgconfig/stint.pc,stint)
	$(call fill,StintConfig.cmake.in,$(TO_LIB)/cmake/Stint/StintConfig.cmake)
	$(call fill,StintConfigVersion.cmake.in,$(TO_LIB)/cmake/Stint/StintConfigVersion.cmake)
	install -m 644 man/stint.1 '$(TO_MAN)/stint.1'

# For build scripts that ask for libwasmtime, and programs that were linked with it.
install-compat: install
	ln -sf libstint.so.$(SOVERSION) '$(TO_LIB)/libwasmtime.so'
	ln -sf libstint.a '$(TO_LIB)/libwasmtime.a'
	$(call fill,stint.pc.in,$(TO_LIB)/pkgconfig/wasmtime.pc,wasmtime)

# A libwasmtime that is not ours stays.
uninstall:
	rm -f '$(TO_BIN)/stint' '$(TO_MAN)/stint.1' '$(TO_LIB)/pkgconfig/stint.pc'
	for name in so a; do case "$$(readlink '$(TO_LIB)'/libwasmtime.$$name)" in \
	  libstint.*) rm -f '$(TO_LIB)'/libwasmtime.$$name '$(TO_LIB)/pkgconfig/wasmtime.pc' ;; \
	  esac; done
	rm -f '$(TO_LIB)/libstint.a' '$(TO_LIB)/libstint.so' '$(TO_LIB)'/libstint.so.$(SOVERSION)*
	rm -f '$(TO_LIB)'/cmake/Stint/*.cmake $(HEADERS:%='$(TO_INCLUDE)'/%)
	for folder in '$(TO_LIB)/cmake/Stint' '$(TO_INCLUDE)/wasmtime/types' '$(TO_INCLUDE)/wasmtime'; \
	  do [ ! -d "$$folder" ] || rmdir --ignore-fail-on-non-empty "$$folder"; done
