# Two commands set a fresh machine up: `make demo` and `make test`. Both need Python 3.11+ and a package index only.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready


.PHONY: demo test lowest lint bench docs clean

$(READY): pyproject.toml
	@test -x $(BIN)/python || { echo "setting up .venv (once)"; $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/python examples/crm/demo.py

test: $(READY)
	@$(BIN)/python -m pytest -n auto --dist worksteal

# The suite with the oldest releases that the project says it works with; schemathesis, which needs a newer pytest, apart.
OLD := .venv-lowest/bin/python
OLD_OPENAPI := .venv-lowest-openapi/bin/python
USING_OPENAPI := tests/specs tests/test_probe.py tests/test_serve.py tests/plugin/test_conformance.py tests/plugin/test_openapi.py \
	tests/plugin/test_probes.py
USED_BY_TESTS := aiohttp anyio axe-core-python boto3 brotli defusedxml flask httplib2 'httpx[http2]' 'httpx2[http2]' hypercorn hypothesis \
	markdown-it-py openapi-spec-validator pre-commit prometheus-client pytest-asyncio pytest-html pytest-recording pytest-rerunfailures \
	pytest-split pytest-xdist \
	requests selenium slack_sdk stripe trio urllib3 zstandard
OLDEST := -m pytest -n auto --dist worksteal --override-ini addopts="-p no:asyncio"
lowest:
	@test -x $(OLD) || $(PYTHON) -m venv .venv-lowest
	@$(OLD) -m pip install --quiet --disable-pip-version-check --editable . $$($(OLD) .ci/lowest.py) $(USED_BY_TESTS)
	@$(OLD) $(OLDEST) --deselect tests/test_documentation.py $(addprefix --ignore ,$(USING_OPENAPI))
	@test -x $(OLD_OPENAPI) || $(PYTHON) -m venv .venv-lowest-openapi
	@$(OLD_OPENAPI) -m pip install --quiet --disable-pip-version-check --editable '.[graphql]' $$($(OLD_OPENAPI) .ci/lowest.py openapi) $(USED_BY_TESTS)
	@$(OLD_OPENAPI) $(OLDEST) -p no:schemathesis $(USING_OPENAPI)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/python tests/benchmarks/startup.py
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.engine $(BENCH)
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.replay $(BENCH)
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.scale $(BENCH)
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.specs $(BENCH)
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.health $(BENCH)

docs: $(READY)
	@$(BIN)/mkdocs build --strict --quiet --site-dir site

clean:
	@rm -rf .venv .venv-lowest .venv-lowest-openapi site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
