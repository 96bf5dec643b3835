# Short names for the everyday commands. `make demo` and `make test` install what they need.
PRESET ?= dev
JOBS ?= $(shell nproc)

.PHONY: build demo test bench fmt tidy clean help
build: ## Build into build/, programs into build/bin/
	@packaging/install-deps.sh build
	@cmake --preset $(PRESET) --log-level=WARNING
	@cmake --build --preset $(PRESET) -j $(JOBS)

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'
