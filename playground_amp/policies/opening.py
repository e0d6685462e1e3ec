"""Opens whatever holds a policy: a checkpoint, a saved state, a bundle, or the folder of a run that may still train."""

import os
from collections.abc import Callable
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.policies.saved_policy import open_file
from playground_amp.policies.source import PolicySource

MANIFEST = "manifest.json"  # of a bundle


def open_policy(path: Path, robot: str | None = None, say: Callable[[str], None] = print) -> PolicySource:
    """The source that `path` is: a policy's file, a folder that export.py wrote, or the folder of a run.

    Args:
        path: `final_iter_<N>.pkl`, a saved state, a bundle or a run folder.
        robot: as after --robot, the robot to use it on, which must be the one it was made for; None: that one.
        say: gets a line while a run that has saved nothing yet is waited for.

    Raises:
        UserError: it is none of these, is damaged, or is of another robot.
    """
    if not os.path.isdir(path):
        return open_file(path, robot)
    # Imported here: both bring much that a file does without.
    if os.path.isfile(path / MANIFEST):
        from playground_amp.policies.bundle import open_bundle

        return open_bundle(path, robot)
    from playground_amp.runs.contents import CONFIG

    if os.path.isfile(path / CONFIG):
        from playground_amp.policies.run import RunPolicies

        return RunPolicies(path, robot, say)
    raise UserError(
        f"{path} is no folder of a run (it holds no {CONFIG}) and no bundle (it holds no {MANIFEST}): "
        "name a final_iter_<N>.pkl, the --checkpoint-dir of a run, or the --output of export.py"
    )
