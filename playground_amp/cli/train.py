"""Train WildRobot to walk: `python playground_amp/train.py --help`."""

import argparse
import importlib.util
import json
import os
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser, add_robot_flag, require_writable
from playground_amp.configs.engines import TRAINING_CHOICES
from playground_amp.errors import UserError
from playground_amp.paths import PACKAGE, STANDARD, find_config
from playground_amp.telling import tell
from playground_amp.untyped import Plain

if TYPE_CHECKING:
    from playground_amp.configs.schema import Config

DEFAULT_CONFIG = STANDARD.relative_to(PACKAGE)


class TrainParser(CommandParser):
    """Flags of which those whose `dest` is a key of the YAML replace that key, when given.

    Their values are kept as typed: the schema knows types and bounds.
    """

    def flag_names(self) -> dict[str, str]:
        """Dotted key to the flag as it is typed."""
        return {action.dest: action.option_strings[0] for action in self._actions if _is_key(action.dest)}

    def format_help(self) -> str:
        from playground_amp.yaml_text import read_yaml

        defaults = read_yaml(STANDARD)
        for action in self._actions:
            if _is_key(action.dest) and "(default" not in (action.help or ""):
                default = reduce(lambda section, key: section[key], action.dest.split("."), defaults)
                action.help = f"{action.help} (default: {str(default).replace('%', '%%')})"
        return super().format_help()


def _is_key(dest: str) -> bool:
    return "." in dest or dest == "robot"


