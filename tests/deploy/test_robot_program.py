"""The one file for the robot: NumPy and pyserial are all that it needs, and it starts at once."""

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from playground_amp.deploy.robot_program import robot_program
from playground_amp.hardware.hardware_writing import hardware_text
from playground_amp.robot.models import shipped_policy
from playground_amp.robot.robot import load_robot
from playground_amp.twin.nominal import hardware_of_robot

ALLOWED = ["numpy", "serial", "playground_amp"]
# Nothing but these and the standard library can be found.
GUARD = f"""
import runpy, sys
class Closed:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        found = top in sys.stdlib_module_names or top in {ALLOWED!r} or top.startswith("_")
        return self.finder.find_spec(name, path, target) if found else None
sys.meta_path[:] = [Closed(finder) for finder in sys.meta_path if hasattr(finder, "find_spec")]
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with the program, and a hardware file whose ports are not there."""
    folder = shutil.copytree(shipped_policy("wildrobot"), tmp_path_factory.mktemp("robot") / "bundle")
    (folder / "run.pyz").write_bytes(robot_program())
    hardware = hardware_of_robot(load_robot("wildrobot"), 0, {})
    boards = {name: board._replace(port=f"/dev/nowhere_{name}") for name, board in hardware.boards.items()}
    imu = hardware.imu._replace(port="/dev/nowhere_imu")
    (folder.parent / "hardware.yaml").write_text(hardware_text(hardware._replace(boards=boards, imu=imu)))
    return folder


def run(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    guarded = [sys.executable, "-I", "-c", GUARD, str(folder / "run.pyz"), *flags]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        guarded,
        cwd=folder.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs_without_anything_but_numpy_and_says_what_is_missing(folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = run(folder, "--hardware", "hardware.yaml", "--yes", "--command", "0.3", "0", "0")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < 2  # s of a processor; 0.4 usually
    assert ran.returncode == 2
    assert "as it was exported (numpy)" in ran.stdout
    assert "/dev/nowhere_left_leg" in ran.stderr or "pyserial" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert len([*(folder.parent / "robot_logs").iterdir()]) == 1


def test_it_calibrates_too_with_the_joints_of_its_bundle(folder: Path) -> None:
    assert "directions" in run(folder, "calibrate").stdout
    opened = run(folder, "calibrate", "zeros", "--hardware", "hardware.yaml")
    assert opened.returncode == 2
    assert "/dev/nowhere_left_leg" in opened.stderr or "pyserial" in opened.stderr  # the joints were found
    elsewhere = run(folder, "calibrate", "zeros", "--hardware", "hardware.yaml", "--bundle", "nowhere")
    assert "nowhere is no bundle" in elsewhere.stderr
    assert "where the whole package is" in run(folder, "calibrate", "new").stderr


def test_the_same_sources_give_the_same_bytes_and_no_test_or_cache_is_in_it() -> None:
    assert hashlib.sha256(robot_program()).digest() == hashlib.sha256(robot_program()).digest()


def test_it_holds_modules_alone(folder: Path) -> None:
    with zipfile.ZipFile(folder / "run.pyz") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert all(name.endswith(".py") for name in names)
    assert not [name for name in names if "twin" in name or "physics" in name]
    assert (folder / "run.pyz").stat().st_size < 400_000
