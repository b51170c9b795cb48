# The front door. `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.
# Meson does the building, in build/<kind>/; the release binary is build/tropic.
MESON_RELEASE = --buildtype=release -Dtests=false
MESON_ASAN    = --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false \
                -Ditem_collection_bytes=16777216 # reached by tests/e2e/indexes
MESON_TSAN    = --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false -Dtests=true
MESON_SIM     = --buildtype=release -Dtests=true
MESON_FUZZ    = --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dtests=false -Dfuzz=true -Dc_args=-fsanitize=fuzzer-no-link
PREFIX       ?= /usr/local
DESTDIR      ?=
CONSOLE      ?= yes

.PHONY: help build console console-pictures demo demo-stop test test-long bench bench-large lint sim fuzz install clean asan tsan fuzz-build sim-build deps-build

help:
	@sed -n 's/^## //p' Makefile

## make build      the release binary, build/tropic; CONSOLE=no: npm is not asked, the web console stays as it is
build: deps-build console
	@test -f build/release/build.ninja || meson setup build/release $(MESON_RELEASE) >build-setup.log 2>&1 || { cat build-setup.log; exit 1; }
	@rm -f build-setup.log
	@ninja -C build/release --quiet
	@cp -f build/release/src/server/tropic build/tropic.new && mv -f build/tropic.new build/tropic

deps-build:
	@scripts/install-deps build

console: deps-build
	@test $(CONSOLE) = no || scripts/build-console

## make demo       three Regions on http://127.0.0.1:8000 with a global table and data; then make demo-stop
demo:
	@scripts/install-deps build demo
	@$(MAKE) --no-print-directory build
	@scripts/demo start

demo-stop:
	@scripts/demo stop

## make test       everything, in about a quarter of an hour on two cores
test:
	@scripts/install-deps build test
	@scripts/test

## make console-pictures   docs/images anew, from the pages of a deployment with traffic
console-pictures: build
	@scripts/install-deps build test
	@mkdir -p docs/images
	@TROPIC_PICTURES=$(CURDIR)/docs/images tests/browser/run pages-light.test.mjs pages-dark.test.mjs

## make test-long  the same with the large counts (20,000 seeds, 200 kill rounds, ...)
test-long:
	@scripts/install-deps build test
	@scripts/test --long

asan tsan sim-build fuzz-build: deps-build
asan tsan: console
asan:
	@test -f build/asan/build.ninja || meson setup build/asan $(MESON_ASAN) >/dev/null
	@grep -q ITEM_COLLECTION_BYTES build/asan/build.ninja || meson setup --reconfigure build/asan $(MESON_ASAN) >/dev/null
	@ninja -C build/asan --quiet
tsan:
	@test -f build/tsan/build.ninja || meson setup build/tsan $(MESON_TSAN) >/dev/null
	@ninja -C build/tsan --quiet
sim-build:
	@test -f build/sim/build.ninja || meson setup build/sim $(MESON_SIM) >/dev/null
	@ninja -C build/sim --quiet tests/sim/sim
fuzz-build:
	@test -f build/fuzz/build.ninja || CC=clang CXX=clang++ meson setup build/fuzz $(MESON_FUZZ) >/dev/null
	@ninja -C build/fuzz --quiet

## make sim        the simulator: SEEDS=500 START=1
sim: sim-build
	@build/sim/tests/sim/sim --seeds $(or $(SEEDS),500) --start $(or $(START),1) --also tests/sim/broken-seeds --jobs 2

## make fuzz       every fuzz target for SECONDS=20
fuzz:
	@scripts/install-deps build test
	@$(MAKE) --no-print-directory fuzz-build
	@scripts/run-fuzz build/fuzz $(or $(SECONDS),20)

## make bench      side by side with nginx, redis, PostgreSQL, DynamoDB Local; replication lag and cost
bench: build
	@scripts/install-deps build bench
	@bench/run

## make bench-large  every kind of request on a table of 5,000,000 items beside a small one
bench-large: build
	@scripts/install-deps build bench
	@bench/run --large --only growth

## make lint       layers, symbols of the pure cores, clang-format, cppcheck
lint:
	@scripts/install-deps lint
	@scripts/lint

## make install    binary, man page, systemd unit under PREFIX=/usr/local (DESTDIR is respected)
install: build
	install -D -m 0755 build/tropic $(DESTDIR)$(PREFIX)/bin/tropic
	install -D -m 0644 docs/tropic.1 $(DESTDIR)$(PREFIX)/share/man/man1/tropic.1
	install -D -m 0644 docs/tropic.service $(DESTDIR)$(PREFIX)/lib/systemd/system/tropic.service
	install -D -m 0644 examples/tropic.yaml $(DESTDIR)$(PREFIX)/share/doc/tropic/tropic.yaml

clean:
	rm -rf build
