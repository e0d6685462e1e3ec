"""The charts of the report, section by section."""

from dataclasses import dataclass, field

from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import read_demonstrations
from playground_amp.report import gait_charts, learning_charts, tracking_charts
from playground_amp.report.charts import Chart
from playground_amp.report.cycles import Gait, demonstrated_gait, reference_gait
from playground_amp.report.facts import RunFacts
from playground_amp.report.program import Performance


@dataclass(frozen=True)
class GaitCharts:
    """What there is to show of steady walking; all empty where there was none."""

    joints: list[Chart] = field(default_factory=list)
    feet: list[Chart] = field(default_factory=list)
    torques: list[Chart] = field(default_factory=list)
    portraits: list[Chart] = field(default_factory=list)


@dataclass(frozen=True)
class SectionCharts:
    """Every chart of the page, by where it stands."""

    progress: list[Chart]
    learner: list[Chart]
    rewards: list[Chart]
    prior: list[Chart]
    tracking: list[Chart]
    load: list[Chart]
    gait: GaitCharts


def section_charts(facts: RunFacts, performance: Performance, gait: Gait | None) -> SectionCharts:
    """The charts of a run, of one robot under the program, and of its gait, if it walked."""
    records = facts.records
    return SectionCharts(
        progress=learning_charts.progress_charts(records),
        learner=learning_charts.learner_charts(records),
        rewards=learning_charts.reward_charts(records, facts.config.paid_weights),
        prior=learning_charts.prior_charts(records, facts.config.amp.accuracy_band),
        tracking=[*tracking_charts.tracking_charts(performance), tracking_charts.path_chart(performance)],
        load=[gait_charts.load_chart(performance)],
        gait=_gait_charts(facts, performance, gait) if gait else GaitCharts(),
    )


def _gait_charts(facts: RunFacts, performance: Performance, gait: Gait) -> GaitCharts:
    robot = performance.robot
    config = facts.config
    reference = demonstrated_gait(robot, _demonstrations(config), gait)
    reference = reference or reference_gait(robot, config.env.gait, gait, performance.control_dt)
    return GaitCharts(
        joints=gait_charts.joint_charts(robot, gait, reference),
        feet=[gait_charts.foot_chart(gait, reference), gait_charts.contact_chart(performance)],
        torques=gait_charts.torque_charts(robot, gait),
        portraits=gait_charts.portrait_charts(robot, gait, reference),
    )


def _demonstrations(config: Config) -> list[Clip]:
    """What was trained on; none where that was nothing, or is gone since."""
    if not config.amp.enabled:
        return []
    try:
        return read_demonstrations(config)[0]
    except UserError:
        return []
