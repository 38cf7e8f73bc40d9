# The commands of this project. `make` alone lists them.

# Where nextest is there it runs the tests: faster, and a process each.
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)

.DEFAULT_GOAL := help
.PHONY: help run demo test test-here test-long services bench lint fmt doc dist

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build the server and run it on http://127.0.0.1:8000, with its data in ./data
	cargo run --locked --release --bin oms -- serve

demo: ## Fill ./data, if it is empty, with a believable shop to look at
	cargo run --locked --release --bin oms -- demo

test: ## Run all tests, with PostgreSQL and Redis of their own, against the real binary as well
	cargo build --locked --workspace --all-targets
	tests/with-services $(MAKE) --no-print-directory test-here

# Some tests wait more than they compute: half as many again as there are processors run at once.
THREADS = $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))

# With the servers that the environment names: everything once, with the real binary on SQLite; then what could come
# out differently with the real binary on PostgreSQL and Redis; then the examples in the documentation. The whole
# workspace each time, so that nothing is built a second time. A failure of one hides none of the others.
ifeq ($(NEXTEST),yes)
EVERYTHING = cargo nextest run --locked --workspace --all-targets --test-threads $(THREADS)
STORED = $(EVERYTHING) --profile postgres
else
EVERYTHING = cargo test --locked --workspace --all-targets --no-fail-fast
STORED = cargo test --locked --workspace --test blackbox -- stored::
endif
test-here:
	@status=0; \
	OMS_TEST_BACKEND=sqlite $(EVERYTHING) || status=$$?; \
	OMS_TEST_BACKEND=postgres $(STORED) || status=$$?; \
	cargo test --locked --workspace --doc || status=$$?; \
	exit $$status

test-long: ## Run all tests with their long rounds of load and outages, and those of the bench
	cargo clippy --locked $(BENCH) --all-targets -- -D warnings
	cargo test --locked $(BENCH)
	OMS_TEST_LONG=1 $(MAKE) --no-print-directory test

services: ## Run a PostgreSQL and a Redis until Ctrl-C, for working on the tests, and say where they are
	tests/with-services

# Where cargo puts what it builds. Each is built by itself below, so that what is measured is the very server of a release.
TARGET := $(or $(CARGO_TARGET_DIR),target)
BUILT := $(TARGET)/dist
# The bench is a workspace of its own, which lints and tests need not build.
BENCH := --manifest-path tests/bench/Cargo.toml --target-dir $(TARGET)

bench: ## Measure the server against yardsticks: all, or SCENARIO=… (list names them); ARGS=… goes on to the program
	cargo build --locked --profile dist --bin oms
	cargo build --locked --profile dist $(BENCH)
	$(if $(filter list,$(SCENARIO)),,tests/bench/with-programs) $(BUILT)/bench $(ARGS) $(SCENARIO)

lint: ## Check format, lints, docs, manifests, and which crate and file may know which
	cargo fmt --all --check
	cargo fmt --manifest-path tests/bench/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet
	.ci/arrows
	.ci/circles
	.ci/image
	.ci/manifests

fmt: ## Format all code
	cargo fmt --all
	cargo fmt --manifest-path tests/bench/Cargo.toml

doc: ## Build the documentation and open it at its map
	cargo doc --locked --workspace --no-deps
	cargo doc --locked --package domain --no-deps --open

dist: ## Make what is released in dist/, for this kind of machine, and try it out
	.ci/dist
