"""What is wrong in a robot's folder is said in one sentence."""

from pathlib import Path

import pytest
from second_body import second_body

from playground_amp.errors import UserError
from playground_amp.robot.robot import load_robot


def broken(folder: Path, file: str, old: str, new: str) -> str:
    second_body(folder)
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    return str(folder)


def error_of(robot: str) -> str:
    with pytest.raises(UserError) as caught:
        load_robot(robot)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_robot_is_another_hash(tmp_path: Path) -> None:
    one = load_robot(second_body(tmp_path / "one"))
    two = load_robot(broken(tmp_path / "two", "second.xml", 'damping="0.024"', 'damping="0.025"'))
    assert one.sha256 != two.sha256 != load_robot("wildrobot").sha256
    assert one.name == str(tmp_path / "one")


def test_no_such_robot_names_those_that_ship(tmp_path: Path) -> None:
    assert "robots that ship: wildrobot" in error_of("moon")
    assert "holds no robot.yaml" in error_of(str(tmp_path))


def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    assert "robot.yaml: moon:" in error_of(broken(tmp_path / "r", "robot.yaml", "title:", "moon: 1\ntitle:"))


def test_a_name_that_the_model_lacks_is_named(tmp_path: Path) -> None:
    assert "no site named 'nowhere'" in error_of(broken(tmp_path / "r", "robot.yaml", "l_sole", "nowhere"))


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    assert "second.xml" in error_of(broken(tmp_path / "r", "second.xml", "<worldbody>", "<worldbodi>"))
