"""A person's recording beside what came of it: flags and reading that commands of `motion.py` share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser, finite_float, user_path

if TYPE_CHECKING:
    from playground_amp.motion.human.landmarks import Walker
    from playground_amp.motion.human.skeleton import SkeletonMotion


def add_person_flags(parser: CommandParser, clips: str) -> None:
    """Recording, clips of it (told by `clips`) and policy; and how the recording is to be read."""
    parser.add_argument("file", type=Path, metavar="FILE", help="motion capture, as for import")
    parser.add_argument("clip", type=Path, metavar="CLIP|FOLDER", help=clips)
    parser.add_argument("policy", type=user_path, metavar="PATH", help="policy (.pkl) or folder of a run")
    parser.add_argument("--map", type=Path, metavar="PATH", help="YAML or JSON: left_knee: NAME OF THE JOINT, ...")
    parser.add_argument("--unit", metavar="UNIT|M", help="of length, as for import")
    parser.add_argument("--up", choices=("x", "y", "z", "-x", "-y", "-z"), help="axis that points up")
    parser.add_argument("--rate", type=finite_float, metavar="HZ", help="frames a second, as for import")


def read_person(arguments: argparse.Namespace) -> "tuple[SkeletonMotion, dict[str, int], Walker]":
    """The recording, its joint of each role, and its legs."""
    from playground_amp.motion.human.landmarks import find_joints, find_walker, read_map
    from playground_amp.motion.human.reading import read_motion, require_rate

    motion = read_motion(arguments.file, None if arguments.rate is None else require_rate(arguments.rate))
    joints = find_joints(motion, read_map(arguments.map) if arguments.map else {})
    return motion, joints, find_walker(motion, joints, arguments.unit, arguments.up)
