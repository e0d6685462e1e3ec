# make play: steer the bundled policy in your browser.  make walk: train, judge and film a walking policy.
# make test: run the tests.  make lint: format, lint, types.

# Which robot is trained: one that ships, by its name, or the path of a robot's folder.
ROBOT ?= wildrobot
# Another robot's runs lie in folders of their own.
SUFFIX := $(if $(filter-out wildrobot,$(ROBOT)),_$(shell basename "$(ROBOT)" | tr -c 'A-Za-z0-9.\n-' _))

# What `make walk` trains, and where it leaves the result.
WALK_ENVS ?= 512
WALK_ITERATIONS ?= 280
# Another robot has no demonstrations to begin on, only steps without dynamics: it learns for longer before it settles.
ifneq ($(SUFFIX),)
WALK_STAGES := --set stages.walk.until=260
ifeq ($(origin WALK_ITERATIONS),file)
WALK_ITERATIONS := 650
endif
endif
SEED ?= 0
WALK_FOLDER ?= checkpoints/walk$(SUFFIX)
# The same with the motion prior: make walk-amp. How much style counts is that of wildrobot_walk_amp.yaml unless given.
AMP_ITERATIONS ?= 400
AMP_WEIGHT ?=
AMP_FOLDER ?= checkpoints/walk_amp$(SUFFIX)

# A policy that goes everywhere, not only ahead: make steer, in the stages of wildrobot_steer.yaml.
STEER_ITERATIONS ?= 650
STEER_FOLDER ?= checkpoints/steer$(SUFFIX)

# A policy that walks like a person: make walk-like CLIP=person.bvh; how long the robot learns to follow the clips made of
# the recording, and then to walk like what it made of them.
CLIP ?=
FOLLOW_ITERATIONS ?= 600
LIKE_ITERATIONS ?= 400
LIKE_FOLDER ?= checkpoints/walk_like_$(shell basename "$(CLIP)" | sed 's/\.[^.]*$$//' | tr -c 'A-Za-z0-9.\n-' _)$(SUFFIX)

# What `make play` shows (a bundle, a checkpoint or a run folder, also one that is still training), and where; of another
# robot, unless it is named, the policy in its folder.
POLICY ?= $(if $(SUFFIX),,policies/walk)
PORT ?= 8080

# What `make robust` trains, robots that all differ and are pushed, and where it leaves the result. It learns in the
# stages of wildrobot_robust.yaml; other numbers of iterations: after how many its second stage, learn, and the run end.
ROBUST_LEARNING ?=
ROBUST_ITERATIONS ?=
ROBUST_FOLDER ?= checkpoints/robust$(SUFFIX)

# What `make rough` trains: the same on stairs, slopes, soft and slippery ground, with a load or a weak leg. FROM names a
# robust run to go on from; ROUGH_ITERATIONS is where it ends, that run's iterations included.
ROUGH_ITERATIONS ?=
ROUGH_FOLDER ?= checkpoints/rough$(SUFFIX)

# Python 3.11 or newer that makes the environment: make setup PYTHON=python3.12
PYTHON ?= python3
# On all cores, file by file, so that what the tests of a file share is made once; but for the slowest tests:
# make test PYTEST_ARGS=-q runs all of them in turn.
PYTEST_ARGS ?= -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m "not slow"
# Pythons that `make release` tries the wheel with.
PYTHONS ?= python3.11 python3.12 python3.13
# Extras of pyproject.toml that are installed; drake, gpu (an NVIDIA card) and warp (its engine alone) are more.
EXTRAS ?= deploy,dev

# Pages of docs/ that scripts/<page>_page.py makes.
PAGES := commands configuration observations

VENV := .venv
PY := $(VENV)/bin/python
# Made by the last installation: it lists the extras that are there. One that is asked for and missing triggers a new installation.
INSTALLED := $(VENV)/installed
comma := ,
THERE := $(shell cat $(INSTALLED) 2>/dev/null)
ASKED := $(subst $(comma), ,$(EXTRAS))
TOGETHER := $(sort $(THERE) $(ASKED))

