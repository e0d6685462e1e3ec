"""One inspection: what a robot is, and what is wrong with it."""

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

from playground_amp.robot.description import DESCRIPTION, read_description
from playground_amp.robot.inspection.bodies import body_findings
from playground_amp.robot.inspection.finding import Finding, in_words_of_urdf
from playground_amp.robot.inspection.joints import joint_findings
from playground_amp.robot.inspection.standing import home_findings
from playground_amp.robot.inspection.symmetry import symmetry_findings
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Derived, Design
from playground_amp.robot.making.designing import design_of
from playground_amp.robot.making.recognition import anatomy_of
from playground_amp.robot.making.source import Source, read_source
from playground_amp.robot.models import shipped_robots
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

_CYCLES = (2.8, 4.0)  # √(L/g), gait cycles of two steps from brisk to slow walking


@dataclass(frozen=True, eq=False)
class Inspection:
    """What there is to say about a robot."""

    path: Path  # as it was named
    source: Source
    anatomy: Anatomy
    design: Design
    findings: tuple[Finding, ...]  # those to be mended first

    @property
    def gait_cycles(self) -> tuple[float, float]:
        """Durations of a gait cycle that the robot's size asks for, s."""
        unit = math.sqrt(self.anatomy.leg_length / self.design.gravity)
        return _CYCLES[0] * unit, _CYCLES[1] * unit

    @property
    def to_mend(self) -> tuple[Finding, ...]:
        """Findings without which the robot would be fine."""
        return tuple(finding for finding in self.findings if finding.severity == "mend")


def inspect_robot(path: Path) -> Inspection:
    """Inspects a maker's MJCF or URDF, or the model in a robot's folder; a robot that ships by its name.

    Raises:
        UserError: it cannot be used; one sentence says why.
    """
    if str(path) in shipped_robots() or os.path.isfile(path / DESCRIPTION):
        return _inspected_folder(path, load_robot(str(path)))
    source = read_source(path)
    anatomy = anatomy_of(source)
    return inspection_of(path, source, anatomy, design_of(source, anatomy))


def inspection_of(path: Path, source: Source, anatomy: Anatomy, design: Design) -> Inspection:
    """All findings on a robot whose model lies at `path`."""
    findings = [
        *body_findings(source, anatomy),
        *joint_findings(source, anatomy, design),
        *symmetry_findings(source, anatomy, design),
        *home_findings(source, anatomy, design),
    ]
    if source.kind == "URDF":
        findings = [in_words_of_urdf(finding) for finding in findings]
    findings.sort(key=lambda finding: finding.severity != "mend")
    return Inspection(path, source, anatomy, design, tuple(findings))


def _inspected_folder(path: Path, robot: Robot) -> Inspection:
    """Of a robot's folder: its joints act, its home pose stands as a keyframe, its servos are as fast as it says."""
    description = read_description(robot.folder)
    source = read_source(robot.folder / description.model)
    spec = source.spec.copy()
    spec.add_key(name=f"home of {DESCRIPTION}", qpos=robot.home_qpos)
    source = replace(source, spec=spec, model=spec.compile())
    anatomy = anatomy_of(source)
    design = design_of(source, anatomy, acting=robot.joint_names)
    scale = description.task.get("env", {}).get("action_scale")
    scale = design.action_scale if scale is None else Derived(float(scale), DESCRIPTION)
    told = description.servo
    servos = {
        name: servo._replace(speed_limit=told.speed_limits.get(name, told.speed_limit), speed_origin=DESCRIPTION)
        for name, servo in design.servos.items()
    }
    return inspection_of(path, source, anatomy, replace(design, servos=servos, action_scale=scale))
