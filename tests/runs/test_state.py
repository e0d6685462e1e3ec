"""Saved states: whole or refused, of this run or refused, and the same bits when they come back."""

import io
import math
import os
import zipfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fake_trainer import FakeState, FakeTrainer, fake_config

from playground_amp.errors import UserError
from playground_amp.runs.contents import list_states, state_path
from playground_amp.runs.folder import mark_best, prune_states, set_aside_earlier_run
from playground_amp.runs.manifest import Manifest, code_revision, make_manifest, require_unchanged
from playground_amp.runs.resuming import newest_sound_state
from playground_amp.runs.state import read_state, restore, save_state

CONFIG = fake_config("run")
MANIFEST = make_manifest(CONFIG)


def state_after(iterations: int) -> FakeState:
    trainer = FakeTrainer(CONFIG)
    state = trainer.init()
    for _ in range(iterations):
        state = trainer.iterate(state).state
    return state


def save(run_folder: Path, iteration: int) -> Path:
    path = state_path(run_folder, iteration)
    save_state(path, state_after(iteration), MANIFEST, {"iteration": iteration, "reward": 1.0, "kl": math.nan})
    return path


def same_bits(a: FakeState, b: FakeState) -> bool:
    def bits(state: FakeState) -> list[tuple[np.dtype, bytes]]:
        plain = state._replace(typed_key=jax.random.key_data(state.typed_key))
        return [(np.asarray(x).dtype, np.asarray(x).tobytes()) for x in jax.tree.leaves(plain)]

    return jax.tree.structure(a) == jax.tree.structure(b) and bits(a) == bits(b)


def test_a_state_comes_back_bit_for_bit_and_goes_on_the_same(tmp_path: Path) -> None:
    saved = read_state(save(tmp_path, 3))
    trainer = FakeTrainer(CONFIG)
    state = restore(saved, trainer.init())
    assert same_bits(state, state_after(3))
    state = trainer.iterate(trainer.iterate(state).state).state
    assert same_bits(state, state_after(5))
    assert saved.iteration == 3
    assert np.isnan(saved.metrics["kl"])


def test_arrays_are_found_by_their_path_with_numpy_alone(tmp_path: Path) -> None:
    with np.load(save(tmp_path, 1), allow_pickle=False) as arrays:
        assert {"weights/c", "raw_key", "typed_key", "flags/0", "iteration", "manifest.json"} <= set(arrays)
        assert arrays["weights/c"].shape == (5,)


def test_equal_states_make_equal_files(tmp_path: Path) -> None:
    assert save(tmp_path / "a", 2).read_bytes() == save(tmp_path / "b", 2).read_bytes()


@pytest.mark.parametrize("where", [0.0, 0.2, 0.5, 0.8, 0.99, 1.0])
def test_a_flipped_byte_is_told(tmp_path: Path, where: float) -> None:
    path = save(tmp_path, 1)
    data = bytearray(path.read_bytes())
    data[int(where * (len(data) - 1))] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="torn or damaged"):
        read_state(path)


@pytest.mark.parametrize(("kept", "expected"), [(0, "is empty"), (10, "torn"), (500, "torn"), (-1, "torn")])
def test_a_torn_file_is_told(tmp_path: Path, kept: int, expected: str) -> None:
    path = save(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=expected):
        read_state(path)


def test_a_state_that_would_run_something_is_refused(tmp_path: Path) -> None:
    from playground_amp.runs import state

    class Runs:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    buffer = io.BytesIO()
    np.savez(buffer, array=np.array([Runs()], object), allow_pickle=True)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(state.MANIFEST, "{}")
        archive.comment = b"0" * state.SUM_LENGTH
    content = buffer.getvalue()[: -state.SUM_LENGTH]
    path = tmp_path / "bad.npz"
    path.write_bytes(content + state.hashlib.sha256(content).hexdigest().encode())
    with pytest.raises(UserError, match="no saved state"):
        read_state(path)
    assert not (tmp_path / "ran").exists()


def test_another_form_is_refused_with_the_difference(tmp_path: Path) -> None:
    saved = read_state(save(tmp_path, 1))
    template = state_after(0)._replace(weights={"c": jnp.ones(6), "d": jnp.ones(1)})
    with pytest.raises(UserError) as caught:
        restore(saved, template)
    message = str(caught.value)
    assert "weights/c: float32[5] → float32[6]" in message
    assert "weights/d: absent → float32[1]" in message
    assert "raw_key" not in message


def test_a_run_may_go_on_with_other_reward_terms(tmp_path: Path) -> None:
    def state(age: float, *terms: str) -> dict[str, dict]:
        return {"env_states": {"age": jnp.full(3, age), "reward_terms": {name: jnp.ones(3) for name in terms}}}

    save_state(tmp_path / "state.npz", state(7.0, "alive", "torque"), Manifest(), {"iteration": 1})
    restored = restore(read_state(tmp_path / "state.npz"), state(0.0, "alive", "swing_tilt"))["env_states"]
    np.testing.assert_array_equal(restored["age"], 7.0)
    paid = {name: np.asarray(term).tolist() for name, term in restored["reward_terms"].items()}
    assert paid == {"alive": [1.0] * 3, "swing_tilt": [0.0] * 3}


def test_the_newest_sound_state_is_taken_and_the_damaged_one_named(tmp_path: Path) -> None:
    for iteration in (2, 4, 6):
        save(tmp_path, iteration)
    state_path(tmp_path, 6).write_bytes(b"")
    said: list[str] = []
    assert newest_sound_state(tmp_path, said.append).iteration == 4
    assert len(said) == 1
    assert "iter_00000006.npz is empty" in said[0]
    assert [path.name for path in list_states(tmp_path)] == ["iter_00000004.npz", "iter_00000002.npz"]
    assert newest_sound_state(tmp_path / "states", said.append).iteration == 4
    assert newest_sound_state(state_path(tmp_path, 2), said.append).iteration == 2


