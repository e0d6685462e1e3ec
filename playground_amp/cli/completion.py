"""Completion of commands, flags and their values in the shell: `eval "$(wildrobot completion bash)"`."""

from collections.abc import Sequence

from playground_amp.cli.parser import CommandParser
from playground_amp.errors import UserError
from playground_amp.paths import PROGRAM
from playground_amp.telling import tell

SHELLS = ("bash", "zsh", "fish")


def build_parser() -> CommandParser:
    parser = CommandParser(
        description="Print what completes commands, flags and their values in a shell. "
        f'bash: eval "$({PROGRAM} completion bash)" in ~/.bashrc; zsh: the same with zsh in ~/.zshrc, after compinit; '
        f"fish: {PROGRAM} completion fish >~/.config/fish/completions/{PROGRAM}.fish"
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell you use")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the shell's code and returns the exit status."""
    arguments = build_parser().parse_args(argv)
    try:
        from argcomplete.shell_integration import shellcode
    except ModuleNotFoundError as error:
        raise UserError("completion needs the package argcomplete: pip install 'argcomplete>=3.5,<4'") from error
    tell(shellcode([PROGRAM], shell=arguments.shell).rstrip("\n"))
    return 0
