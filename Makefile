# SPDX-License-Identifier: Apache-2.0
# For people: Meson does the work. Everything goes to build/, the gate's own builds to build-ci/.
BUILD ?= build
PREFIX ?= /usr/local
MESON_OPTIONS ?=
ASAN_BUILD = build-asan
SUITES = --suite unit --suite replay --suite golden --suite corpus

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix=$(PREFIX) $(MESON_OPTIONS)

# Installs what is missing (Debian 12), builds, starts the lab, scans it.
demo:
	tools/install-packages build
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	ninja -C $(BUILD) plumb plumb-lab
	tools/demo $(BUILD)

# Unit, replay, golden and corpus tests, and the gates: under two minutes.
quick: $(BUILD)/build.ninja
	meson configure $(BUILD) -Dtests=enabled
	ninja -C $(BUILD)
	meson test -C $(BUILD) --no-rebuild --print-errorlogs $(SUITES)
	tools/gates $(BUILD)

# The same tests under clang's AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer.
asan:
	test -f $(ASAN_BUILD)/build.ninja || CC=clang-14 meson setup $(ASAN_BUILD) -Db_sanitize=address,undefined \
		-Db_lundef=false -Dtests=enabled
	ninja -C $(ASAN_BUILD)
	meson test -C $(ASAN_BUILD) --no-rebuild --print-errorlogs $(SUITES)

# Every fuzz target for FUZZ_SECONDS each; new inputs go to build-fuzz, a crash belongs into tests/fuzz/corpus.
FUZZ_SECONDS ?= 60
fuzz:
	test -f build-fuzz/build.ninja || CC=clang-14 meson setup build-fuzz -Dfuzz=true -Db_lundef=false -Dtests=enabled
	ninja -C build-fuzz
	cd build-fuzz && for target in tests/fuzz/fuzz-*; do test -f $$target || continue; \
		name=$${target##*/fuzz-}; mkdir -p found/$$name; \
		$$target -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=1024 found/$$name \
		../tests/fuzz/corpus/$$name || exit 1; done

test:
	bash .ci/run

range: all
	tools/install-packages range mini
	range/tests/run
	range/run chi --plumb $(BUILD)/plumb
	range/mini/run --plumb $(BUILD)/plumb
	range/run axum --seed 0 --all-on --plumb $(BUILD)/plumb
	range/run axum --seed 0 --all-off --plumb $(BUILD)/plumb
	tools/install-packages controls
	range/controls/run --plumb $(BUILD)/plumb

# Complete matrices, which the gate samples.
full: test
	range/run chi --full --plumb $(BUILD)/plumb

bench: all
	tools/install-packages bench range
	meson configure $(BUILD) -Dtests=enabled
	tests/bench/run $(BUILD) --range --table

# Manual page and completions are made by running the program, so only here.
install: all
	meson configure $(BUILD) -Dman=true
	ninja -C $(BUILD)
	meson install -C $(BUILD) --no-rebuild

deb:
	tools/build-deb

clean:
	rm -rf $(BUILD) $(ASAN_BUILD) build-fuzz build-ci build-deb plumb-report.json plumb-report.sarif

.PHONY: all demo quick asan fuzz test range full bench install deb clean
