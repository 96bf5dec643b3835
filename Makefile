# Short names for the everyday commands. `make demo` and `make test` install what they need.
PRESET ?= dev
JOBS ?= $(shell nproc)
CTEST = ctest --test-dir build --output-on-failure

.PHONY: everything demo-programs guest-image build demo test test-matrix quick e2e bench fmt tidy clean help
build: ## Build into build/, programs into build/bin/
	@packaging/install-deps.sh build
	@cmake --preset $(PRESET) --log-level=WARNING -DDYNASCALE_DASHBOARD=ON
	@cmake --build --preset $(PRESET) -j $(JOBS)

demo: ## Watch a real VM grow under load and shrink again, its applications following
	@packaging/install-deps.sh demo
	@cmake --preset dev --log-level=WARNING -DDYNASCALE_TESTS=OFF -DDYNASCALE_BENCH=OFF -DDYNASCALE_DASHBOARD=OFF
	@$(MAKE) --no-print-directory -j2 demo-programs guest-image
	@python3 demo/demo.py

test: ## Run every test: fast ones first, then real servers, then real guests
	@packaging/install-deps.sh test
	@cmake --preset dev --log-level=WARNING -DDYNASCALE_TESTS=ON -DDYNASCALE_BENCH=ON -DDYNASCALE_DASHBOARD=ON
	@$(MAKE) --no-print-directory -j2 everything guest-image
	@$(CTEST) -j $(JOBS) -L unit
	@# Emulated guests share two cores with their own load: what fails once is run once more, and ctest says so.
	@$(CTEST) -j $(JOBS) -LE 'unit|e2e' --repeat until-pass:2
	@$(CTEST) -L e2e --repeat until-pass:2

test-matrix: ## Run the tests on newer servers, libvirt and QEMU, unpacked from newer Debian suites; needs root
	@packaging/install-deps.sh test
	@cmake --preset dev --log-level=WARNING -DDYNASCALE_TESTS=ON
	@cmake --build build -j $(JOBS) --target test_integration_adapters
	@python3 -B tests/matrix/run.py build

# The image holds no program of ours: it is made while the compiler runs.
everything:
	@cmake --build build -j $(JOBS)

demo-programs:
	@cmake --build build -j $(JOBS) --target dynascale-hostd dynascale-agent dynascalectl

guest-image:
	@tests/guest/build-image.sh build/guest

quick: build ## Run the fast tests only
	@$(CTEST) -j $(JOBS) -L unit

bench: ## Measure latencies and footprint on a real guest
	@packaging/install-deps.sh bench
	@cmake --preset dev --log-level=WARNING
	@$(MAKE) --no-print-directory -j2 demo-programs guest-image
	@python3 bench/latency.py
	@python3 bench/footprint.py

fmt: ## Format the C++ code
	@packaging/install-deps.sh lint
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

tidy: ## Check the rules of the house
	@python3 tests/tidy/check_repository.py .

clean: ## Remove everything that was built
	@rm -rf build

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'
