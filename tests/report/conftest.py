"""A second body to be reported on."""

import pytest
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.paths import STANDARD


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The standard task of a second body."""
    return load_config(STANDARD, flags={"robot": second_body(tmp_path_factory.mktemp("second"))})
