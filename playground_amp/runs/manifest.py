"""What a saved state belongs to: configuration, robot, observation layout, code, libraries; and what has changed."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from playground_amp.configs.schema import Config
from playground_amp.envs.layout import Layout
from playground_amp.envs.observations import actor_layout, critic_layout
from playground_amp.errors import UserError
from playground_amp.paths import PROJECT
from playground_amp.robot.identity import differences, identity_of, read_identity
from playground_amp.robot.robot import load_robot
from playground_amp.untyped import Plain

LIBRARIES = ("jax", "jaxlib", "numpy", "optax", "flax", "brax", "mujoco", "mujoco-mjx")
_MANY = 3  # differences in a section that are still named one by one
HARMLESS = (
    "physics.num_threads",
    "trainer.num_devices",
    "trainer.num_iterations",
    "trainer.checkpoint_dir",
    "trainer.save_interval",
    "trainer.keep_states",
    "trainer.max_bad_env_iterations",
    "trainer.max_skipped_update_iterations",
    "quick_verify",
)
"""Keys (or sections) that may change from one process of a run to the next: what is learned does not depend on them."""


_UNSAID: dict[str, Plain] = {}


class Manifest(NamedTuple):
    """What a state says of the run it belongs to, as plain data; empty is what it does not say."""

    config: dict[str, Plain] = _UNSAID
    robot: Plain = None  # a `RobotIdentity`; of an earlier version, the hash alone
    observation: dict[str, list[str]] = _UNSAID  # the parts that actor and critic see, with their sizes
    code: str | None = None
    libraries: dict[str, str] = _UNSAID


def make_manifest(config: Config) -> Manifest:
    """What every state of a run says about the run."""
    robot = load_robot(config.robot, config.env.terrain)
    return Manifest(
        config=config.model_dump(mode="json"),
        robot=identity_of(robot).as_plain(),
        observation={"actor": _described(actor_layout(robot)), "critic": _described(critic_layout(robot))},
        code=code_revision(),
        libraries={"python": sys.version.split()[0], **{name: version(name) for name in LIBRARIES}},
    )


def code_revision() -> str | None:
    """The git commit of this project, with `-dirty` if files differ from it; None outside a clone."""
    git = ["git", "-C", str(PROJECT)]
    describe = [*git, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        top = subprocess.run([*git, "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=True)
        if Path(top.stdout.strip()).resolve() != PROJECT:
            return None
        return subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def require_unchanged(saved: Manifest, now: Manifest, overridden: Sequence[str]) -> None:
    """Raises UserError that shows every difference which matters and which no entry of `overridden` names.

    An entry is a dotted key (`trainer.lr`), a section (`reward_weights`), `robot` or `observation`.
    """
    before, after = _comparable(saved), _comparable(now)
    unknown = [key for key in overridden if not any(_covers(key, name) for name in {**before, **after})]
    if unknown:
        raise UserError(f"--override {unknown[0]}: no such key; allowed: keys of the configuration, robot, observation")
    refused = [name for name in _differing(before, after) if not any(_covers(key, name) for key in overridden)]
    if refused:
        lines = [_change(name, before, after) for name in refused if name != "robot"]
        if "robot" in refused:
            old, new = (read_identity(manifest.robot, "the saved state") for manifest in (saved, now))
            lines += differences(old, new) if old and new else [_change("robot", before, after)]
        listed = "\n".join(f"  {line}" for line in lines)
        raise UserError(
            f"this run is not the one that was saved (saved → now):\n{listed}\n"
            f"change it back, or allow it: --override {' '.join(keys_to_override(refused))}"
        )


def differing_keys(before: Mapping[str, Plain], now: Mapping[str, Plain]) -> list[str]:
    """The dotted keys of two configurations, as plain data, that make a difference to what is learned."""
    return _differing(_flat(before), _flat(now))


def keys_to_override(names: Sequence[str]) -> list[str]:
    """What allows the differences: the section where one has many of them, so that a person can copy it."""
    sections = [name.partition(".")[0] for name in names]
    sizes = Counter(sections)
    keys = [section if sizes[section] > _MANY else name for section, name in zip(sections, names, strict=True)]
    return list(dict.fromkeys(keys))


def different_versions(saved: Manifest, now: Manifest) -> list[str]:
    """What differs in code and libraries: `jax: 0.10.2 → 0.11.0`. The run goes on, its bits may differ."""
    before = {"code": saved.code, **saved.libraries}
    after = {"code": now.code, **now.libraries}
    return [_change(name, before, after) for name in after if before.get(name) != after[name]]


def _differing(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> list[str]:
    names = [name for name in {**before, **after} if before.get(name, "absent") != after.get(name, "absent")]
    return [name for name in names if not any(_covers(key, name) for key in HARMLESS)]


def _comparable(manifest: Manifest) -> dict[str, Plain]:
    layout = {name: ", ".join(parts) for name, parts in manifest.observation.items()}
    robot = read_identity(manifest.robot, "the saved state")
    sha256 = robot.sha256 if robot else manifest.robot
    config = {name: value for name, value in manifest.config.items() if name != "robot"}  # the files count
    return {**_flat(config), "robot": sha256, **_flat(layout, "observation.")}


def _described(layout: Layout) -> list[str]:
    return [f"{part.name} {part.size}" for part in layout.parts]


def _flat(tree: Mapping[str, Plain], prefix: str = "") -> dict[str, Plain]:
    flat: dict[str, Plain] = {}
    for name, value in tree.items():
        flat.update(_flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value})
    return flat


def _covers(key: str, name: str) -> bool:
    return name == key or name.startswith(f"{key}.")


def _change(name: str, before: Mapping[str, Plain], after: Mapping[str, Plain]) -> str:
    return f"{name}: {_short(before.get(name, 'absent'))} → {_short(after.get(name, 'absent'))}"


def _short(value: Plain) -> str:
    """A value for people: hashes cut to 12 digits."""
    is_hash = isinstance(value, str) and len(value) >= 40 and not set(value[:40]) - set("0123456789abcdef")
    return f"{value[:12]}{value[40:] if value.endswith('-dirty') else ''}…" if is_hash else str(value)
