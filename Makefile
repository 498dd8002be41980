# The two commands that matter: `make demo` and `make test`. Each does its own set-up.

SWIFT ?= swift
# Where the compiler works; the tests and the release build share it.
SCRATCH ?= .build
# One part of the tests only: make test FILTER=PostgresTests
FILTER ?=
# The whole of the tests of faults, which takes an hour or so: make faults FULL=1
FULL ?=
# The short form of the test on imitated processors: make processors SHORT=1
SHORT ?=
# Where the random choices of those tests begin: make faults SEED=7
SEED ?=
# How many damaged inputs `make fuzz` tries; with SEED they can be had again.
INPUTS ?= 1000000

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=

# Tests and the release build are compiled alike, testability included, so that neither makes the
# other compile everything again.
flags = -c release --scratch-path $(SCRATCH) -Xswiftc -enable-testing
build = $(SWIFT) build $(flags)
test = NCF_TEST_TARGET='$(firstword $(subst ., ,$(FILTER)))' $(SWIFT) test $(flags) --disable-testable-imports --disable-xctest
binaries = $(SCRATCH)/release

# What is installed has the Swift runtime in it, so that it runs where there is no toolchain.
static = $(SCRATCH)-static
sources = $(shell find Sources migrations Package.swift -name '*.swift' -o -name '*.sql' -o -name '*.h')

.DEFAULT_GOAL := help
.PHONY: help build test processors faults fuzz sanitize sanitize-address sanitize-thread lint demo bench dist install uninstall test-install test-documentation test-demo clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the release build of ncf-batch and ncf-bench
	@scripts/bootstrap
	$(build) --product ncf-batch
	$(build) --product ncf-bench

# What the tests of faults need beside what everything needs.
faulty = pgbouncer openssl faketime

test: ## every test, against a PostgreSQL of its own, with each target's time (FILTER=NAME for some)
	@scripts/bootstrap --also $(faulty)
	scripts/with-postgres-selftest
	scripts/with-postgres scripts/test-times env $(test) $(if $(FILTER),--filter '$(FILTER)')

faults: FILTER = FaultTests
faults: ## what nights survive, as a table (FULL=1 for all; SEED=N for other random choices)
	@scripts/bootstrap --also $(faulty)
	NCF_FAULTS_FULL=$(FULL) NCF_FAULTS_SEED=$(SEED) $(test) --filter FaultTests

# Memory is bounded so that an input that asks for too much ends the run; kilobytes.
fuzz: FILTER = FuzzTests
fuzz: ## a million damaged models, streams, configurations and files (INPUTS=N, SEED=N)
	@scripts/bootstrap
	NCF_TEST_TARGET=$(FILTER) $(build) --build-tests
	ulimit -v 8388608 && NCF_FUZZ_INPUTS=$(INPUTS) NCF_FUZZ_SEED=$(SEED) \
	  $(test) --skip-build --no-parallel --filter $(FILTER)

# Sanitizers look for what the compiler can't see: memory that is not ours, and races. Each has a build of
# its own. What can't run under one, and why, is in CONTRIBUTING.md.
unsanitary = FaultTests.MemoryTests FaultTests.FailingCallTests FaultTests.ClockTests CheckupTests/clock
# A Swift program that calls exit leaves what its functions held; that is no leak.
sanitizers = ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=suppressions=$(CURDIR)/scripts/thread-sanitizer.suppressions
sanitize: sanitize-address sanitize-thread ## the tests under AddressSanitizer, then ThreadSanitizer (FILTER=NAME)

sanitize-address: sanitizer = address
sanitize-thread: sanitizer = thread
sanitize-address sanitize-thread:
	@scripts/bootstrap --also $(faulty)
	scripts/with-postgres env $(sanitizers) NCF_TEST_TARGET='$(firstword $(subst ., ,$(FILTER)))' \
	  $(SWIFT) test -c release --scratch-path $(SCRATCH)-$(sanitizer) -Xswiftc -enable-testing --sanitize=$(sanitizer) \
	  --disable-testable-imports --disable-xctest $(addprefix --skip ,$(unsanitary)) \
	  $(if $(FILTER),--filter '$(FILTER)')

# What imitates other processors.
imitations = qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
processors: build ## the same results on imitated processors, arm64's kernels among them (SHORT=1 for some)
	@scripts/bootstrap --also $(imitations)
	scripts/with-postgres scripts/test-processors $(if $(SHORT),--short) $(binaries)

lint: ## format, documentation, architecture, shell scripts, files of jobs/
	@scripts/lint

