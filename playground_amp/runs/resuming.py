"""Which saved state a run goes on from."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.runs.abilities import early_ends
from playground_amp.runs.checkpoint import SavedPolicy, read_policy
from playground_amp.runs.contents import STATES, list_states
from playground_amp.runs.manifest import different_versions, make_manifest, require_unchanged
from playground_amp.runs.stages import config_at
from playground_amp.runs.state import SavedState, read_state

POLICY = ".pkl"  # the ending of a policy file


def find_origin(
    source: Path, run_folder: Path, config: Config, override: Sequence[str], say: Callable[[str], None]
) -> SavedState | SavedPolicy:
    """What a run begins with: a saved state, as `find_state`, or a policy file, whose robot must be the run's.

    Raises UserError as `find_state` and `read_policy`.
    """
    if source.suffix != POLICY:
        return find_state(source, run_folder, config, override, say)
    policy = read_policy(source, config.robot)
    say(f"starting from the policy {source}: its networks and its normalizer; all else starts anew")
    return policy


def require_state(source: Path) -> None:
    """Raises UserError if there is nothing to go on from at `source`; touches nothing."""
    if source.suffix not in (".npz", POLICY) and not list_states(_run_folder_of(source)):
        raise UserError(f"cannot resume from {source}: it holds no saved state")


def find_state(
    source: Path, run_folder: Path, config: Config, override: Sequence[str], say: Callable[[str], None]
) -> SavedState:
    """The saved state to go on from, as `newest_sound_state`; it must be of the run that is configured.

    Raises UserError if there is none, if it is of another run than the entries of `override` allow, or if it lies
    beyond the end of the run.
    """
    ours = os.path.realpath(_run_folder_of(source)) == os.path.realpath(run_folder)
    saved = newest_sound_state(source, say, ours)
    total = config.trainer.num_iterations
    if saved.iteration > total:
        raise UserError(
            f"{saved.path} is of a run that has trained {saved.iteration} iterations already: --num-iterations {total} "
            f"must be {saved.iteration} or more"
        )
    manifest = make_manifest(config_at(config, saved.iteration, early_ends(saved.metrics)))
    require_unchanged(saved.manifest, manifest, override)
    if changed := different_versions(saved.manifest, manifest):
        say(f"resuming under other versions, so bits may differ from an uninterrupted run: {', '.join(changed)}")
    say(f"resuming from {saved.path}, iteration {saved.iteration}")
    return saved


def newest_sound_state(source: Path, say: Callable[[str], None], ours: bool = True) -> SavedState:
    """The state to go on from: `source` is a run folder, its folder of states, or one state.

    A damaged state is named to `say`, set aside (if the folder is `ours` to write), and the one before it taken.
    Raises UserError if there is none, or if the one that was asked for by name is damaged.
    """
    if source.suffix == ".npz":
        return read_state(source)
    require_state(source)
    states = list_states(_run_folder_of(source))
    for path in states:
        try:
            return read_state(path)
        except UserError as error:
            say(f"{error}; {'set aside, ' if ours else ''}using the one before it")
            if ours:
                os.replace(path, path.with_suffix(".damaged"))
    raise UserError(f"cannot resume from {source}: none of its {len(states)} saved states is sound")


def _run_folder_of(source: Path) -> Path:
    return source.parent if source.name == STATES else source
