"""A policy's card: which file and robot were judged, by which code, on which seeds, and what came of it.

It travels with the policy (`card.json`, and as a page for people), and is what `verify` holds a new judgement against.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.stats import binomtest
from scipy.stats import t as student_t

from playground_amp.errors import UserError
from playground_amp.files import read_input, require_file
from playground_amp.gates.cells import Sensors
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import find_gate
from playground_amp.gates.judged_bus import IN_WORDS
from playground_amp.gates.judgement import CellResult
from playground_amp.outputs import OutputKind, json_object

FORMAT = 1
CARD, PAGE = "card.json", "card.md"
CARD_FILE = json_object("a policy's card (JSON)", "format", "policy_sha256", "robot_sha256", "gate")
CARD_PAGE = OutputKind("a policy's card (Markdown)", lambda path: path.read_bytes().startswith(b"# Policy card"))
_LARGEST_CARD = 1 << 20  # bytes
_ENERGY = {"power": "W", "cost_of_transport": "", "torque_rms": "N·m"}  # less is better, no gate limits them
_CLOSE = 0.05  # of a limit, or of an energy, that two honest judgements may differ by beside their spread
_SURE = 0.99865  # one-sided: three standard errors of a mean of many episodes, and more of few


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FigureClaim(_Part):
    """A figure over the episodes of a cell: its mean, and the standard error of that."""

    mean: float
    error: float = Field(ge=0)


class CheckClaim(_Part):
    """A criterion of a cell: in how many episodes it was not met."""

    bound: str  # "at least" or "at most"
    limit: float
    failed: int = Field(ge=0)


class CellClaim(_Part):
    """What was asked of the robot in a cell, and what came of it."""

    name: str
    episodes: int = Field(gt=0)
    survivors: int = Field(ge=0)
    checks: dict[str, CheckClaim]
    figures: dict[str, FigureClaim]

    @property
    def survival(self) -> tuple[float, float, float]:
        """The share of episodes without a fall, and its 95 % interval by Wilson's score."""
        return _share(self.survivors, self.episodes)


class PolicyCard(_Part):
    """One judgement of one policy. Quantities in SI units of its robot."""

    format: int
    policy_sha256: str  # of policy.onnx in a bundle, else of the file
    robot: str
    robot_sha256: str
    code: str | None  # commit that judged
    command: str  # that judges it so again
    gate: str
    passed: bool
    reduced: list[str]
    seed: int
    sensors: Sensors = "ideal"  # as all were, while cards did not say so
    commands: list[tuple[float, float]]  # forward, sideways m/s, yaw rate rad/s that it was trained for
    cells: list[CellClaim]


