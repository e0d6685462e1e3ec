"""A page without a visitor, and a second body to be shown on it."""

from collections.abc import Iterator

import pytest
import viser
from ports import free_port
from second_body import second_body

from playground_amp.cockpit.server import start_server
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.paths import STANDARD
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return load_config(STANDARD, flags={"robot": second_body(tmp_path_factory.mktemp("second"))})


@pytest.fixture(scope="module")
def robot(config: Config) -> Robot:
    return load_robot(config.robot, "flat")


@pytest.fixture
def server() -> Iterator[viser.ViserServer]:
    server = start_server("127.0.0.1", free_port())
    yield server
    server.stop()
