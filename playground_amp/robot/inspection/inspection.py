"""One inspection: what a robot is, and what is wrong with it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from playground_amp.robot.description import DESCRIPTION, read_description
from playground_amp.robot.inspection.bodies import body_findings
from playground_amp.robot.inspection.finding import Finding
from playground_amp.robot.inspection.joints import joint_findings
from playground_amp.robot.inspection.standing import home_findings
from playground_amp.robot.inspection.symmetry import symmetry_findings
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Design
from playground_amp.robot.making.designing import design_of
from playground_amp.robot.making.recognition import anatomy_of
from playground_amp.robot.making.source import Source, read_source
from playground_amp.robot.scenes import home_qpos

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
    """Inspects a maker's MJCF or URDF, or the model in a robot's folder.

    Raises:
        UserError: it cannot be used; one sentence says why.
    """
    if (path / DESCRIPTION).is_file():
        return _inspected(path, _at_its_home(path))
    return _inspected(path, read_source(path))


def _at_its_home(folder: Path) -> Source:
    """The model of a robot's folder, to which the home pose of its description is a keyframe."""
    description = read_description(folder)
    source = read_source(folder / description.model)
    spec = source.spec.copy()
    home = home_qpos(spec, description.home.height, description.home.joints)
    spec.add_key(name="home", qpos=home)
    return replace(source, spec=spec, model=spec.compile())


def _inspected(path: Path, source: Source) -> Inspection:
    anatomy = anatomy_of(source)
    design = design_of(source, anatomy)
    findings = [
        *body_findings(source, anatomy),
        *joint_findings(anatomy, design),
        *symmetry_findings(source, anatomy, design),
        *home_findings(source, anatomy, design),
    ]
    findings.sort(key=lambda finding: finding.severity != "mend")
    return Inspection(path, source, anatomy, design, tuple(findings))