def read_card(path: Path) -> PolicyCard:
    """Raises UserError if it is no card."""
    require_file(path, "the card")
    if (size := path.stat().st_size) > _LARGEST_CARD:
        raise UserError(f"the card {path} is no card: it holds {size:,} bytes")
    try:
        card = PolicyCard.model_validate_json(read_input(path, "the card"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UserError(f"{path} is no policy's card: {place}: {first['msg'].lower()}") from None
    if card.format != FORMAT:
        raise UserError(f"the card {path} has format {card.format}; this version reads {FORMAT}")
    return card


def card_bytes(card: PolicyCard) -> bytes:
    """The content of `card.json`."""
    return (json.dumps(card.model_dump(), indent=1) + "\n").encode()


def cell_claims(run: GateRun) -> list[CellClaim]:
    """What came of each cell of a gate."""
    return [_cell_claim(cell) for cell in run.cells]


def shortfalls(claimed: PolicyCard, found: PolicyCard) -> Iterator[str]:
    """What a new judgement does worse than the card says, beyond what chance explains, in words."""
    anew = {cell.name: cell for cell in found.cells}
    if claimed.sensors != found.sensors:
        yield f"the card tells of a judgement {IN_WORDS[claimed.sensors]}, this one is {IN_WORDS[found.sensors]}"
        return
    if claimed.gate != found.gate or {cell.name for cell in claimed.cells} - anew.keys():
        yield f"the card tells of gate {claimed.gate} with other cells than were judged"
        return
    if claimed.commands != found.commands:
        yield "the card tells of other commands than the policy was trained for"
    if claimed.passed and not _is_borne_out(claimed):
        yield f"the card says that gate {claimed.gate} was passed, its own figures do not"
    if claimed.passed and not found.passed:
        yield from _silences(claimed, anew)
    for cell in claimed.cells:
        yield from _cell_shortfalls(cell, anew[cell.name], alike=claimed.reduced == found.reduced)


def _is_borne_out(card: PolicyCard) -> bool:
    """Whether a card's figures allow that its gate was passed, by the loosest share asked for in any cell."""
    shares: dict[str, float] = {}
    for criterion in (criterion for cell in find_gate(card.gate).cells for criterion in cell.criteria):
        share = 0.0 if criterion.over == "mean" else criterion.required_share
        shares[criterion.figure] = min(share, shares.get(criterion.figure, 1.0))
    checks = ((cell.episodes, figure, check) for cell in card.cells for figure, check in cell.checks.items())
    return all(1 - check.failed / episodes >= shares.get(figure, 0.0) for episodes, figure, check in checks)


def _silences(claimed: PolicyCard, anew: dict[str, CellClaim]) -> Iterator[str]:
    """What was judged and the card leaves out."""
    told = {cell.name: cell for cell in claimed.cells}
    for name, cell in anew.items():
        left_out = (
            [name] if name not in told else [f"{figure} of {name}" for figure in cell.checks.keys() - told[name].checks]
        )
        yield from (f"the card does not tell of {what}" for what in sorted(left_out))


def card_page(card: PolicyCard) -> str:
    """The card for people."""
    reduced = f" ({', '.join(card.reduced)})" if card.reduced else ""
    lines = [
        "# Policy card",
        "",
        f"Gate `{card.gate}`{reduced} {IN_WORDS[card.sensors]}: **{'passed' if card.passed else 'failed'}** on seed "
        f"{card.seed}.",
        "",
        f"- robot: {card.robot}, SHA-256 `{card.robot_sha256}`",
        f"- policy: SHA-256 `{card.policy_sha256}`",
        f"- judged by commit `{card.code or 'unknown'}`: `{card.command}`",
        "- trained for: "
        + ", ".join(
            f"{low:g} to {high:g} {what}"
            for (low, high), what in zip(card.commands, ("m/s forward", "m/s left", "rad/s"), strict=True)
        ),
        "",
        "| cell | episodes | without a fall (95 %) | energy |",
        "|---|---|---|---|",
    ]
    for cell in card.cells:
        share, low, high = cell.survival
        energy = ", ".join(
            f"{name.replace('_', ' ')} {cell.figures[name].mean:.3g} {_ENERGY[name]}".rstrip() for name in _energy(cell)
        )
        lines.append(f"| {cell.name} | {cell.episodes} | {share:.0%} ({low:.0%} to {high:.0%}) | {energy} |")
    return "\n".join(lines) + "\n"


def _energy(cell: CellClaim) -> list[str]:
    return [name for name in _ENERGY if name in cell.figures]


def _cell_claim(result: CellResult) -> CellClaim:
    names = dict.fromkeys([check.criterion.figure for check in result.results] + list(_ENERGY))
    return CellClaim(
        name=result.cell.name,
        episodes=len(result.episodes),
        survivors=sum(episode.survived > 0 for episode in result.episodes),
        checks={
            check.criterion.figure: CheckClaim(
                bound=check.criterion.bound, limit=check.criterion.limit, failed=len(check.failed_episodes)
            )
            for check in result.results
        },
        figures={name: claim for name in names if (claim := _figure_claim(result, name))},
    )


def _figure_claim(result: CellResult, name: str) -> FigureClaim | None:
    values = [value for episode in result.episodes if (value := getattr(episode, name)) is not None]
    if not values:
        return None
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1))
    return FigureClaim(mean=mean, error=spread / math.sqrt(len(values)))


def _cell_shortfalls(claimed: CellClaim, found: CellClaim, *, alike: bool) -> Iterator[str]:
    """`alike`: whether both were of the same gate. Of a shorter one the start alone makes figures differ."""
    if found.survival[2] < claimed.survival[1]:
        yield f"{claimed.name}: {found.survival[0]:.0%} of the episodes without a fall, not {claimed.survival[0]:.0%}"
    for figure, check in claimed.checks.items():
        now = found.checks.get(figure)
        if now is None:
            yield f"{claimed.name}: the card tells of {figure}, which the gate does not judge"
            continue
        met = _share(claimed.episodes - min(check.failed, claimed.episodes), claimed.episodes)
        met_now = _share(found.episodes - now.failed, found.episodes)
        if met_now[2] < met[1]:
            yield f"{claimed.name}: {figure} within its limit in {met_now[0]:.0%} of the episodes, not {met[0]:.0%}"
        if alike:
            yield from _worse(claimed, found, figure, now.bound, abs(now.limit))
    for figure in _energy(claimed) if alike else ():
        yield from _worse(claimed, found, figure, "at most", claimed.figures[figure].mean)


def _worse(claimed: CellClaim, found: CellClaim, figure: str, bound: str, size: float) -> Iterator[str]:
    before, now = claimed.figures.get(figure), found.figures.get(figure)
    if before is None or now is None:
        return
    worse = now.mean - before.mean if bound == "at most" else before.mean - now.mean
    # The claim's own error is not believed: for the difference of two means, that of the new one counts twice.
    surely = float(student_t.ppf(_SURE, max(found.episodes - 1, 1))) * math.sqrt(2) * now.error
    if worse > surely + _CLOSE * size:
        yield f"{claimed.name}: {figure.replace('_', ' ')} {now.mean:.3g}, not {before.mean:.3g}"


def _share(number: int, of: int) -> tuple[float, float, float]:
    interval = binomtest(min(number, of), of).proportion_ci(method="wilson")
    return number / of, float(interval.low), float(interval.high)