.PHONY: setup more-extras play walk walk-amp steer walk-like robust rough policy docs pictures benchmark test lint release clean

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt $(if $(filter-out $(THERE),$(ASKED)),more-extras)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "error: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo not there):" \
			"name another one, as in make setup PYTHON=python3.12" >&2; \
		exit 2; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "error: $(PYTHON) cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv" >&2; \
		exit 2; }
	@# What is imported is compiled then, in a third of the time that compiling all of it takes.
	$(PY) -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[$(subst $() ,$(comma),$(TOGETHER))]'
	@echo $(TOGETHER) >$@

play: setup
	$(PY) playground_amp/play.py $(if $(SUFFIX),--robot "$(ROBOT)") $(if $(POLICY),--checkpoint $(POLICY)) --port $(PORT)

walk: setup
	@PY=$(PY) scripts/system_packages.sh || true
	$(PY) playground_amp/train.py --robot "$(ROBOT)" --num-envs $(WALK_ENVS) --num-iterations $(WALK_ITERATIONS) --seed $(SEED) $(WALK_STAGES) \
		--checkpoint-dir $(WALK_FOLDER) --no-wandb
	$(PY) playground_amp/evaluate.py --checkpoint $(WALK_FOLDER)/final_iter_$(WALK_ITERATIONS).pkl --gate walk \
		--json $(WALK_FOLDER)/gate_walk.json --video $(WALK_FOLDER)/walk.mp4 --report

# Replaces the policy that ships with ROBOT by that of FROM, a run folder, after the full gate; without FROM, rebuilds it.
policy: setup
	PY=$(PY) ROBOT="$(ROBOT)" scripts/make_policy.sh $(FROM)

walk-amp: setup
	@PY=$(PY) scripts/system_packages.sh || true
	$(PY) playground_amp/train.py --robot "$(ROBOT)" --config playground_amp/configs/wildrobot_walk_amp.yaml --enable-amp \
		$(if $(AMP_WEIGHT),--amp-weight $(AMP_WEIGHT)) --num-envs $(WALK_ENVS) --num-iterations $(AMP_ITERATIONS) \
		--seed $(SEED) --checkpoint-dir $(AMP_FOLDER) --no-wandb
	$(PY) playground_amp/evaluate.py --checkpoint $(AMP_FOLDER)/final_iter_$(AMP_ITERATIONS).pkl --gate walk \
		--json $(AMP_FOLDER)/gate_walk.json --video $(AMP_FOLDER)/walk.mp4 --report

# Both gates are asked, and the film is of the second.
steer: setup
	@PY=$(PY) scripts/system_packages.sh || true
	$(PY) playground_amp/train.py --robot "$(ROBOT)" --config playground_amp/configs/wildrobot_steer.yaml --num-envs $(WALK_ENVS) \
		--num-iterations $(STEER_ITERATIONS) --seed $(SEED) --checkpoint-dir $(STEER_FOLDER) --no-wandb
	status=0; for gate in walk steer; do \
		$(PY) playground_amp/evaluate.py --checkpoint $(STEER_FOLDER)/final_iter_$(STEER_ITERATIONS).pkl --gate $$gate \
			--json $(STEER_FOLDER)/gate_$$gate.json --video $(STEER_FOLDER)/$$gate.mp4 --report || status=$$?; \
	done; exit $$status