demo: ## planted data, a night on it, and its lists; again for the next night
	@$(MAKE) --no-print-directory build
	@SCRATCH=$(SCRATCH) scripts/demo

bench: build ## timings of kernels, training, scoring and COPY
	scripts/with-postgres $(binaries)/ncf-bench

# The executable that is installed, and its manual pages and completions.
EXECUTABLE ?= $(static)/release/ncf-batch
manual = $(SCRATCH)-manual

dist: $(EXECUTABLE) $(manual)/ncf-batch.1 ## what install installs; needs no Swift to run

$(static)/release/ncf-batch: $(sources)
	@scripts/bootstrap
	$(SWIFT) build -c release --scratch-path $(static) --product ncf-batch --static-swift-stdlib
	@touch $@

$(manual)/ncf-batch.1: $(EXECUTABLE) scripts/manual
	rm -rf $(manual)
	scripts/manual $(abspath $(EXECUTABLE)) $(manual)

# Where Debian's policy and the shells look. Below /usr zsh reads what vendors bring, below /usr/local
# what a site brings.
into = $(DESTDIR)$(PREFIX)
share = $(into)/share
man = $(share)/man/man1
doc = $(share)/doc/ncf-batch
bash = $(share)/bash-completion/completions
fish = $(share)/fish/vendor_completions.d
zsh = $(share)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
units = $(into)/lib/systemd/system
etc = $(DESTDIR)$(SYSCONFDIR)/ncf-batch

install: $(EXECUTABLE) $(manual)/ncf-batch.1 ## into PREFIX (/usr/local); DESTDIR and SYSCONFDIR are honoured
	install -d $(into)/bin $(units) $(share)/ncf-batch/migrations $(man) $(doc)/examples \
	  $(bash) $(fish) $(zsh) $(etc)
	install -m 755 -s $(EXECUTABLE) $(into)/bin/ncf-batch
	install -m 644 migrations/*.sql $(share)/ncf-batch/migrations
	install -m 644 jobs/roles.sql jobs/report.schema.json $(share)/ncf-batch
	cp -R --no-preserve=mode,ownership jobs/grafana $(share)/ncf-batch
	install -m 644 $(manual)/*.1 $(man)
	install -m 644 $(manual)/ncf-batch.bash $(bash)/ncf-batch
	install -m 644 $(manual)/ncf-batch.fish $(fish)/ncf-batch.fish
	install -m 644 $(manual)/_ncf-batch $(zsh)/_ncf-batch
	install -m 644 README.md CHANGELOG.md $(doc)
	install -m 644 jobs/README.md $(doc)/jobs.md
	install -m 644 jobs/nightly.yaml jobs/ncf-batch.cron jobs/kubernetes.yaml \
	  jobs/refusal-is-success.conf $(doc)/examples
	cd jobs && find dbt -name target -prune -o -name logs -prune -o \
	  -type f \( -name '*.yml' -o -name '*.sql' \) -exec install -D -m 644 {} $(abspath $(doc))/examples/{} \;
	for unit in jobs/*.service jobs/*.timer; do \
	  sed -e 's|/usr/local|$(PREFIX)|g' -e 's|/etc/ncf-batch|$(SYSCONFDIR)/ncf-batch|g' "$$unit" \
	    >$(units)/"$${unit##*/}" && chmod 644 $(units)/"$${unit##*/}" || exit 1; \
	done
	test -e $(etc)/nightly.yaml || install -m 644 jobs/nightly.yaml $(etc)/nightly.yaml
	test -e $(etc)/pgpass || install -m 600 /dev/null $(etc)/pgpass

uninstall: ## what install put there, but not the configuration
	rm -f $(into)/bin/ncf-batch $(man)/ncf-batch.1 $(man)/ncf-batch-*.1 $(bash)/ncf-batch \
	  $(fish)/ncf-batch.fish $(zsh)/_ncf-batch
	rm -f $(patsubst jobs/%,$(units)/%,$(wildcard jobs/*.service jobs/*.timer))
	rm -rf $(share)/ncf-batch $(doc)

test-install: build ## installs into a scratch root and runs a night from there as another user
	scripts/with-postgres scripts/test-install $(abspath $(binaries)/ncf-batch)

test-documentation: build ## runs the commands that the documents name
	scripts/with-postgres scripts/test-documentation $(binaries)

test-demo: build ## runs the demo twice, with its database elsewhere
	SCRATCH=$(SCRATCH) scripts/test-demo

clean: ## removes the build and the demo's database
	@scripts/demo --remove
	rm -rf $(SCRATCH) $(static) $(manual)
