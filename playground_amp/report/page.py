"""The report as one HTML file. Everything is in it: it asks nothing of the network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from plotly.offline import get_plotlyjs

from playground_amp.configs.loader import dump_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.gates.gates import WALK
from playground_amp.gates.runner import gate_config
from playground_amp.outputs import write_output
from playground_amp.paths import shown_command
from playground_amp.report.cycles import Gait, measured_gait
from playground_amp.report.facts import REPORT_PAGE, RunFacts
from playground_amp.report.film import data_uri, film_program
from playground_amp.report.judged import JudgedGate, latest_of_each_gate
from playground_amp.report.likeness import NOT_MEASURED, LikenessRows, measured_likeness
from playground_amp.report.program import Performance, perform, program
from playground_amp.report.repeat import Change, changes, repeat_command
from playground_amp.report.sections import SectionCharts, section_charts
from playground_amp.report.summary import Highlight, Verdict, summary, verdict, versions
from playground_amp.report.templating import template_environment
from playground_amp.report.tracking_charts import StageResult, stage_results
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of


@dataclass(frozen=True)
class PageFilm:
    """The film in the page, or why there is none."""

    uri: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Page:
    """What the template shows; its variables are these fields."""

    facts: RunFacts
    verdict: Verdict
    highlights: list[Highlight]
    own_gates: list[JudgedGate]
    other_gates: list[JudgedGate]
    performance: Performance
    gait: Gait | None
    stages: list[StageResult]
    charts: SectionCharts
    likeness: LikenessRows
    film: PageFilm
    changes: list[Change]
    command: str
    config_yaml: str
    versions: dict[str, str]
    made: str


def write_report(
    facts: RunFacts,
    path: Path,
    judged: Sequence[JudgedGate] = (),
    film: Path | None = None,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> None:
    """Writes the report of a policy and of the run it lies in.

    Args:
      facts: what the policy and its run folder tell.
      path: the HTML file.
      judged: results of gates that are not in the run folder.
      film: an MP4 to show; without it the robot is filmed under the program, where this machine can draw.
      report_progress: is told the share of the work that is done, and what comes next.

    Raises:
      UserError: the page cannot be written.
    """
    gate = WALK.scaled_for(load_robot(facts.config.robot, "flat"))
    env = WildRobotEnv(gate_config(facts.config, gate))
    stages = program(facts.config.env.commands, scale_of(env.engine.robot))
    report_progress(0.0, "the robot walks")
    performance = perform(env, facts.policy.controller(env), stages)
    report_progress(0.3, "comparing with the demonstrations")
    likeness = measured_likeness(facts)
    report_progress(0.6, "drawing charts and film")
    page = render(facts, latest_of_each_gate([*facts.gates, *judged]), performance, film, likeness)
    write_output(path, REPORT_PAGE, page.encode())


def render(
    facts: RunFacts,
    gates: Sequence[JudgedGate],
    performance: Performance,
    film: Path | None,
    likeness: LikenessRows = NOT_MEASURED,
) -> str:
    """The page as text."""
    gait = measured_gait(performance)
    own = [gate for gate in gates if gate.checkpoint.sha256 == facts.sha256]
    page = Page(
        facts=facts,
        verdict=verdict(own),
        highlights=summary(facts, own),
        own_gates=own,
        other_gates=[gate for gate in gates if gate not in own],
        performance=performance,
        gait=gait,
        stages=stage_results(performance),
        charts=section_charts(facts, performance, gait),
        likeness=likeness,
        film=_film(performance, film),
        changes=changes(facts.config),
        command=repeat_command([*facts.stages, facts.config]),
        config_yaml=dump_config(facts.config),
        versions=versions(),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    environment = template_environment()
    return environment.get_template("report.html.j2").render(
        vars(page), shown_command=shown_command, plotly=get_plotlyjs()
    )


def _film(performance: Performance, film: Path | None) -> PageFilm:
    try:
        return PageFilm(uri=data_uri(film) if film is not None else film_program(performance))
    except UserError as error:
        return PageFilm(reason=str(error))
