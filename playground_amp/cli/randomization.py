"""List what training draws for its robots: `python playground_amp/randomization.py --robots 512`.

A line an item: the range of the YAML, and what was drawn for so many episodes. With --json every value.
Exit status: 0, or 2 for a mistake in the command line or the configuration.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser, add_robot_flag, positive_int_to, robot_given, whole_number
from playground_amp.outputs import OutputKind, read_json, require_output, write_output
from playground_amp.paths import ROBUST
from playground_amp.telling import tell

if TYPE_CHECKING:
    import numpy as np


def build_parser() -> CommandParser:
    parser = CommandParser(description="List what domain randomization draws.")
    parser.add_argument("--config", type=Path, default=ROBUST, metavar="PATH", help="configuration file (YAML)")
    parser.add_argument("--set", action="extend", nargs="+", default=[], metavar="KEY=VALUE", help="override keys")
    add_robot_flag(parser)
    parser.add_argument("--robots", type=positive_int_to(1_000_000), default=512, metavar="N", help="episodes to draw")
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help="seed of the draws")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every value there as well")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Draws and lists as the command line says and returns the exit status."""
    arguments = build_parser().parse_args(argv)

    from playground_amp.configs.loader import load_config
    from playground_amp.configs.randomization import DomainRandomizationConfig, unit_of
    from playground_amp.envs.individuals import sampled_values
    from playground_amp.robot.robot import load_robot

    kind = drawn_values(DomainRandomizationConfig.model_fields)
    if arguments.json:
        require_output(arguments.json, kind, arguments.config)
    config = load_config(arguments.config, arguments.set, flags=robot_given(arguments))
    values = sampled_values(
        config.domain_randomization, load_robot(config.robot), arguments.robots, arguments.seed, config.env.control_dt
    )
    tell(f"{'drawn at the start of an episode':34} {'range':>17}   {'lowest':>9} {'mean':>9} {'highest':>9}")
    for name, drawn in values.items():
        tell(line(name, unit_of(name), getattr(config.domain_randomization, name), drawn))
    if arguments.json:
        text = json.dumps({name: drawn.tolist() for name, drawn in values.items()})
        write_output(arguments.json, kind, text.encode())
    return 0


def drawn_values(names: Iterable[str]) -> OutputKind:
    """The kind of file that --json writes, for items that are called so."""

    def recognizes(path: Path) -> bool:
        content = read_json(path)
        if not isinstance(content, dict) or content.keys().isdisjoint(names):
            return False
        return all(isinstance(values, list) for values in content.values())

    return OutputKind("a list of drawn values (JSON)", recognizes)


def line(name: str, unit: str, ends: tuple[float, float], drawn: "np.ndarray") -> str:
    """One item of the list."""
    label = name if unit == "1" else f"{name} ({unit})"
    span = f"{ends[0]:g} … {ends[1]:g}"
    return f"{label:34} {span:>17}   {drawn.min():9.4f} {drawn.mean():9.4f} {drawn.max():9.4f}"
