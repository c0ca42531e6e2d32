# SPDX-License-Identifier: GPL-2.0-or-later
# grow-disk: build, try, test, install. `make help` lists the targets.
#
# The parts from Debian (kernel, e2fsprogs, util-linux, busybox, xfsprogs, btrfs-progs, f2fs-tools) are built by
# initramfs/parts into a cache outside the tree; build/parts/NAME links to them.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=

# The guest is for this machine's processor. With another GUEST_ARCH everything is cross-compiled for that one: see guest-aarch64.
GUEST_ARCH ?= $(shell uname -m)
export GUEST_ARCH
CC := gcc
OBJCOPY := objcopy
WARNINGS := -Wall -Wextra -Wmissing-declarations -Wshadow -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -DGROW_DISK_VERSION='"$(VERSION)"' $(WARNINGS) -Irescue -MMD -MP '-ffile-prefix-map=$(CURDIR)=.' $(CFLAGS)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

B := build
PART_CFLAGS := -I$(B)/parts/util-linux/include -I$(B)/parts/e2fsprogs/include
PART_LIBS := -L$(B)/parts/util-linux/lib -L$(B)/parts/e2fsprogs/lib \
	-lfdisk -lblkid -luuid -lext2fs -le2p -lcom_err

HOST_LIBS := -ljansson -lnbd -lnettle -lcrypt

