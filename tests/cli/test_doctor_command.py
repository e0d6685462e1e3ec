"""`doctor.py`: table, findings and exit statuses; a run with AMP does not start on a sick prior."""

import io
from pathlib import Path

import pytest
from doctored import config
from rich.console import Console

from playground_amp.amp import features
from playground_amp.cli import doctor, train
from playground_amp.doctor import clips as clip_checks
from playground_amp.doctor import examination
from playground_amp.doctor.check import Check, findings_of, listed
from playground_amp.doctor.examination import Examination, require_healthy
from playground_amp.doctor.leaks import Leak
from playground_amp.doctor.report import print_checks
from playground_amp.errors import UserError
from playground_amp.motion.demonstrations import read_demonstrations
from playground_amp.motion.likeness import Likeness
from playground_amp.record import beside
from playground_amp.record.beside import Beside
from playground_amp.robot.robot import load_robot
from playground_amp.runs.checkpoint import read_policy

pytestmark = pytest.mark.usefixtures("optimized")

BUNDLED = next((Path(__file__).parents[2] / "policies" / "walk").glob("final_iter_*.pkl"))
FINE = Check("clips", "speeds", "all", "all")
SICK = Check("style", "pay", "0", "0.75", ("a fake is paid [much]: mend the targets",))


@pytest.mark.parametrize(("checks", "status"), [([FINE], 0), ([FINE, SICK], 1)])
def test_the_exit_status_is_the_verdict(
    checks: list[Check], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leak = Leak("before/gravity_b/x", 0.5, 1.0, constant=False, finite=True)
    monkeypatch.setattr(examination, "examine", lambda config, show: Examination("somewhere", checks, [leak]))
    assert doctor.main([]) == status
    printed = capsys.readouterr().out
    assert ("- a fake is paid [much]: mend the targets" in printed) == bool(status)
    assert ("healthy" in printed) != bool(status)
    assert "before/gravity_b/x" in printed


def test_the_flag_names_the_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(
        examination, "examine", lambda config, show: asked.append(config) or Examination("", [FINE], [])
    )
    doctor.main(["--demonstrations", "some folder", "--set", "amp.weight=0.5"])
    assert (asked[0].amp.demonstrations, asked[0].amp.weight) == ("some folder", 0.5)


def test_a_policy_is_measured_beside_the_demonstrations(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own, walked = Likeness(0.05, 0.04, None), Likeness(0.5, 0.6, None)
    examined = []
    monkeypatch.setattr(
        examination, "examine", lambda config, show: examined.append(config) or Examination("", [FINE], [], own)
    )
    monkeypatch.setattr(Beside, "likeness", lambda self, robot: walked)
    monkeypatch.setattr(beside, "walk_beside", lambda *_: Beside([], [], 0))
    assert doctor.main(["--checkpoint", str(BUNDLED), "--set", "amp.weight=0.5"]) == 0
    printed = capsys.readouterr().out
    assert "the policy" in printed
    for figure in ("0.050", "0.040", "0.500", "0.600"):
        assert figure in printed
    # Without --config the policy's own configuration is examined.
    policy = read_policy(BUNDLED).config
    assert (examined[0].trainer, examined[0].amp.weight) == (policy.trainer, 0.5)


def test_a_long_finding_stays_on_its_line() -> None:
    text = io.StringIO()
    long = SICK._replace(findings=("word " * 100,))
    print_checks([long], "here", Console(file=text))
    assert any(line.count("word") == 100 for line in text.getvalue().splitlines())


def test_findings_are_said_once_and_lists_are_cut() -> None:
    assert findings_of([SICK, FINE, SICK]) == list(SICK.findings)
    assert listed("abcde") == "a, b, c and 2 more"


def test_some_of_the_demonstrations_that_come_with_the_robot_are_healthy() -> None:
    clips, source = read_demonstrations(config())
    measured = clip_checks.check_clips(config(), load_robot("wildrobot"), clips[::10], source)
    passed = {check.title: check.passed for check in measured}
    assert passed.pop("speeds of the clips") is not None  # a tenth of the clips need not show every speed
    assert passed.pop("commands with a clip nearby") is not None
    assert all(passed.values()), passed


def test_every_run_with_amp_looks_for_what_gives_demonstrations_away(monkeypatch: pytest.MonkeyPatch) -> None:
    require_healthy(config(), thorough=False)
    right = features.transition
    monkeypatch.setattr(
        features, "transition", lambda *moments: right(*(each._replace(gravity_b=-each.gravity_b) for each in moments))
    )
    with pytest.raises(UserError, match=r"(?s)gravity_b.*: alone tells demonstrations.*doctor\.py shows every check"):
        require_healthy(config(), thorough=False)


@pytest.mark.parametrize("flags", [["--enable-amp"], ["--enable-amp", "--verify"]])
def test_a_sick_prior_does_not_start(flags: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    def sick(config: object, *, thorough: bool) -> None:
        raise UserError(f"sick, thorough {thorough}")

    monkeypatch.setattr(examination, "require_healthy", sick)
    with pytest.raises(UserError, match=f"sick, thorough {'--verify' in flags}"):
        train.main([*flags, "--checkpoint-dir", str(tmp_path)])
