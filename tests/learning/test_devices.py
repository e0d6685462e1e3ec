"""Training on several devices, in one process and in two, against training on one."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.learning.devices import join_processes
from playground_amp.runs.tracking.metrics_log import read_records

ROOT = Path(__file__).parents[2]
SETTINGS = (
    "num_envs=8",
    "rollout_steps=6",
    "num_minibatches=2",
    "num_epochs=1",
    "actor_layers=[8]",
    "critic_layers=[8]",
    "physics.num_threads=1",
    "env.reference_start_share=0.0",
    "stages={}",
    "trainer.aim.speed=0.1",
    "trainer.aim.torque_price=0.3",
)
_IN_ONE_PROCESS = """
import json, sys
from pathlib import Path
from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.learning.iteration import Trainer
from playground_amp.runs.state import read_state, restore, save_state

def trainer(devices):
    return Trainer(load_config(STANDARD, [f"num_devices={devices}", *sys.argv[2:]]))

def run(trainer, state, iterations):
    records = []
    for _ in range(iterations):
        state, metrics, _ = trainer.iterate(state)
        records.append({name: float(x) for name, x in metrics.items()})
    return state, records

one, two = trainer(1), trainer(2)
_, alone = run(one, one.init(), 3)
state, shared = run(two, two.init(), 2)
from playground_amp.runs.manifest import Manifest
save_state(Path(sys.argv[1]), state, Manifest(), {"iteration": 2})
_, moved = run(one, restore(read_state(Path(sys.argv[1])), one.init()), 1)
_, back = run(two, restore(read_state(Path(sys.argv[1])), two.init()), 1)
split = state.env_states.physics.qpos.sharding.is_fully_replicated
print(json.dumps({"alone": alone, "shared": shared + moved, "back": back, "replicated": split}))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("devices") / "state.npz"
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-c", _IN_ONE_PROCESS, str(path), *SETTINGS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def assert_agree(records: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    """To rounding: sums are made in another order."""
    assert len(records) == len(others)
    for record, other in zip(records, others, strict=True):
        for name, value in record.items():
            np.testing.assert_allclose(other[name], value, rtol=2e-3, atol=2e-5, err_msg=name)


@pytest.mark.slow
def test_two_devices_learn_what_one_learns(runs: dict[str, Any]):
    assert not runs["replicated"]
    assert_agree(runs["alone"][:2], runs["shared"][:2])


@pytest.mark.slow
def test_a_saved_state_moves_to_another_number_of_devices_and_back(runs: dict[str, Any]):
    assert_agree(runs["alone"][2:], runs["shared"][2:])
    assert_agree(runs["alone"][2:], runs["back"])


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_and_the_first_writes(runs: dict[str, Any], tmp_path: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [sys.executable, str(ROOT / "playground_amp/train.py"), "--no-wandb", "--num-iterations", "2"]
    command += ["--checkpoint-dir", str(tmp_path / "run"), "--set", *SETTINGS]
    shared = {**os.environ, "JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": "2"}
    processes = [
        subprocess.Popen(
            command,
            env={**shared, "JAX_PROCESS_ID": str(number)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(2)
    ]
    outputs = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(outputs)
    assert "final_iter_2.pkl" in outputs[0]
    assert "final_iter" not in outputs[1]
    records = read_records(tmp_path / "run/metrics.jsonl")
    assert_agree(runs["alone"][:2], records)
    assert (tmp_path / "run/final_iter_2.pkl").exists()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"JAX_PROCESS_ID": "0"}, "JAX_PROCESS_ID is set, JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES is not"),
        (
            {"JAX_COORDINATOR_ADDRESS": "a:1", "JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "2"},
            "JAX_PROCESS_ID 2 must be a number from 0 to JAX_NUM_PROCESSES 2 less 1",
        ),
    ],
)
def test_processes_that_cannot_find_each_other_are_refused(
    environment: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=sentence):
        join_processes()


def test_more_devices_than_there_are_is_refused_in_one_sentence(tmp_path: Path):
    command = [sys.executable, str(ROOT / "playground_amp/train.py"), "--no-wandb", "--num-devices", "64"]
    done = subprocess.run([*command, "--checkpoint-dir", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: --num-devices 64: JAX sees 1 (cpu)" in done.stderr
    assert "Traceback" not in done.stderr