# Import, follow in the engine, train, draw, film, judge: a policy that does not pass is to be looked at as well.
walk-like: setup
	@test -f "$(CLIP)" || { echo "error: name a recording of a walk, as in make walk-like CLIP=person.bvh; found '$(CLIP)'" >&2; exit 2; }
	@PY=$(PY) scripts/system_packages.sh || true
	$(PY) playground_amp/motion.py import "$(CLIP)" --robot "$(ROBOT)" --output $(LIKE_FOLDER)/clips
	$(PY) playground_amp/motion.py record $(LIKE_FOLDER)/clips --robot "$(ROBOT)" --config playground_amp/configs/wildrobot_walk_like.yaml \
		--set trainer.num_iterations=$(FOLLOW_ITERATIONS) trainer.seed=$(SEED) --output $(LIKE_FOLDER)/demonstrations
	$(PY) playground_amp/train.py --config $(LIKE_FOLDER)/demonstrations/task.yaml --num-envs $(WALK_ENVS) \
		--num-iterations $(LIKE_ITERATIONS) --seed $(SEED) --checkpoint-dir $(LIKE_FOLDER)/policy --no-wandb
	$(PY) playground_amp/motion.py curves "$(CLIP)" $(LIKE_FOLDER)/clips $(LIKE_FOLDER)/policy --output $(LIKE_FOLDER)/curves.png
	$(PY) playground_amp/motion.py film "$(CLIP)" $(LIKE_FOLDER)/clips $(LIKE_FOLDER)/policy --output $(LIKE_FOLDER)/side_by_side.mp4
	$(PY) playground_amp/evaluate.py --checkpoint $(LIKE_FOLDER)/policy/final_iter_$(LIKE_ITERATIONS).pkl --gate walk \
		--json $(LIKE_FOLDER)/gate_walk.json --report

# The documentation as a site that needs no network to be read or searched: site/index.html. First the pages that are
# made from the code, which are kept in docs/.
docs:
	@$(MAKE) --no-print-directory setup EXTRAS=docs
	for page in $(PAGES); do $(PY) scripts/$${page}_page.py || exit; done
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@echo "read it: site/index.html"

# The pictures in docs/images, of the bundled policy: walking, in the cockpit, its report (this needs Chromium).
pictures: setup
	@PY=$(PY) scripts/system_packages.sh
	$(PY) scripts/moving_picture.py
	$(PY) scripts/screenshots.py

robust: setup
	@$(if $(and $(ROBUST_LEARNING),$(ROBUST_ITERATIONS)),test "$(ROBUST_LEARNING)" -lt "$(ROBUST_ITERATIONS)",true) || { \
		echo "error: the stages are numbers of iterations that follow each other: ROBUST_LEARNING ($(ROBUST_LEARNING)) <" \
			"ROBUST_ITERATIONS ($(ROBUST_ITERATIONS))" >&2; \
		exit 2; }
	$(PY) playground_amp/train.py --robot "$(ROBOT)" --config playground_amp/configs/wildrobot_robust.yaml --num-envs $(WALK_ENVS) \
		$(if $(ROBUST_ITERATIONS),--num-iterations $(ROBUST_ITERATIONS)) \
		$(if $(ROBUST_LEARNING),--set stages.learn.until=$(ROBUST_LEARNING)) \
		--seed $(SEED) --checkpoint-dir $(ROBUST_FOLDER) --no-wandb
	$(PY) playground_amp/evaluate.py --checkpoint $(ROBUST_FOLDER) --gate robust --json $(ROBUST_FOLDER)/gate_robust.json

rough: setup
	$(PY) playground_amp/train.py --robot "$(ROBOT)" --config playground_amp/configs/wildrobot_rough.yaml --num-envs $(WALK_ENVS) \
		$(if $(ROUGH_ITERATIONS),--num-iterations $(ROUGH_ITERATIONS)) \
		$(if $(FROM),--resume "$(FROM)" --override env trainer domain_randomization stages) \
		--seed $(SEED) --checkpoint-dir $(ROUGH_FOLDER) --no-wandb
	$(PY) playground_amp/evaluate.py --checkpoint $(ROUGH_FOLDER) --gate rough --json $(ROUGH_FOLDER)/gate_rough.json

benchmark: setup
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[benchmark]'
	$(PY) benchmarks/throughput.py --page docs/performance.md

test: setup
	$(PY) -m pytest $(PYTEST_ARGS)

lint: setup
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m pyright

# Wheel and sdist in dist/, after all that a release has to pass; then a stranger's first steps with the wheel in an empty
# environment of each Python (minutes each). It publishes nothing.
release: setup
	$(PY) scripts/release.py $(PYTHONS)

clean:
	rm -rf $(VENV) site *.egg-info .pytest_cache .ruff_cache .hypothesis