def test_where_nothing_is_sound_that_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no saved state"):
        newest_sound_state(tmp_path, print)
    save(tmp_path, 2).write_bytes(b"torn")
    with pytest.raises(UserError, match="none of its 1 saved states is sound"):
        newest_sound_state(tmp_path, print)


def test_only_the_newest_are_kept_and_the_best(tmp_path: Path) -> None:
    for iteration in (2, 4, 6, 8):
        save(tmp_path, iteration)
    mark_best(tmp_path, 2, {"passed": True})
    prune_states(tmp_path, keep=2)
    assert [path.name for path in list_states(tmp_path)] == ["iter_00000008.npz", "iter_00000006.npz"]
    mark_best(tmp_path, 6, {"passed": True})
    assert sorted(path.name for path in (tmp_path / "best").iterdir()) == ["gate.json", "iter_00000006.npz"]
    assert read_state(tmp_path / "best/iter_00000006.npz").iteration == 6
    with pytest.raises(UserError, match="iteration 3"):
        mark_best(tmp_path, 3, {})


def test_an_earlier_run_is_set_aside(tmp_path: Path) -> None:
    assert set_aside_earlier_run(tmp_path) is None
    for number in (1, 2):
        save(tmp_path, 2)
        (tmp_path / "metrics.jsonl").write_text("{}\n")
        (tmp_path / "mine.txt").write_text("stays")
        assert set_aside_earlier_run(tmp_path) == tmp_path / "earlier" / str(number)
        assert list_states(tmp_path / "earlier" / str(number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["earlier", "mine.txt"]


def test_files_that_happen_to_be_called_like_those_of_a_run_stay(tmp_path: Path) -> None:
    for name in ("config.yaml", "walk.mp4", "metrics.jsonl"):
        (tmp_path / name).write_text("database: mine\n")
        with pytest.raises(UserError, match=f"holds {name} and is not the folder of a run"):
            set_aside_earlier_run(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [name]
        (tmp_path / name).unlink()
    states = tmp_path / "states"
    save(tmp_path, 2).rename(states / "iter_of_mine.npz")
    save(tmp_path, 4)
    prune_states(tmp_path, keep=1)
    assert newest_sound_state(tmp_path, print).iteration == 4
    assert sorted(path.name for path in states.iterdir()) == ["iter_00000004.npz", "iter_of_mine.npz"]


def test_what_is_beside_the_best_policy_stays(tmp_path: Path) -> None:
    save(tmp_path, 2)
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "cake.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        mark_best(tmp_path, 2, {"passed": True})
    (tmp_path / "best" / "cake.txt").rename(tmp_path / "cake.txt")
    mark_best(tmp_path, 2, {"passed": True})
    (tmp_path / "cake.txt").rename(tmp_path / "best" / "cake.txt")
    save(tmp_path, 4)
    mark_best(tmp_path, 4, {"passed": True})
    assert sorted(path.name for path in (tmp_path / "best").iterdir()) == ["cake.txt", "gate.json", "iter_00000004.npz"]


def test_a_damaged_state_in_the_folder_of_another_run_stays(tmp_path: Path) -> None:
    save(tmp_path, 2)
    damaged = save(tmp_path, 4)
    damaged.write_bytes(b"torn")
    assert newest_sound_state(tmp_path, print, ours=False).iteration == 2
    assert damaged.read_bytes() == b"torn"


def test_what_changed_is_shown_and_refused() -> None:
    changed = fake_config("run", "trainer.lr=0.0005", "reward_weights.alive=0.7")
    moved = MANIFEST.robot | {"sha256": "0" * 64}
    now = MANIFEST._replace(config=changed.model_dump(mode="json"), robot=moved)
    with pytest.raises(UserError) as caught:
        require_unchanged(MANIFEST, now, [])
    message = str(caught.value)
    assert "trainer.lr: 0.0003 → 0.0005" in message
    assert "reward_weights.alive: 0.5 → 0.7" in message
    assert f"robot: {MANIFEST.robot['sha256'][:12]}… → 000000000000…" in message
    assert message.endswith("--override trainer.lr reward_weights.alive robot")
    require_unchanged(MANIFEST, now, ["trainer.lr", "reward_weights", "robot"])
    weights = [f"reward_weights.{name}=0.7" for name in ("alive", "tilt", "action_rate", "foot_slip")]
    many = fake_config("run", "trainer.lr=0.0005", *weights)
    with pytest.raises(UserError, match=r"--override trainer\.lr reward_weights$"):
        require_unchanged(MANIFEST, MANIFEST._replace(config=many.model_dump(mode="json")), [])
    with pytest.raises(UserError, match=r"trainer\.lrr: no such key"):
        require_unchanged(MANIFEST, now, ["trainer.lrr"])


def test_what_does_not_touch_learning_may_change() -> None:
    changed = fake_config("elsewhere", "trainer.num_iterations=99", "trainer.save_interval=7", "physics.num_threads=1")
    require_unchanged(MANIFEST, MANIFEST._replace(config=changed.model_dump(mode="json")), [])


def test_another_observation_layout_is_refused() -> None:
    layout = MANIFEST.observation | {"actor": ["gravity_b 3"]}
    with pytest.raises(UserError, match=r"observation\.actor: .*gait_clock 2 → gravity_b 3"):
        require_unchanged(MANIFEST, MANIFEST._replace(observation=layout), [])


def test_the_code_revision_is_that_of_this_clone_or_none() -> None:
    revision = code_revision()
    assert revision is None or len(revision.removesuffix("-dirty")) == 40
