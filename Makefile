# The commands of this project. `make` lists them.

# nextest runs the tests if it is installed: it is faster, and runs each test in its own process.
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)

.DEFAULT_GOAL := help
.PHONY: help run demo test test-here test-long torture torture-bugs services bench lint fmt doc dist

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build the server and run it on http://127.0.0.1:8000, with its data in ./data
	cargo run --locked --release --bin oms -- serve

demo: ## Fill ./data, if it is empty, with a demo shop
	cargo run --locked --release --bin oms -- demo

test: ## Run all tests, including those of the binary, with a PostgreSQL and a Redis started for them
	cargo build --locked --workspace --all-targets
	tests/with-services $(MAKE) --no-print-directory test-here

# Some tests mostly wait, so 1.5 tests per core run at once.
THREADS = $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))

# Uses the servers that the environment names. First all tests, with the binary on SQLite; then the black-box tests
# whose result could depend on the database, with the binary on PostgreSQL and Redis; then the examples in the
# documentation. Each command names the whole workspace, so that nothing is built again. All three run, even if one
# fails.
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

# What needs generators, Java and the like comes last: see tests/clients. CHECKS=all requires them.
test-long: ## Run all tests with long rounds of load and outages, the bench's own tests, clients and fuzzing
	cargo clippy --locked $(BENCH) --all-targets -- -D warnings
	cargo test --locked $(BENCH)
	OMS_TEST_LONG=1 $(MAKE) --no-print-directory test
	status=0; \
	tests/clients/run || status=$$?; \
	tests/with-services tests/clients/fuzz || status=$$?; \
	exit $$status

# A test of the black-box tests with many rounds. `make test` runs it with few. Not with nextest, which prints nothing
# before the end.
ROUNDS = 150
torture: ## Change a shop under injected faults, and check what was acknowledged; ROUNDS=150 SEED=… STORE=sqlite|postgres
	cargo build --locked --workspace --all-targets
	OMS_TORTURE_ROUNDS=$(ROUNDS) OMS_TORTURE_SEED=$(or $(SEED),$(shell date +%s)) OMS_TORTURE_STORE=$(STORE) \
		tests/with-services cargo test --locked --workspace --test blackbox -- --nocapture torture::

torture-bugs: ## Build the server with each bug of tests/torture/bugs, and expect that `make torture` finds it
	cargo build --locked --workspace --all-targets
	tests/with-services tests/torture/find-bugs $(BUGS)

services: ## Run a PostgreSQL and a Redis for tests until Ctrl-C, and print their addresses
	tests/with-services

# Cargo's output. Server and bench are built separately below, so that the measured server is that of a release.
TARGET := $(or $(CARGO_TARGET_DIR),target)
BUILT := $(TARGET)/dist
# The bench is a separate workspace, so that `make lint` and `make test` do not build it.
BENCH := --manifest-path tests/bench/Cargo.toml --target-dir $(TARGET)

bench: ## Measure the server against baselines: all scenarios, or SCENARIO=… (`list` lists them); ARGS=… for the bench
	cargo build --locked --profile dist --bin oms
	cargo build --locked --profile dist $(BENCH)
	$(if $(filter list,$(SCENARIO)),,tests/bench/with-programs) $(BUILT)/bench $(ARGS) $(SCENARIO)

# The lints of the code, and of its documentation; `.ci/run` replaces them.
CLIPPY = cargo clippy --locked --workspace --all-targets -- -D warnings
RUSTDOC = RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet

# The checks of the API document need the program. It is built as for `make test`, which then builds nothing again.
lint: ## Check format, lints, docs, manifests, the API document, licences, and dependencies of crates and files
	cargo fmt --all --check
	cargo fmt --manifest-path tests/bench/Cargo.toml --check
	rustfmt --edition 2024 --check tests/clients/generator-rust/src/main.rs
	$(CLIPPY)
	$(RUSTDOC)
	.ci/crate-graph
	.ci/cycles
	.ci/dependencies
	.ci/security-tests
	.ci/image
	.ci/manifests
	cargo build --locked --workspace --all-targets
	.ci/api-document

fmt: ## Format all code
	cargo fmt --all
	cargo fmt --manifest-path tests/bench/Cargo.toml
	rustfmt --edition 2024 tests/clients/generator-rust/src/main.rs

doc: ## Build the documentation and open it at the crate `domain`
	cargo doc --locked --workspace --no-deps
	cargo doc --locked --package domain --no-deps --open

dist: ## Build the release archive for this platform in dist/, and test it
	.ci/dist