BASE := $(wildcard rescue/base/*.c rescue/wire/*.c)
TABLE := $(wildcard rescue/table/*.c)
AGENT := $(shell find rescue/agent -name '*.c')
NATIVE := $(wildcard rescue/native/*.c)
HOST := $(shell find rescue/host -name '*.c') $(TABLE)
VM := $(filter rescue/host/vm/% rescue/host/confine/% rescue/host/private_socket.c rescue/host/signals.c,$(HOST))
UNIT := $(wildcard tests/unit/*.c)
HASH := \#
SHELL_SCRIPTS = $(shell find .ci bench hostscripts initramfs packaging tests -type f -exec awk 'FNR == 1 && /^$(HASH)!.*sh$$/ { print FILENAME } { nextfile }' {} +)
FUZZ := report request qmp uevent session qcow2 ticket options http gpt ebr fsheaders lvm nbd
C_FILES = $(shell find bench rescue tests -name '*.[ch]')

# Two builds of everything: plain, and with sanitizers for the tests.
objects = $(patsubst %.c,$(B)/obj/$(1)/%.o,$(2))

Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)	$(2)')

.DELETE_ON_ERROR:
.SUFFIXES:

all: core $(B)/tools.img $(B)/contents.json completions

# What the virtual machine is made of, alone, for another processor than that of this machine.
guest: $(B)/kernel $(B)/tools.img

CROSS_MAKE = $(MAKE) --no-print-directory GUEST_ARCH=aarch64 B=$(B)/aarch64 SYSROOT=$(B)/aarch64/parts/sysroot \
	CC=$(B)/aarch64/parts/sysroot/bin/aarch64-linux-gnu-gcc OBJCOPY=aarch64-linux-gnu-objcopy

guest-aarch64:
	$(Q)initramfs/install-packages build aarch64
	+$(Q)$(CROSS_MAKE) guest

# What the suite takes of it: all that ext2/3/4 need.
core-aarch64:
	+$(Q)$(CROSS_MAKE) $(B)/aarch64/kernel $(B)/aarch64/initramfs.cpio

# All that ext2/3/4 need, and other file systems where nothing needs the tools disk, which takes longer to build.
core: $(B)/grow-disk-host $(B)/rescue-native $(B)/initramfs.cpio $(B)/kernel

help:
	@echo 'make            build the programs and the rescue image (installs nothing)'
	@echo 'make demo       install what is missing, build, and grow a sample disk'
	@echo 'make check      install what is missing, build, and run every test'
	@echo 'make quick      build, and run the tests that need no machine: a minute'
	@echo 'make check-full    every test with every variant: all features, each disk with each kind of machine'
	@echo 'make guest-aarch64  the rescue image for aarch64 too, build/aarch64/ (cross-compiled)'
	@echo 'make check-aarch64  build it, and let it grow all kinds of disks: under emulation'
	@echo 'make fuzz       each fuzz target for a minute (FUZZ_SECONDS, FUZZ_RUNS, FUZZ)'
	@echo 'make check-faults  500 kills, 100 power cuts, every fault of the host (KILLS, CUTS, STEPS, SEED)'
	@echo 'make check-fleet   a fleet on a real Slurm: nodes and controller killed (FLEET_DISKS)'
	@echo 'make check-soak    200 grows of random disks (COUNT, SEED)'
	@echo 'make check-boot    Debian systems boot, are grown, are proven: an hour without KVM'
	@echo 'make bench      beside its peers: tables and a plot (BENCH_QUICK=1: a minute; others in bench/bench)'
	@echo 'make bench-fleet  what the engines of grow-fleet cost for each disk (FLEET_DISKS=1000)'
	@echo 'make install    into PREFIX (default /usr/local), below DESTDIR'
	@echo 'make uninstall  the reverse'
	@echo 'make deb        a Debian package, build/deb/grow-disk_$(VERSION)_amd64.deb'
	@echo 'make portable   a tarball that runs where it is unpacked, build/portable/'
	@echo 'make dist       a tarball of the sources, build/dist/'
	@echo 'make sources    the Debian source packages of all parts, build/sources/'
	@echo 'make check-package  install the Debian package in bare Debian systems, and use it (as root)'
	@echo 'make setup      install the Debian packages that building and testing need'
	@echo 'make lint       shellcheck, clang-format'
	@echo 'make clean      remove build/ (the cache of built parts stays)'
	@echo 'Variables: V=1 shows commands; GROW_DISK_CACHE moves the cache.'

# As many at once as there are processors, if nobody says another number.
AT_ONCE = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))

setup:
	$(Q)initramfs/install-packages run build test package aarch64

demo:
	$(Q)initramfs/install-packages run build demo
	$(Q)$(MAKE) $(AT_ONCE) --no-print-directory core
	$(Q)tests/demo

check: setup
	$(Q)$(MAKE) $(AT_ONCE) --no-print-directory all check-build lint core-aarch64
	$(Q)tests/run

check-full: export FULL = 1
check-full: check

# No rescue image is needed: the kernel is not built.
quick: setup
	$(Q)$(MAKE) $(AT_ONCE) --no-print-directory check-build
	$(Q)tests/run -q

completions: $(B)/completions/grow-disk $(B)/completions/_grow-disk

$(B)/completions/grow-disk $(B)/completions/_grow-disk: $(wildcard hostscripts/completions/*)
	$(Q)mkdir -p $(@D)
	$(Q)hostscripts/completions/generate $(if $(filter _%,$(@F)),zsh,bash) >$@

# The host program where it cannot be run. Its branches for other systems than Linux: without the word by which they tell;
# a system without calls that only Linux has would find more. For another processor: objects alone, with headers of
# libraries that are the same everywhere.
$(B)/not-linux.compiled: $(HOST) $(BASE) $(shell find rescue/host rescue/table rescue/base rescue/wire -name '*.h')
	$(call say,CC,the host program as if this were not Linux)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -U__linux__ -fsyntax-only $(filter %.c,$^) && touch $@

$(B)/host.compiled: ALL_CFLAGS += -idirafter /usr/include
$(B)/host.compiled: $(call objects,plain,$(HOST) $(BASE))
	$(Q)touch $@

# What only the tests need.
check-build: $(B)/not-linux.compiled
check-build: completions $(B)/asan/rescue $(B)/asan/grow-disk-host $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT)) $(FUZZ:%=$(B)/tests/fuzz_%) $(B)/faults/strike $(B)/faults/lossy $(B)/tests-preload.so $(B)/tests-pretend $(B)/bench/measure

fuzz:
	$(Q)initramfs/install-packages build fuzz
	$(Q)$(MAKE) --no-print-directory $(FUZZ:%=$(B)/fuzz/%)
	$(Q)tests/fuzz/run $(B)/fuzz $(FUZZ)

check-boot: setup
	$(Q)$(MAKE) --no-print-directory all
	$(Q)cd tests && prove --failures --comments --merge --timer --jobs $$(getconf _NPROCESSORS_ONLN) --exec lib/start boot/cloud boot/systems boot/i386 boot/devices

check-aarch64: export FULL = 1
check-aarch64: setup guest-aarch64
	$(Q)$(MAKE) --no-print-directory all
	+$(Q)$(CROSS_MAKE) $(B)/aarch64/rescue-native $(B)/aarch64/host.compiled
	$(Q)tests/run boot/aarch64

check-faults check-soak: setup
	$(Q)$(MAKE) --no-print-directory all check-build
	$(Q)tests/faults/long $(@:check-%=%)

check-fleet: setup
	$(Q)$(MAKE) --no-print-directory core check-build
	$(Q)FLEET_FAULTS=yes tests/run -j 1 host/fleet

# To be measured as users build it: the programs of the tree, and the disks on a disk.
bench:
	$(Q)initramfs/install-packages run build test bench
	$(Q)$(MAKE) --no-print-directory all $(B)/bench/measure
	$(Q)BUILD="$(abspath $(B))" bench/bench

bench-fleet: setup
	$(Q)bench/fleet

lint:
	$(call say,LINT,shell scripts)
	$(Q)shellcheck --check-sourced $(SHELL_SCRIPTS)
	$(call say,LINT,layout of C)
	$(Q)clang-format --dry-run --Werror $(C_FILES)

clean:
	rm -rf $(B)

# --- parts -------------------------------------------------------------

# A link is as new as its own time says: the folder that it leads to may be older than this tree.
MAKEFLAGS += --check-symlink-times

$(B)/parts/%: initramfs/sources initramfs/build/%
	$(Q)mkdir -p $(@D)
	$(Q)folder=$$(initramfs/parts $*) && ln -sfn "$$folder" $@ && touch -h $@

KERNEL_CONFIG := initramfs/kernel.config initramfs/kernel.config.$(GUEST_ARCH)

$(B)/parts/kernel: $(KERNEL_CONFIG)

$(B)/kernel: | $(B)/parts/kernel
$(B)/kernel: $(KERNEL_CONFIG) initramfs/build/kernel
	$(Q)cp $(B)/parts/kernel/kernel $@.new && mv $@.new $@

$(B)/initramfs.cpio: $(B)/rescue initramfs/manifest initramfs/pack $(wildcard initramfs/files/*) $(B)/parts/kernel $(B)/parts/e2fsprogs $(B)/parts/util-linux $(B)/parts/busybox
	$(call say,PACK,$@)
	$(Q)initramfs/pack $(B)/rescue $@ && mv $@.build-id $(B)/build-id

$(B)/tools.img: $(B)/initramfs.cpio initramfs/pack-tools $(B)/parts/xfsprogs $(B)/parts/btrfs-progs $(B)/parts/f2fs-tools $(B)/parts/lvm2 $(B)/parts/cryptsetup
	$(call say,PACK,$@)
	$(Q)initramfs/pack-tools $(B)/build-id $@

# What from Debian is inside: for --version --json, and for the list of parts (SBOM) of a package.
$(B)/contents.json: $(B)/tools.img $(B)/rescue-native initramfs/contents
	$(call say,LIST,$@)
	$(Q)initramfs/contents >$@.new && mv $@.new $@

# --- programs ----------------------------------------------------------

$(B)/obj/plain/rescue/agent/%.o $(B)/obj/asan/rescue/agent/%.o: ALL_CFLAGS += $(PART_CFLAGS)
$(call objects,plain,$(AGENT)) $(call objects,asan,$(AGENT)): | $(B)/parts/util-linux $(B)/parts/e2fsprogs
# The compiler for another processor, and its libraries.
$(call objects,plain,$(AGENT) $(NATIVE) $(HOST) $(BASE)): | $(SYSROOT)

$(B)/obj/plain/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/obj/asan/%.o: %.c
	$(call say,CC+ASAN,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -c -o $@ $<

# The agent is PID 1 of a system without libraries: static, and stripped.
$(B)/rescue: $(call objects,plain,$(AGENT) $(TABLE) $(BASE))
	$(call say,LINK,$@)
	$(Q)$(CC) -static -s -o $@ $^ $(PART_LIBS) -ljansson

# The agent again, and the tools, as one sealed process: each is an object whose calls for files
# go to rescue/native/shim.c, and of which only one function is seen.
SEALED := $(B)/obj/sealed
SEALED_BASE := $(call objects,plain,$(filter-out rescue/base/spawn_exec.c,$(BASE)))

$(SEALED)/names $(SEALED)/names.tools: rescue/native/symbols rescue/native/symbols.tools
	$(Q)mkdir -p $(@D)
	$(Q)awk '{ print $$1, "sealed_" $$1 }' $(if $(filter %.tools,$@),$^,$<) >$@

$(SEALED)/calls: rescue/native/symbols rescue/native/symbols.tools
	$(Q)mkdir -p $(@D)
	$(Q)awk '{ print "--defsym=sealed_" $$1 "=" $$2 }' $^ >$@

$(SEALED)/agent.o: $(call objects,plain,$(filter-out rescue/agent/main.c,$(AGENT)) $(TABLE)) $(SEALED_BASE) $(SEALED)/names
	$(call say,LINK,$@)
	$(Q)$(CC) -r -nostdlib -o $@.whole $(filter %.o,$^) $(PART_LIBS)
	$(Q)$(OBJCOPY) --redefine-syms=$(SEALED)/names --keep-global-symbol=job_run $@.whole $@

$(SEALED)/e2fsck.o $(SEALED)/resize2fs.o: $(B)/parts/e2fsprogs
$(SEALED)/f2fs.o: $(B)/parts/f2fs-tools
$(SEALED)/btrfs.o: $(B)/parts/btrfs-progs
$(SEALED)/xfs_repair.o: $(B)/parts/xfsprogs
$(SEALED)/%.o: $(SEALED)/names.tools
	$(Q)$(OBJCOPY) --redefine-syms=$< --redefine-sym main=$*_main --keep-global-symbol=$*_main $(filter $(B)/parts/%,$^)/objects/$*.o $@

$(B)/rescue-native: $(call objects,plain,$(NATIVE) rescue/host/confine/landlock.c) $(SEALED_BASE) $(addprefix $(SEALED)/,agent.o e2fsck.o resize2fs.o f2fs.o btrfs.o xfs_repair.o) $(SEALED)/calls
	$(call say,LINK,$@)
	$(Q)$(CC) -static-pie -s -o $@ $(filter %.o,$^) -Wl,@$(SEALED)/calls -ljansson

$(B)/grow-disk-host: $(call objects,plain,$(HOST) $(BASE))
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $^ $(HOST_LIBS)

# The same without libraries of the host, for `make portable`.
$(B)/obj/portable/grow-disk-host: $(call objects,plain,$(HOST) $(BASE)) $(B)/parts/libnbd
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -static-pie -o $@ $(filter %.o,$^) -L$(B)/parts/libnbd/lib $(HOST_LIBS)

$(B)/asan/rescue: $(call objects,asan,$(AGENT) $(TABLE) $(BASE))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(PART_LIBS) -ljansson

$(B)/asan/grow-disk-host: $(call objects,asan,$(HOST) $(BASE))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(HOST_LIBS)

# A unit test links the sanitized rooms, all but the two programs' main files.
# Nor the worker, which is linked with the tools.
UNIT_OBJECTS := $(call objects,asan,$(filter-out rescue/%/main.c rescue/native/worker.c,$(AGENT) $(HOST) $(NATIVE) $(BASE)))

$(B)/obj/asan/tests/unit/%.o: ALL_CFLAGS += $(PART_CFLAGS) -DTESTS_FOLDER='"$(CURDIR)/tests"'
$(B)/tests/%: $(B)/obj/asan/tests/unit/%.o $(B)/obj/rooms.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(PART_LIBS) $(HOST_LIBS) -lcmocka

# A sealed process has no room for a sanitizer: that one is plain.
$(B)/tests/native_seal: $(call objects,plain,tests/unit/native_seal.c rescue/native/seal.c rescue/native/seal_calls.c rescue/host/confine/landlock.c $(BASE))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lcmocka -ljansson

$(B)/obj/rooms.a: $(UNIT_OBJECTS)
	$(Q)rm -f $@ && ar qcs $@ $^

# A fuzz target twice: by gcc with a main that replays kept inputs, a test; and
# by clang with its engine, only for `make fuzz`.
FUZZ_WRAP := -Wl,--wrap=read,--wrap=pread,--wrap=poll,--wrap=recvmsg,--wrap=sendmsg
FUZZ_CC := clang-14
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_COVER := -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
FUZZ_PARTS := tests/fuzz/fuzz.c tests/fuzz/lines.c tests/fuzz/arena.c $(BASE) $(VM) rescue/agent/devices/uevent.c \
	$(wildcard rescue/host/confine/*.c) rescue/host/image/image.c rescue/host/image/qcow2.c rescue/host/log/ticket_text.c rescue/host/rtc.c \
	$(TABLE) $(wildcard rescue/host/log/write_set*.c) $(wildcard rescue/native/nbd*.c) \
	rescue/host/arguments.c rescue/host/guest_arch.c rescue/host/size.c rescue/host/boot/firmware.c rescue/host/boot/http_request.c rescue/host/boot/phone_home.c rescue/host/grow/options.c rescue/host/grow/options_values.c rescue/host/grow/options_help.c \
	$(addprefix rescue/agent/filesystem/,superblock.c xfs_facts.c xfs_log.c btrfs_facts.c f2fs_facts.c squashfs_overlay.c swap_header.c) \
	$(addprefix rescue/agent/layers/,luks_header.c lvm_group.c lvm_volume.c)

$(B)/obj/asan/tests/fuzz/replay.o: ALL_CFLAGS += -DFUZZ_FOLDER='"$(CURDIR)/tests/fuzz"'
$(B)/tests/fuzz_%: $(B)/obj/asan/tests/fuzz/%.o $(call objects,asan,tests/fuzz/replay.c $(FUZZ_PARTS))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $(FUZZ_WRAP) -o $@ $^ -ljansson

# The engine is to follow the production code, not the judges.
$(B)/obj/fuzz/rescue/%.o: FUZZ_SANITIZE += $(FUZZ_COVER)
$(B)/obj/fuzz/%.o: %.c
	$(call say,CC+FUZZ,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(ALL_CFLAGS) $(FUZZ_SANITIZE) -c -o $@ $<

$(B)/fuzz/session: $(call objects,fuzz,tests/fuzz/mutate.c)
$(B)/fuzz/%: $(B)/obj/fuzz/tests/fuzz/%.o $(call objects,fuzz,$(FUZZ_PARTS))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(FUZZ_WRAP) -o $@ $^ -ljansson

# What tests/faults works with: one kills, one is a file system that fails.
$(B)/faults/strike: $(call objects,plain,tests/faults/strike.c tests/faults/family.c)
$(B)/faults/lossy: $(call objects,plain,$(wildcard tests/faults/lossy*.c) tests/faults/trace.c)
$(B)/faults/%:
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(FAULTS_LIBS)
$(B)/faults/lossy: FAULTS_LIBS := -lfuse3

# With it tests make system calls of the host program fail.
$(B)/tests-preload.so: tests/lib/preload.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -shared -fPIC -o $@ $< -ldl

# With it a system call of them does nothing.
$(B)/tests-pretend: $(call objects,plain,tests/lib/pretend.c)
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $^

$(B)/bench/measure: $(call objects,plain,bench/measure.c bench/sample.c tests/faults/family.c)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^

.SECONDARY:

# --- install -----------------------------------------------------------

COMMANDS := grow-disk grow-fleet rescue-disk try-disk trace-boot trace-diff
LIBEXEC = $(DESTDIR)$(PREFIX)/libexec/grow-disk
MAN = $(DESTDIR)$(PREFIX)/share/man
DOC = $(DESTDIR)$(PREFIX)/share/doc/grow-disk
BASH_COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions

install: all
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(LIBEXEC)/trace" "$(LIBEXEC)/fleet" "$(MAN)/man1" "$(DOC)/docs/decisions" "$(DOC)/contrib/kubernetes" \
		"$(DESTDIR)$(BASH_COMPLETIONS)" "$(DESTDIR)$(ZSH_COMPLETIONS)"
	install -m 755 $(COMMANDS:%=hostscripts/%) "$(DESTDIR)$(PREFIX)/bin/"
	install -m 755 $(B)/grow-disk-host $(B)/rescue-native "$(LIBEXEC)/"
	install -m 644 $(B)/kernel $(B)/initramfs.cpio $(B)/build-id $(B)/tools.img $(B)/contents.json "$(LIBEXEC)/"
	install -m 644 hostscripts/lib/*.sh "$(LIBEXEC)/"
	install -m 644 hostscripts/lib/trace/* "$(LIBEXEC)/trace/"
	install -m 644 hostscripts/lib/fleet/* "$(LIBEXEC)/fleet/"
	install -m 644 docs/man/*.1 "$(MAN)/man1/"
	install -m 644 README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md NOTICE LICENSE "$(DOC)/"
	install -m 644 docs/*.md docs/*.svg "$(DOC)/docs/"
	install -m 644 docs/decisions/*.md "$(DOC)/docs/decisions/"
	install -m 644 contrib/kubernetes/* "$(DOC)/contrib/kubernetes/"
	install -m 644 $(B)/completions/grow-disk "$(DESTDIR)$(BASH_COMPLETIONS)/"
	for command in $(filter-out grow-disk,$(COMMANDS)); do ln -sf grow-disk "$(DESTDIR)$(BASH_COMPLETIONS)/$$command"; done
	install -m 644 $(B)/completions/_grow-disk "$(DESTDIR)$(ZSH_COMPLETIONS)/"

# --- packages ----------------------------------------------------------

# What is inside, as SPDX.
sbom: $(B)/grow-disk.spdx.json
$(B)/grow-disk.spdx.json: $(B)/contents.json $(B)/grow-disk-host packaging/sbom packaging/sbom.jq NOTICE debian/changelog Makefile
	$(call say,LIST,$@)
	$(Q)packaging/sbom $(VERSION) $(B) >$@.new && mv $@.new $@

deb:
	$(Q)initramfs/install-packages run build package
	$(Q)$(MAKE) --no-print-directory all
	$(Q)packaging/deb $(B)/deb

portable:
	$(Q)initramfs/install-packages run build package
	$(Q)$(MAKE) --no-print-directory all $(B)/obj/portable/grow-disk-host
	$(Q)packaging/portable $(VERSION) $(B) $(B)/obj/portable/grow-disk-host $(B)/portable

# The Debian source packages of what is built: for those who pass it on.
sources: $(B)/contents.json $(B)/parts/libnbd
	$(Q)initramfs/contents agent native kernel initramfs tools portable >$(B)/sources.json
	$(Q)packaging/sources $(B)/sources.json $(B)/sources

dist:
	$(Q)packaging/dist $(VERSION) $(B)/dist

check-package: deb portable
	$(Q)tests/package/run

uninstall:
	for command in $(COMMANDS); do \
		rm -f "$(DESTDIR)$(PREFIX)/bin/$$command" "$(MAN)/man1/$$command.1" "$(DESTDIR)$(BASH_COMPLETIONS)/$$command"; \
	done
	rm -f "$(DESTDIR)$(ZSH_COMPLETIONS)/_grow-disk"
	rm -rf "$(LIBEXEC)" "$(DOC)"

.PHONY: all core guest guest-aarch64 core-aarch64 check-aarch64 completions deb sbom portable sources dist check-package help setup demo check check-full quick check-build check-boot check-faults check-fleet check-soak fuzz bench bench-fleet lint clean install uninstall

-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
