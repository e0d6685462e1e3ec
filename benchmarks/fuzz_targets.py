"""What fuzz.py damages, and how it is read: a target takes a random generator and an empty folder to work in."""

import copy
import hashlib
import io
import json
import pickle
import random
import shutil
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_models import model
from fuzz_page import websocket

from playground_amp.configs.loader import load_config
from playground_amp.deploy.runtime import load_policy
from playground_amp.motion.clip import load_clip
from playground_amp.motion.human.landmarks import find_joints, find_walker, read_map
from playground_amp.motion.human.reading import read_motion
from playground_amp.motion.human.timing import double_supports, find_timing
from playground_amp.motion.human.walking import find_walking
from playground_amp.paths import PROJECT, ROBOTS, STANDARD
from playground_amp.policies.bundle import read_bundle
from playground_amp.policies.opening import open_policy
from playground_amp.report.facts import read_facts
from playground_amp.robot.robot import load_robot
from playground_amp.runs.checkpoint import SUM_PREFIX, read_policy
from playground_amp.runs.safe_pickle import safe_loads
from playground_amp.runs.state import read_state

Target = Callable[[random.Random, Path], object]
MARKER = "code-was-run"  # a file that the code in a fraud would leave
BOX = PROJECT / "policies" / "walk"
ODD = (None, True, -1, 0, -0.0, 1e308, 1e-320, float("nan"), float("inf"), 10**30, 10**9, "", "x", "nan", [], {}, [[]])
ODD_WORDS = (
    b"nan",
    b"inf",
    b"-inf",
    b"1e999",
    b"-0",
    b"0x10",
    b"1_000",
    b"\xff\xfe",
    b"\x00",
    b"*a",
    b"&a [*a]",
    b"!!",
)


def damaged_bytes(rng: random.Random, content: bytes) -> bytes:
    """Cut, flipped, repeated, or with something odd in it."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        place, length = rng.randrange(len(data) + 1), rng.choice((1, 4, 40))
        match rng.randrange(5):
            case 0:
                del data[place:]
            case 1:
                del data[place : place + length]
            case 2:
                data[place:place] = rng.choice(ODD_WORDS)
            case 3:
                data[place:place] = data[place : place + length] * rng.choice((1, 50))
            case 4 if data:
                data[place % len(data)] = rng.randrange(256)
    return bytes(data)


def damaged_data(rng: random.Random, content: Any) -> Any:
    """Plain data with one value gone, moved or replaced by something odd."""
    changed = copy.deepcopy(content)
    node = changed
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return changed
        key = rng.choice(keys)
        if isinstance(node[key], dict | list) and node[key] and rng.random() < 0.8:
            node = node[key]
        elif rng.random() < 0.2:
            del node[key]
            return changed
        else:
            node[key] = rng.choice(ODD)
            return changed


def configuration(rng: random.Random, folder: Path) -> object:
    """A YAML file, or what follows --set."""
    keys = ("trainer.lr", "env", "physics.timestep", "amp.weight", "stages", "seed", "robot", "env.commands.forward")
    if rng.random() < 0.3:
        words = (
            "1e400",
            "[1,",
            "{a: b}",
            "nan",
            "-0",
            "~",
            "010",
            "[]",
            "!!python/object:os.system",
            "&a [*a]",
            "[0,3]",
        )
        return load_config(STANDARD, [f"{rng.choice(keys)}={rng.choice(words)}" for _ in range(rng.randrange(1, 3))])
    path = folder / "config.yaml"
    path.write_bytes(damaged_bytes(rng, STANDARD.read_bytes()))
    return load_config(path, verify=rng.random() < 0.5)


class _Fraud:
    """Pickles itself as a call."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"open('../{MARKER}', 'w').close()",)


def checkpoint(rng: random.Random, folder: Path) -> object:
    """A policy file, its sum put right, as a fraud would."""
    pickled = _box_policy()[0]
    kind = rng.random()
    if kind < 0.5:
        pickled = damaged_bytes(rng, pickled)
    elif kind < 0.9:
        pickled = pickle.dumps(damaged_data(rng, _box_policy()[1]), protocol=rng.randrange(6))
    else:
        pickled = pickle.dumps({**_box_policy()[1], "metrics": _Fraud()}, protocol=rng.randrange(6))
    path = folder / "final_iter_1.pkl"
    path.write_bytes(pickled + SUM_PREFIX + hashlib.sha256(pickled).hexdigest().encode() + b"\n")
    return read_policy(path)


@cache
def _box_policy() -> tuple[bytes, Any]:
    """The pickle of the policy in the box, and what is in it."""
    data = next(BOX.glob("final_iter_*.pkl")).read_bytes()
    pickled = data[: data.rindex(SUM_PREFIX)]
    return pickled, safe_loads(pickled)


def state(rng: random.Random, folder: Path) -> object:
    """An archive like a saved state's, its sum put right."""
    manifest = damaged_data(rng, {"format": 1, "iteration": 4, "config": {"robot": "wildrobot"}, "metrics": {"a": 1.0}})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name in ("average/params/policy/kernel", "../../outside"):
            array = io.BytesIO()
            np.save(array, np.zeros(rng.choice((0, 3, 100)), rng.choice(("f4", "U3", "O"))), allow_pickle=True)
            archive.writestr(f"{name}.npy", damaged_bytes(rng, array.getvalue()))
        archive.comment = b"0" * 64
    content = buffer.getvalue()
    if rng.random() < 0.5:
        content = damaged_bytes(rng, content)
    path = folder / "iter_00000004.npz"
    path.write_bytes(content[:-64] + hashlib.sha256(content[:-64]).hexdigest().encode())
    read_state(path)
    return open_policy(path)


