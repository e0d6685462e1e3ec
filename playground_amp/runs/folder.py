"""The folder of a run: what lies where, and which saved states and configurations are kept."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from playground_amp.configs.loader import dump_config
from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.files import write_atomically
from playground_amp.outputs import FolderKind, output_folder, read_json, require_folder
from playground_amp.runs.abilities import early_ends
from playground_amp.runs.contents import (
    BEST,
    CONFIG,
    CONTENTS,
    METRICS,
    RESULT,
    STAGES,
    checkpoint_path,
    is_run,
    list_states,
    state_path,
)
from playground_amp.runs.manifest import differing_keys
from playground_amp.runs.stages import config_at
from playground_amp.runs.state import SavedState
from playground_amp.yaml_text import write_yaml


def prune_states(run_folder: Path, keep: int) -> None:
    """Removes all states but the newest `keep`."""
    for path in list_states(run_folder)[keep:]:
        path.unlink()


def prepare_folder(run_folder: Path, saved: SavedState | None, config: Config, say: Callable[[str], None]) -> None:
    """Makes the folder ready for a fresh run, or for one that goes on from `saved`, of this folder or another.

    The run's configuration is in it afterwards, and those that it was trained with before, if they said otherwise
    than what is in force next.

    Raises UserError if going on would drop states of this folder that are newer than `saved`, if the folder is
    somebody else's, or if the disk refuses it.
    """
    try:
        _prepare(run_folder, saved, config, say)
    except OSError as error:
        raise UserError(f"{run_folder} cannot be written: {error.strerror}") from error


def _prepare(run_folder: Path, saved: SavedState | None, config: Config, say: Callable[[str], None]) -> None:
    if saved is None or not _lies_in(saved.path, run_folder):
        if earlier := set_aside_earlier_run(run_folder):
            say(f"{run_folder} held an earlier run: moved to {earlier}")
        if saved is not None:
            _copy_history(saved, run_folder)
    elif newer := [path for path in list_states(run_folder) if path > state_path(run_folder, saved.iteration)]:
        raise UserError(
            f"{run_folder} holds {newer[0].name}, newer than {saved.path.name}: resume from the folder to go on from "
            "the newest, or name another --checkpoint-dir to branch off"
        )
    if saved is not None:
        following = config_at(config, saved.iteration + 1, early_ends(saved.metrics))
        keep_stage(run_folder, saved.iteration, saved.manifest.config, following)
    write_atomically(run_folder / CONFIG, dump_config(config).encode())


def list_stages(run_folder: Path) -> dict[int, Path]:
    """The configurations that a run was trained with before it went on with another, by the iteration they ended at."""
    found = {path.stem.rpartition("_")[2]: path for path in run_folder.glob(STAGES)}
    return dict(sorted((int(end), path) for end, path in found.items() if end.isdigit()))


def keep_stage(run_folder: Path, iteration: int, before: dict[str, object], following: Config) -> None:
    """Keeps the configuration that was in force up to `iteration`, if the run goes on with another."""
    for end, path in list_stages(run_folder).items():
        if end >= iteration:  # of an attempt that got no further
            path.unlink()
    if differing_keys(before, following.model_dump(mode="json")):
        write_atomically(run_folder / STAGES.replace("*", str(iteration)), write_yaml(before).encode())


def _copy_history(saved: SavedState, run_folder: Path) -> None:
    """Copies what a state's own folder tells of the iterations before it."""
    source = saved.path.parent.parent
    stages = [path for end, path in list_stages(source).items() if end < saved.iteration]
    for path in filter(Path.exists, [source / METRICS, *stages]):
        shutil.copy(path, run_folder / path.name)


def require_run_folder(run_folder: Path) -> None:
    """Raises UserError if a folder holds what a run would write there, and is not the folder of a run."""
    found = _contents(run_folder)
    if found and not is_run(run_folder):
        raise UserError(
            f"{run_folder} holds {found[0].name} and is not the folder of a run: it stays as it is; name another "
            "--checkpoint-dir"
        )


def _contents(run_folder: Path) -> list[Path]:
    return sorted({path for pattern in CONTENTS for path in run_folder.glob(pattern)})


def set_aside_earlier_run(run_folder: Path) -> Path | None:
    """Moves what an earlier run left in the folder into `earlier/<n>`, so that nothing is mixed or lost.

    Raises UserError as `require_run_folder`.
    """
    require_run_folder(run_folder)
    found = _contents(run_folder)
    if not found:
        return None
    earlier = run_folder / "earlier"
    number = 1 + max((int(path.name) for path in earlier.glob("[0-9]*") if path.name.isdigit()), default=0)
    target = earlier / str(number)
    target.mkdir(parents=True)
    for path in found:
        os.rename(path, target / path.name)
    return target


def _lies_in(path: Path, run_folder: Path) -> bool:
    return Path(os.path.realpath(path)).parents[1] == Path(os.path.realpath(run_folder))


def mark_best(run_folder: Path, iteration: int, gate_result: Mapping[str, object]) -> Path:
    """Keeps the state and the policy of `iteration` in `best/`, with the gate's result beside them, whatever is pruned.

    Raises UserError if neither is there, or `best/` is somebody else's or cannot be written.
    """
    candidates = (state_path(run_folder, iteration), checkpoint_path(run_folder, iteration))
    sources = [path for path in candidates if os.path.exists(path)]
    if not sources:
        raise UserError(f"{run_folder} holds neither a state nor a policy of iteration {iteration}")
    require_folder(run_folder / BEST, _BEST, [RESULT, *(path.name for path in sources)])
    with output_folder(run_folder / BEST, _BEST) as unfinished:
        for path in sources:
            shutil.copy(path, unfinished)
        result = json.dumps({"iteration": iteration, **gate_result}, indent=1)
        (unfinished / RESULT).write_text(result)
    return run_folder / BEST


def _listed_in_best(folder: Path) -> dict[str, None] | None:
    result = read_json(folder / RESULT)
    if not isinstance(result, dict) or not isinstance(result.get("iteration"), int):
        return None
    paths = (path_of(folder, result["iteration"]) for path_of in (state_path, checkpoint_path))
    return dict.fromkeys([RESULT, *(path.name for path in paths)])


_BEST = FolderKind("best policy of a run", RESULT, _listed_in_best)
