"""Whatever holds a policy is opened by one function, and refused on another robot than its own."""

import hashlib
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import pytest
from deployable import CONFIG, ROBOT_DATA, made_up_params
from second_body import second_body

from playground_amp.cli import evaluate
from playground_amp.errors import UserError
from playground_amp.paths import ROBOTS
from playground_amp.policies.opening import open_policy
from playground_amp.robot.identity import identity_of
from playground_amp.robot.robot import load_robot
from playground_amp.runs.checkpoint import SUM_PREFIX, read_policy, save_policy
from playground_amp.runs.manifest import Manifest
from playground_amp.runs.state import save_state

OTHER = ROBOT_DATA | {"sha256": "0" * 64}  # the same robot before its files were changed


def checkpoint(folder: Path, robot: dict = ROBOT_DATA, config: dict | None = None) -> Path:
    path = folder / "final_iter_0.pkl"
    save_policy(path, made_up_params(), {}, config or CONFIG.model_dump(mode="json"), robot)
    return path


def state(folder: Path, robot: dict) -> Path:
    path = folder / "iter_00000001.npz"
    manifest = Manifest(config=CONFIG.model_dump(mode="json"), robot=robot)
    save_state(path, {"more": jnp.zeros(3)}, manifest, {"iteration": 1})
    return path


def test_a_policy_whose_robot_has_changed_is_refused(tmp_path: Path) -> None:
    for path in (checkpoint(tmp_path, OTHER), state(tmp_path, OTHER)):
        with pytest.raises(UserError, match=f"{path} was made for another robot") as caught:
            open_policy(path)
        assert f"robot: 000000000000… → {ROBOT_DATA['sha256'][:12]}…" in str(caught.value)


def test_another_robot_is_refused_whether_the_file_tells_its_own_or_not(tmp_path: Path) -> None:
    other = second_body(tmp_path / "second")
    path = checkpoint(tmp_path)
    content = pickle.loads(path.read_bytes())
    del content["robot"], content["config"]["robot"]
    before = tmp_path / "final_iter_1.pkl"
    write_pickle(before, pickle.dumps(content))
    for file in (path, before):
        with pytest.raises(UserError, match="number of joints: 11 → 13"):
            open_policy(file, other)
    assert open_policy(before).config.robot == "wildrobot"
    assert read_policy(before).robot.name == "wildrobot"


def write_pickle(path: Path, pickled: bytes) -> None:
    path.write_bytes(pickled + SUM_PREFIX + hashlib.sha256(pickled).hexdigest().encode() + b"\n")


def test_the_same_robot_elsewhere_is_taken(tmp_path: Path) -> None:
    """What the refusal of a robot that is not there, or not the same any more, advises."""
    config = CONFIG.model_dump(mode="json") | {"robot": "/robots/of/another/machine"}
    path = checkpoint(tmp_path, config=config)
    with pytest.raises(
        UserError, match=r"robot /robots/of/another/machine is neither .*; or name its folder: --robot PATH"
    ):
        open_policy(path)
    copy = shutil.copytree(ROBOTS / "wildrobot", tmp_path / "copy")
    assert open_policy(path, str(copy)).config.robot == str(copy)


def test_a_judge_refuses_before_anything_compiles_and_follows_its_own_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_anyway(*_: object) -> None:
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)
    as_it_was = shutil.copytree(ROBOTS / "wildrobot", tmp_path / "robot")
    with open(as_it_was / "robot.yaml", "a") as file:
        file.write("# before\n")
    before = identity_of(load_robot(str(as_it_was), "flat")).as_plain() | {"name": "wildrobot"}
    arguments = ["--checkpoint", str(checkpoint(tmp_path, before))]
    with pytest.raises(UserError, match="name the folder that holds the robot as it was: --robot PATH"):
        evaluate.main(arguments)
    with pytest.raises(AssertionError, match="the environment was built"):
        evaluate.main([*arguments, "--robot", str(as_it_was)])


def test_a_file_is_opened_without_jax(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from playground_amp.policies.opening import open_policy;"
        "open_policy(Path(sys.argv[1])); assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(checkpoint(tmp_path))], check=True)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is no folder of a run .* and no bundle"):
        open_policy(tmp_path)
