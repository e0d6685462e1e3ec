"""`export.py`: mistakes end in one sentence before anything compiles."""

from pathlib import Path

import pytest
from deployable import CONFIG, ROBOT_DATA, made_up_params

from playground_amp.cli import evaluate, export
from playground_amp.configs.changes import changed
from playground_amp.errors import UserError
from playground_amp.physics import registry
from playground_amp.runs.checkpoint import save_policy


@pytest.fixture
def nothing_compiles(monkeypatch: pytest.MonkeyPatch):
    def compile_anyway(*_):
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)


@pytest.mark.usefixtures("nothing_compiles")
class TestMistakes:
    def test_no_checkpoint(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"none\.pkl: No such file"):
            export.main(["--checkpoint", str(tmp_path / "none.pkl"), "--output", str(tmp_path / "bundle")])

    def test_a_folder_of_other_things(self, tmp_path: Path) -> None:
        path = tmp_path / "final_iter_0.pkl"
        save_policy(path, made_up_params(), {}, CONFIG.model_dump(mode="json"), ROBOT_DATA)
        with pytest.raises(UserError, match="is no bundle"):
            export.main(["--checkpoint", str(path), "--output", str(tmp_path)])

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        path = tmp_path / "final_iter_0.pkl"
        save_policy(path, made_up_params(), {}, CONFIG.model_dump(mode="json"), ROBOT_DATA)
        with pytest.raises(UserError, match=r"bundle cannot be written: File exists"):
            export.main(["--checkpoint", str(path), "--output", str(path / "bundle")])

    def test_an_engine_that_only_the_training_needed_is_not_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trained_on_a_gpu = changed(CONFIG, {"physics.engine": "warp"})
        path = tmp_path / "final_iter_0.pkl"
        save_policy(path, made_up_params(), {}, trained_on_a_gpu.model_dump(mode="json"), ROBOT_DATA)
        monkeypatch.setattr(registry, "_there", lambda module: module != "warp")
        with pytest.raises(AssertionError, match="the environment was built"):
            export.main(["--checkpoint", str(path), "--output", str(tmp_path / "bundle")])

    def test_no_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"cannot read .*manifest\.json"):
            evaluate.main(["--bundle", str(tmp_path)])

    def test_a_checkpoint_and_a_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="not allowed with"):
            evaluate.main(["--bundle", str(tmp_path), "--checkpoint", str(tmp_path)])