def build_parser() -> TrainParser:
    parser = TrainParser(description="Train WildRobot to walk.")
    run = parser.add_argument_group("run")
    run.add_argument("--config", type=Path, metavar="PATH", help=f"YAML file (default: {DEFAULT_CONFIG})")
    run.add_argument(
        "--verify", action="store_true", help="quick check of the setup: the overrides of `quick_verify:` in the YAML"
    )
    run.add_argument(
        "--resume",
        type=os.path.expanduser,
        nargs="?",
        const="",
        metavar="PATH",
        help="go on from the newest saved state of a run folder (default: --checkpoint-dir), with its configuration "
        "unless --config is given; or from one saved state; or start from a policy file (.pkl)",
    )
    run.add_argument(
        "--override",
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY",
        help="with --resume: what may differ from the saved run; a key, a section, robot or observation",
    )
    run.add_argument("--no-wandb", action="store_true", help="do not log to Weights & Biases")
    run.add_argument("--print-config", action="store_true", help="print the resolved configuration as YAML and stop")

    keys = parser.add_argument_group("configuration (the YAML holds unless a flag is given)")
    add_robot_flag(keys)
    keys.add_argument(
        "--num-envs",
        dest="trainer.num_envs",
        type=_value,
        metavar="N",
        help="robots simulated in parallel; auto: as many as suit this machine",
    )
    keys.add_argument(
        "--num-iterations",
        dest="trainer.num_iterations",
        type=_value,
        metavar="N",
        help="training iterations, at which the run ends; ends of `stages:` given in iterations stay where they are",
    )
    keys.add_argument(
        "--enable-amp", dest="amp.enabled", action="store_const", const=True, help="train with the motion prior (AMP)"
    )
    keys.add_argument(
        "--amp-weight",
        dest="amp.weight",
        type=_value,
        metavar="W",
        help="weight of the style reward; 1.0: equal to the task",
    )
    keys.add_argument(
        "--checkpoint-dir", dest="trainer.checkpoint_dir", metavar="DIR", help="folder of the run, created if needed"
    )
    engines = "{" + ",".join(TRAINING_CHOICES) + "}"
    keys.add_argument("--physics", dest="physics.engine", metavar=engines, help="physics engine")
    keys.add_argument("--trainer", dest="trainer.name", metavar="{wildrobot,brax}", help="training loop")
    keys.add_argument(
        "--num-devices",
        dest="trainer.num_devices",
        type=_value,
        metavar="N",
        help="devices the robots are spread over; 0: all there are",
    )
    keys.add_argument("--seed", dest="trainer.seed", type=_value, metavar="N", help="seed of everything random")
    keys.add_argument(
        "--set",
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="override keys of the YAML, dotted or as short as is unique: --set trainer.lr=0.001 gamma=0.95",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Trains as the command line says and returns the exit status. Raises UserError before anything compiles."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.override and arguments.resume is None:
        raise UserError("--override names what may differ from a saved run: it needs --resume")
    config = _resolve_config(arguments, parser.flag_names())
    if arguments.print_config:
        return _print_config(config)
    resume = None if arguments.resume is None else Path(arguments.resume or config.trainer.checkpoint_dir)
    if resume is not None:
        from playground_amp.runs.resuming import require_state

        require_state(resume)
    check_run(config)
    from playground_amp.runs.stages import stages_of

    if with_amp := next((stage for stage in stages_of(config) if stage.config.amp.enabled), None):
        from playground_amp.doctor.examination import require_healthy

        require_healthy(with_amp.config, thorough=arguments.verify)

    from playground_amp.runs.loop import train

    return train(config, use_wandb=not arguments.no_wandb, resume=resume, override=arguments.override).exit_status


def check_run(config: "Config") -> None:
    """Raises UserError if this machine cannot do the run: quick, and before anything is compiled."""
    from playground_amp.physics.capacity import require_memory
    from playground_amp.physics.registry import check_engine, prepare
    from playground_amp.runs.stages import stages_of

    if config.trainer.name == "brax" and config.amp.enabled:
        raise UserError("--trainer brax: Brax's trainer has no motion prior; AMP is allowed with --trainer wildrobot")
    if importlib.util.find_spec("brax") is None:
        raise UserError('Failed to import Brax PPO: the package is not installed; pip install "brax>=0.14.2"')
    folder = Path(config.trainer.checkpoint_dir)
    require_writable(folder, f"the checkpoint directory {folder} (--checkpoint-dir)")
    for stage in stages_of(config):
        engine, trainer = check_engine(stage.config.physics, training=True), stage.config.trainer
        require_memory(engine, trainer.num_envs, trainer.rollout_steps)
        prepare(engine)
    for stage in stages_of(config):
        from playground_amp.motion.demonstrations import has_demonstrations, load_demonstrations

        starts = stage.config.env.reference_start_share > 0 and has_demonstrations(stage.config)
        if stage.config.amp.enabled or starts:
            load_demonstrations(stage.config)


def _resolve_config(arguments: argparse.Namespace, flag_names: dict[str, str]) -> "Config":
    from playground_amp.configs.loader import load_config, overridden

    given: dict[str, Plain] = vars(arguments)

    def typed() -> dict[str, Plain]:
        flags = {key: given[key] for key in flag_names if given[key] is not None}
        return {"verify": arguments.verify, "flags": flags, "flag_names": flag_names}

    def load(path: Path | None, overrides: Sequence[str] = ()) -> "Config":
        return load_config(find_config(path or DEFAULT_CONFIG), [*overrides, *arguments.set], **typed())

    if given["trainer.num_envs"] == "auto":
        given["trainer.num_envs"] = None
        given["trainer.num_envs"] = _fitting_num_envs(load(arguments.config))
    if arguments.resume is None:
        return load(arguments.config)
    if arguments.resume.endswith(".pkl"):
        if given["trainer.checkpoint_dir"] is None:
            raise UserError(f"--resume {arguments.resume} starts a new run from that policy: --checkpoint-dir names it")
        if arguments.config is not None:
            return load(arguments.config)
        return overridden(_config_of_policy(arguments), arguments.resume, arguments.set, **typed())
    folder = run_folder_of(Path(arguments.resume or load(arguments.config).trainer.checkpoint_dir))
    saved_config = folder / "config.yaml"
    path = saved_config if arguments.config is None and os.path.exists(saved_config) else arguments.config
    return load(path, [f"trainer.checkpoint_dir={json.dumps(str(folder))}"])


def _config_of_policy(arguments: argparse.Namespace) -> "Config":
    from playground_amp.runs.checkpoint import read_policy

    return read_policy(Path(arguments.resume), arguments.robot).config


def _fitting_num_envs(config: "Config") -> int:
    from playground_amp.physics.capacity import fitting_num_envs
    from playground_amp.physics.registry import check_engine

    return fitting_num_envs(check_engine(config.physics))


def run_folder_of(source: Path) -> Path:
    """The run folder of what is given to --resume: itself, or of a saved state or folder of states in it."""
    states = source.parent if source.suffix == ".npz" else source
    return states.parent if states.name in ("states", "best") else states


def _print_config(config: "Config") -> int:
    from playground_amp.configs.loader import dump_config

    tell(dump_config(config).rstrip("\n"))
    return 0


def _value(text: str) -> object:
    from playground_amp.yaml_text import parse_value

    return parse_value(text, "the value")
