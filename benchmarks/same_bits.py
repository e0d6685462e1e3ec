"""Whether a change keeps what the program computes, to the last bit: hashes of what its commands make.

    python benchmarks/same_bits.py --keep before.json [--tree DIR] [--parts NAME ...]
    python benchmarks/same_bits.py --against before.json [--tree DIR] [--parts NAME ...]

`--tree` names the checkout that is run (default: this one), so that an old and a new one can be compared on one
machine: bits hold for one machine and one set of libraries only. Every part runs the commands a user would run.
"""

import argparse
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx

ROOT = Path(__file__).resolve().parents[1]
TRAINING = ("--no-wandb", "--num-envs", "64", "--num-iterations", "20", "--seed", "3")
TIMES = ("time/", "wall_clock")  # what differs from run to run


class Tree:
    """A checkout whose commands are run."""

    def __init__(self, root: Path, folder: Path):
        self.root, self.folder = root, folder

    def run(self, command: str, *arguments: object) -> None:
        """Runs a command of the package; its exit status may be 1 (a gate that failed)."""
        words = [sys.executable, str(self.root / "playground_amp" / f"{command}.py"), *map(str, arguments)]
        environment = os.environ | {"PYTHONPATH": str(self.root)}
        done = subprocess.run(words, env=environment, cwd=self.folder, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    def train(self, name: str, *arguments: object) -> dict[str, str]:
        """The arrays of the policy file, and what training logged."""
        folder = self.folder / name
        self.run("train", *TRAINING, "--checkpoint-dir", folder, *arguments)
        content = pickle.loads((folder / "final_iter_20.pkl").read_bytes())
        parts = {key: content[key] for key in ("params", "amp_discriminator", "amp_weight") if key in content}
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        kept = [{key: value for key, value in line.items() if not key.startswith(TIMES)} for line in lines]
        return {"policy": hashed(parts), "metrics": hashed(kept)}

    def judge(self, name: str, *arguments: object) -> dict[str, str]:
        """The figures of every cell and episode, on seed 0, which trees without `--seed` have anyway."""
        path = self.folder / f"{name}.json"
        parser = (self.root / "playground_amp" / "cli" / "evaluate.py").read_text()
        seed = ("--seed", 0) if '"--seed"' in parser else ()
        self.run("evaluate", "--json", path, *seed, *arguments)
        cells = json.loads(path.read_text())["cells"]
        return {cell["name"]: hashed({key: cell[key] for key in ("episodes", "joints", "means")}) for cell in cells}


def export(tree: Tree) -> dict[str, str]:
    bundle = tree.folder / "bundle"
    tree.run("export", "--checkpoint", box(tree), "--output", bundle)
    golden = json.loads((bundle / "golden.json").read_text())
    graph = onnx.load(bundle / "policy.onnx").graph
    weights = [onnx.numpy_helper.to_array(weight) for weight in graph.initializer]
    nodes = [node.op_type for node in graph.node]  # names are for people
    return {"onnx": hashed([nodes, weights]), "golden": hashed(golden)}


def clips(tree: Tree, *command: object) -> dict[str, str]:
    folder = tree.folder / "clips"
    tree.run("motion", *command, "--output", folder)
    stored = {path.stem: dict(np.load(path)) for path in sorted(folder.glob("*.npz"))}
    # Clips came to name their robot later; nothing is computed for that.
    return {name: hashed({key: x for key, x in arrays.items() if key != "robot"}) for name, arrays in stored.items()}


def box(tree: Tree) -> Path:
    return next((tree.root / "policies" / "walk").glob("final_iter_*.pkl"))


PARTS: dict[str, Callable[[Tree], dict[str, str]]] = {
    "generate": lambda tree: clips(tree, "generate"),
    "export": export,
    "ppo": lambda tree: tree.train("ppo"),
    "amp": lambda tree: tree.train("amp", "--enable-amp"),
    "robust": lambda tree: tree.train("robust", "--config", "configs/wildrobot_robust.yaml"),
    "gate_walk": lambda tree: tree.judge("walk", "--gate", "walk", "--episodes", 4, "--checkpoint", box(tree)),
    "gate_robust": lambda tree: tree.judge("robust", "--gate", "robust", "--episodes", 4, "--checkpoint", box(tree)),
    "simulators": lambda tree: tree.judge(
        "other", "--simulator", "fine", "mjx", "drake", "--episodes", 1, "--distance", 1, "--checkpoint", box(tree)
    ),
}


def hashed(content: Any) -> str:
    """SHA-256 of arrays, numbers and texts in nested dicts and lists; every dict in the order of its keys."""
    digest = hashlib.sha256()
    for piece in pieces(content):
        digest.update(piece)
    return digest.hexdigest()


def pieces(content: Any) -> Iterator[bytes]:
    if isinstance(content, dict):
        for key in sorted(content):
            yield f"{key}:".encode()
            yield from pieces(content[key])
    elif isinstance(content, list | tuple):
        for item in content:
            yield from pieces(item)
    elif isinstance(content, np.ndarray):
        yield f"{content.dtype}{content.shape}".encode() + content.tobytes()
    else:
        yield content if isinstance(content, bytes) else repr(content).encode() + b";"


def is_kept(path: Path) -> bool:
    """Whether a file is one of `--keep`: of nothing but parts."""
    try:
        return json.loads(path.read_bytes()).keys() <= PARTS.keys()
    except (ValueError, AttributeError):
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--parts", nargs="+", choices=sorted(PARTS), default=list(PARTS), metavar="NAME")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--keep", type=Path)
    target.add_argument("--against", type=Path)
    arguments = parser.parse_args()
    if arguments.keep and arguments.keep.exists() and not is_kept(arguments.keep):
        parser.error(f"{arguments.keep} is there already and holds no hashes: it stays as it is; name another file")
    before = json.loads(arguments.against.read_text()) if arguments.against else {}
    found: dict[str, dict[str, str]] = {}
    same = True
    for part in arguments.parts:
        with tempfile.TemporaryDirectory() as folder:
            found[part] = PARTS[part](Tree(arguments.tree.resolve(), Path(folder)))
        if arguments.against:
            differ = sorted(name for name, value in before[part].items() if found[part].get(name) != value)
            same = same and not differ
            print(f"{part}: {f'DIFFERENT: {chr(44).join(differ)}' if differ else 'the same'}", flush=True)
        else:
            print(f"{part}: {hashed(found[part])}", flush=True)
    if arguments.keep:
        arguments.keep.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
