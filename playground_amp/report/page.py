"""The report as one HTML file. Everything is in it: it asks nothing of the network."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from playground_amp.configs.loader import dump_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.files import write_atomically
from playground_amp.gates.gates import WALK
from playground_amp.gates.runner import gate_config
from playground_amp.learning.networks import make_policy
from playground_amp.report import gait_charts, learning_charts, tracking_charts
from playground_amp.report.charts import Chart
from playground_amp.report.cycles import Gait, measured_gait, reference_gait
from playground_amp.report.facts import RunFacts
from playground_amp.report.film import data_uri, film_program
from playground_amp.report.judged import JudgedGate, latest_of_each_gate
from playground_amp.report.program import Performance, perform, program
from playground_amp.report.repeat import changes, repeat_command
from playground_amp.report.summary import summary, verdict, versions
from playground_amp.robot.record import Robot
from playground_amp.rollouts.episodes import policy_controller


def write_report(
    facts: RunFacts, path: Path, judged: Sequence[Mapping[str, Any]] = (), film: Path | None = None
) -> None:
    """Writes the report of a policy and of the run it lies in.

    Args:
      facts: what the policy and its run folder tell.
      path: the HTML file.
      judged: results of gates that are not in the run folder, as `evaluation.report.as_json` gives them.
      film: an MP4 to show; without it the robot is filmed under the program, where this machine can draw.

    Raises:
      UserError: the page cannot be written.
    """
    gates = latest_of_each_gate([*facts.gates, *(JudgedGate.model_validate(gate) for gate in judged)])
    env = WildRobotEnv(gate_config(facts.config, WALK))
    controller = policy_controller(make_policy(facts.config.trainer, env.engine.robot), facts.params)
    performance = perform(env, controller, program(facts.config.env.commands))
    page = render(facts, gates, performance, env.engine.robot, film)
    try:
        write_atomically(path, page.encode())
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None


def render(
    facts: RunFacts, gates: Sequence[JudgedGate], performance: Performance, robot: Robot, film: Path | None
) -> str:
    """The page as text."""
    gait = measured_gait(performance)
    own = [gate for gate in gates if gate.checkpoint.sha256 == facts.sha256]
    environment = Environment(
        loader=PackageLoader(__package__ or "", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": _figure, "speed": _speed}
    return environment.get_template("report.html.j2").render(
        facts=facts,
        verdict=verdict(own),
        figures=summary(facts, own),
        own_gates=own,
        other_gates=[gate for gate in gates if gate not in own],
        performance=performance,
        stages=tracking_charts.stage_results(performance),
        film=_film(performance, robot, film),
        changes=changes(facts.config),
        command=repeat_command([*facts.stages, facts.config]),
        config_yaml=dump_config(facts.config),
        versions=versions(),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        plotly=get_plotlyjs(),
        gait=gait,
        **_charts(facts, performance, gait, robot),
    )


def _charts(facts: RunFacts, performance: Performance, gait: Gait | None, robot: Robot) -> dict[str, list[Chart]]:
    """The charts of each section, by its name in the template."""
    records = facts.records
    sections = {
        "progress": learning_charts.progress_charts(records),
        "rewards": learning_charts.reward_charts(records, facts.config.paid_weights),
        "prior": learning_charts.prior_charts(records, facts.config.amp.accuracy_band),
        "learner": learning_charts.learner_charts(records),
        "tracking": [*tracking_charts.tracking_charts(performance), tracking_charts.path_chart(performance)],
        "load": [gait_charts.load_chart(robot, performance)],
        **{section: [] for section in ("joints", "feet", "torques", "portraits")},
    }
    if gait is None:
        return sections
    reference = reference_gait(robot, facts.config.env.gait, gait, performance.control_dt)
    return sections | {
        "joints": gait_charts.joint_charts(robot, gait, reference),
        "feet": [gait_charts.foot_chart(gait, reference), gait_charts.contact_chart(performance)],
        "torques": gait_charts.torque_charts(robot, gait),
        "portraits": gait_charts.portrait_charts(robot, gait, reference),
    }


def _film(performance: Performance, robot: Robot, film: Path | None) -> dict[str, str]:
    """Either `uri` of the film, or in `reason` why there is none."""
    try:
        uri = data_uri(film) if film is not None else film_program(performance, robot)
    except UserError as error:
        return {"uri": "", "reason": str(error)}
    return {"uri": uri, "reason": ""}


def _figure(value: float | None) -> str:
    """A figure of a table: three digits, the same as in the terminal's table."""
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def _speed(value: float) -> str:
    """Two decimals, without the sign of a nought."""
    return f"{round(value, 2) + 0.0:.2f}"