def bundle(rng: random.Random, folder: Path) -> object:
    """A bundle whose manifest, golden vectors or network were altered, its sums put right."""
    names = ("manifest.json", "golden.json", "policy.onnx", "runtime.py", "report.json")
    files = {name: (BOX / name).read_bytes() for name in names}
    files["golden.json"] = json.dumps(_short_golden()).encode()
    altered = rng.choice(names[:3])
    if altered.endswith(".json") and rng.random() < 0.8:
        files[altered] = json.dumps(damaged_data(rng, json.loads(files[altered]))).encode()
    else:
        files[altered] = damaged_bytes(rng, files[altered])
    for name in names[1:]:
        (folder / name).write_bytes(files[name])
    (folder / "manifest.json").write_bytes(_resealed(files))
    if rng.random() < 0.3:
        return read_bundle(folder)
    return load_policy(folder, rng.choice(("numpy", "onnxruntime")))


@cache
def _short_golden() -> Any:
    golden = json.loads((BOX / "golden.json").read_text())
    first = golden["sequences"][0]
    for name, column in first["steps"].items():
        by_joint = isinstance(column, dict)
        first["steps"][name] = {joint: each[:3] for joint, each in column.items()} if by_joint else column[:3]
    return {**golden, "sequences": [first]}


def _resealed(files: dict[str, bytes]) -> bytes:
    try:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in manifest["files"]}
        return json.dumps(manifest).encode()
    except (ValueError, TypeError, KeyError):
        return files["manifest.json"]


def clip(rng: random.Random, folder: Path) -> object:
    """A clip with one array replaced, or its bytes damaged."""
    path = folder / "clip.npz"
    source = next((ROBOTS / "wildrobot" / "demonstrations").glob("*.npz"))
    if rng.random() < 0.4:
        path.write_bytes(damaged_bytes(rng, source.read_bytes()))
    else:
        with np.load(source) as stored:
            arrays: dict[str, Any] = dict(stored)
        odd = (
            np.array(rng.choice(ODD[1:9])),
            np.zeros((0, 3)),
            np.full((4, 18), np.nan),
            np.array("x"),
            np.zeros(10**6),
        )
        arrays[rng.choice(list(arrays))] = rng.choice(odd)
        np.savez(path, **arrays)
    return load_clip(path, load_robot("wildrobot"))


def motion(rng: random.Random, folder: Path) -> object:
    """A person's walk as BVH, Acclaim's, DeepMimic's JSON, places of joints or an AMASS archive, to its strides."""
    ending = rng.choice((".bvh", ".json", ".txt", ".npz", ".npy", ".amc"))
    path = folder / f"walk{ending}"
    if ending in (".json", ".txt") and rng.random() < 0.7:
        path.write_text(json.dumps(damaged_data(rng, json.loads(_walk(".json")))))
    else:
        path.write_bytes(damaged_bytes(rng, _walk(ending)))
    if ending == ".amc":
        path.with_suffix(".asf").write_bytes(damaged_bytes(rng, _walk(".asf")))
    recording = read_motion(path, rng.choice((None, 60.0)))
    walker = find_walker(recording, find_joints(recording, {}), None, None)
    stride = find_walking(walker).straight.stride
    return double_supports(*find_timing(stride))


@cache
def _walk(ending: str) -> bytes:
    import sys
    import tempfile

    sys.path.append(str(PROJECT / "tests" / "helpers"))
    from made_up_people import write_acclaim, write_bvh, write_deepmimic, write_positions, write_smpl

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"walk{ending}"
        if ending == ".bvh":
            return write_bvh(path, seconds=2.6).read_bytes()
        if ending == ".npz":
            return write_smpl(path).read_bytes()
        if ending == ".npy":
            return write_positions(path).read_bytes()
        if ending in (".amc", ".asf"):
            return write_acclaim(path.with_suffix(".amc")).with_suffix(ending).read_bytes()
        return write_deepmimic(path).read_bytes()


def joint_map(rng: random.Random, folder: Path) -> object:
    """A file for --map."""
    path = folder / "map.yaml"
    path.write_bytes(damaged_bytes(rng, b"left_knee: Joint7\nright_knee: 'Joint 12'\npelvis: Hips\n"))
    return read_map(path)


def run_folder(rng: random.Random, folder: Path) -> object:
    """What a report reads of a run: metrics and gates' results."""
    shutil.copy(next(BOX.glob("final_iter_*.pkl")), folder)
    lines = [json.dumps({"iteration": n, "reward/total": 1.0, "env_steps": n}) for n in range(1, 4)]
    (folder / "metrics.jsonl").write_bytes(damaged_bytes(rng, "\n".join(lines).encode()))
    gate = json.loads((BOX / "gate_walk.json").read_text())
    (folder / "gate_walk.json").write_text(json.dumps(damaged_data(rng, gate)))
    return read_facts(next(folder.glob("final_iter_*.pkl")))


def robot(rng: random.Random, folder: Path) -> object:
    """A robot's folder whose MJCF or robot.yaml was altered."""
    own = folder / "robot"
    shutil.copytree(ROBOTS / "wildrobot", own, ignore=shutil.ignore_patterns("demonstrations", "looks"))
    path = rng.choice(sorted([*own.glob("*.yaml"), *own.glob("*.xml")]))
    path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    return load_robot(str(own))


TARGETS: dict[str, Target] = {
    each.__name__: each
    for each in (configuration, checkpoint, state, bundle, clip, motion, joint_map, run_folder, robot, model, websocket)
}
