# The two commands that matter: `make demo` and `make test`. Each does its own set-up.

SWIFT ?= swift
# Where the compiler works; the tests and the release build share it.
SCRATCH ?= .build
# One part of the tests only: make test FILTER=PostgresTests
FILTER ?=

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
.PHONY: help build test lint demo bench dist install uninstall clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the release build of ncf-batch and ncf-bench
	@scripts/bootstrap
	$(build) --product ncf-batch
	$(build) --product ncf-bench

test: ## every test, against a PostgreSQL of its own (FILTER=NAME for some)
	@scripts/bootstrap
	scripts/with-postgres-selftest
	scripts/with-postgres env $(test) $(if $(FILTER),--filter '$(FILTER)')

lint: ## format, documentation, architecture, shell scripts
	@scripts/lint

demo: ## planted data, a night on it, and its lists; again for the next night
	@$(MAKE) --no-print-directory build
	@SCRATCH=$(SCRATCH) scripts/demo

bench: build ## timings of kernels, training, scoring and COPY
	scripts/with-postgres $(binaries)/ncf-bench

dist: $(static)/release/ncf-batch ## the executable that install installs; needs no Swift to run

$(static)/release/ncf-batch: $(sources)
	@scripts/bootstrap
	$(SWIFT) build -c release --scratch-path $(static) --product ncf-batch --static-swift-stdlib
	@touch $@

install: $(static)/release/ncf-batch ## into PREFIX (/usr/local); DESTDIR and SYSCONFDIR are honoured
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/systemd/system \
	  $(DESTDIR)$(PREFIX)/share/ncf-batch/migrations $(DESTDIR)$(SYSCONFDIR)/ncf-batch
	install -m 755 -s $(static)/release/ncf-batch $(DESTDIR)$(PREFIX)/bin/ncf-batch
	install -m 644 migrations/*.sql $(DESTDIR)$(PREFIX)/share/ncf-batch/migrations
	install -m 644 jobs/nightly.yaml jobs/roles.sql jobs/README.md jobs/ncf-batch.cron \
	  jobs/kubernetes.yaml jobs/refusal-is-success.conf \
	  $(DESTDIR)$(PREFIX)/share/ncf-batch
	for unit in jobs/*.service jobs/*.timer; do \
	  sed -e 's|/usr/local|$(PREFIX)|g' -e 's|/etc/ncf-batch|$(SYSCONFDIR)/ncf-batch|g' "$$unit" \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/"$${unit##*/}" || exit 1; \
	done
	test -e $(DESTDIR)$(SYSCONFDIR)/ncf-batch/nightly.yaml || \
	  install -m 644 jobs/nightly.yaml $(DESTDIR)$(SYSCONFDIR)/ncf-batch/nightly.yaml
	test -e $(DESTDIR)$(SYSCONFDIR)/ncf-batch/pgpass || \
	  install -m 600 /dev/null $(DESTDIR)$(SYSCONFDIR)/ncf-batch/pgpass

uninstall: ## what install put there, but not the configuration
	rm -f $(DESTDIR)$(PREFIX)/bin/ncf-batch
	rm -f $(patsubst jobs/%,$(DESTDIR)$(PREFIX)/lib/systemd/system/%,$(wildcard jobs/*.service jobs/*.timer))
	rm -rf $(DESTDIR)$(PREFIX)/share/ncf-batch

clean: ## removes the build and the demo's database
	@scripts/demo --remove
	rm -rf $(SCRATCH) $(static)
