"""How the pages of this folder are made of their templates."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def template_environment() -> Environment:
    """The templates, strict about what they are given, with the filters `figure` and `speed`."""
    environment = Environment(
        loader=PackageLoader(__package__ or "", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": _figure, "speed": _speed}
    return environment


def _figure(value: float | None) -> str:
    """A figure of a table: three digits, the same as in the terminal's table."""
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def _speed(value: float) -> str:
    """Two decimals, without the sign of a zero."""
    return f"{round(value, 2) + 0.0:.2f}"
