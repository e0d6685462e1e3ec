"""The configuration: strict loading, overrides, and errors that a person can act on."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground_amp.configs.keys import leaf_keys
from playground_amp.configs.loader import config_from_dict, config_of_policy, dump_config, load_config
from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.yaml_text import parse_value, read_yaml, write_yaml

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "playground_amp/configs/wildrobot_phase3_training.yaml"


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    return read_yaml(SHIPPED)


def write(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "config.yaml"
    path.write_text(write_yaml(data))
    return path


def changed(plain: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """A copy of plain data with the value at a dotted key replaced."""
    data = copy.deepcopy(plain)
    *parents, name = key.split(".")
    section = data
    for parent in parents:
        section = section[parent]
    section[name] = value
    return data


def error_of(path: Path, *overrides: str, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        load_config(path, overrides, **options)
    return str(caught.value)


def test_the_shipped_file_has_the_defaults_of_the_guide() -> None:
    config = load_config(SHIPPED)
    trainer = config.trainer
    assert (trainer.num_envs, trainer.num_iterations, config.amp.weight) == (16, 100, 1.0)
    assert trainer.checkpoint_dir == "checkpoints/brax_ppo"
    quick = load_config(SHIPPED, verify=True).trainer
    assert (quick.num_envs, quick.num_iterations) == (4, 10)


def test_every_key_is_explained() -> None:
    for name, field in Config.model_fields.items():
        assert field.annotation is not None
        assert field.description or field.annotation.__doc__, name


@pytest.mark.parametrize("text", ["3e-4", "3E-4", "+3e-4", "0.3e-3", "0.0003", ".0003", "300e-6"])
def test_numbers_with_exponents_are_numbers(text: str) -> None:
    assert load_config(SHIPPED, [f"trainer.lr={text}"]).trainer.lr == pytest.approx(3e-4)


def test_yaml_values_keep_their_types() -> None:
    assert parse_value("[1, 2.5, true, null, a]", "test") == [1, 2.5, True, None, "a"]
    assert parse_value("2026-01-01", "test") == "2026-01-01"
    assert parse_value("-1.5e3", "test") == -1500.0
    assert parse_value("1.5.3", "test") == "1.5.3"


# What may be wrong with the file as a whole.


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert error_of(tmp_path / "no.yaml") == f"there is no configuration file {tmp_path / 'no.yaml'}"
    assert "is a folder" in error_of(tmp_path)
    assert "cannot be read" in error_of(SHIPPED / "under_a_file.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- 1\n- 2\n", "must hold sections"),
        ("env:\n  control_dt: [1,\n", "line 3"),
        ("env: 1\n\tamp: 2\n", "line 2"),
        ("env: 1\namp: 2\nenv: 3\n", "line 3: the key 'env' appears twice"),
        ("trainer:\n  lr: 1\n  lr: 2\n", "line 3: the key 'lr' appears twice"),
        ("1: 2\n", "line 1: the key 1 is not a name"),
        ("? [a]\n: 2\n", "line 1: the key ['a'] is not a name"),
        ("a: !!python/object/apply:os.system [ls]\n", "line 1: could not determine a constructor"),
        ("a: !!int x\n", "is not YAML"),
        ("a: \x00\n", "is not YAML"),
        ("--- 1\n--- 2\n", "line 2"),
    ],
)
def test_files_that_are_not_a_configuration(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    message = error_of(path)
    assert expected in message
    assert str(path) in message
    assert "\n" not in message


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"a: \xff\xfe\xfa")
    assert "is not YAML" in error_of(path)


# What may be wrong with a key.


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("trainer.lrr", 1, "unknown key trainer.lrr, did you mean trainer.lr? the keys of trainer are name, seed,"),
        ("trainer.timestep", 1, "unknown key trainer.timestep, did you mean physics.timestep?"),
        ("env.commands.forwrd", [0, 1], "unknown key env.commands.forwrd, did you mean env.commands.forward?"),
        ("trainr", {"lr": 1}, "unknown key trainr, did you mean trainer? the sections are robot, physics, env,"),
        ("env.zzz", 1, "unknown key env.zzz; the keys of env are"),
        ("trainer.lr", "abc", "trainer.lr must be a number, found 'abc'"),
        ("trainer.lr", None, "trainer.lr must be a number, found nothing"),
        ("trainer.lr", True, "trainer.lr must be a number, found true"),
        ("trainer.lr", -1, "trainer.lr must be greater than 0, found -1"),
        ("trainer.lr", float("nan"), "trainer.lr must be a finite number, found nan"),
        ("trainer.lr", {"a": 1}, "trainer.lr must be a number, found a section with the keys a"),
        ("trainer.seed", 2**31, "trainer.seed must be less than 2147483648, found 2147483648"),
        ("trainer.num_envs", 4.0, "trainer.num_envs must be a whole number, found 4.0"),
        ("trainer.num_envs", 0, "trainer.num_envs must be greater than 0, found 0"),
        ("trainer.num_envs", "4", "trainer.num_envs must be a whole number, found '4'"),
        ("trainer.checkpoint_dir", 1, "trainer.checkpoint_dir must be text, found 1"),
        ("trainer.checkpoint_dir", "", "trainer.checkpoint_dir must be non-empty, found ''"),
        ("trainer.actor_layers", [], "trainer.actor_layers must be non-empty, found []"),
        ("trainer.actor_layers", ["x"], "item 1 of trainer.actor_layers must be a whole number, found 'x'"),
        ("trainer.actor_layers", [64, 0], "item 2 of trainer.actor_layers must be greater than 0, found 0"),
        ("trainer.actor_layers", 64, "trainer.actor_layers must be a list, found 64"),
        ("amp.batch_size", 63, "amp.batch_size must be a multiple of 2, found 63"),
        ("trainer.name", "brx", "trainer.name must be wildrobot or brax (perhaps brax?), found 'brx'"),
        (
            "physics.engine",
            "nativ",
            "physics.engine must be auto, native, mjx, warp or drake (perhaps native?), found 'nativ'",
        ),
        ("amp.enabled", "on time", "amp.enabled must be true or false, found 'on time'"),
        ("env.gait", 3, "env.gait must be a section with keys, found 3"),
        ("reward_weights", [1], "reward_weights must be a mapping of names to values, found [1]"),
        ("reward_weights.alive", "x", "reward_weights.alive must be a number, found 'x'"),
        ("env.commands.forward", [1], "env.commands.forward must be a list of two numbers, [low, high], found [1]"),
        ("env.commands.forward", [1, 2, 3], "must be a list of two numbers, [low, high], found [1, 2, 3]"),
        (
            "env.commands.forward",
            [1, 0.5],
            "env.commands.forward must be [low, high] with low at most high, found [1, 0.5]",
        ),
        ("env.commands.forward", ["a", 1], "item 1 of env.commands.forward must be a number, found 'a'"),
        ("trainer.lr_range", [0, 1], "item 1 of trainer.lr_range must be greater than 0, found 0"),
        ("quick_verify.trainer", None, "quick_verify.trainer must be a mapping of names to values, found nothing"),
    ],
)
def test_wrong_keys(tmp_path: Path, plain: dict[str, Any], key: str, value: Any, expected: str) -> None:
    path = write(tmp_path, changed(plain, key, value))
    message = error_of(path)
    assert message.startswith(f"{path}: ")
    assert expected in message
    assert "\n" not in message


def test_a_missing_key_and_a_missing_section(tmp_path: Path, plain: dict[str, Any]) -> None:
    data = copy.deepcopy(plain)
    del data["trainer"]["gamma"], data["amp"]
    path = write(tmp_path, data)
    assert error_of(path).splitlines() == [
        f"{path}: the key trainer.gamma is missing",
        f"{path}: the key amp is missing",
    ]


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path, plain: dict[str, Any]) -> None:
    data = changed(changed(plain, "trainer.lr", "abc"), "env.fall_tilt", 10)
    assert len(error_of(write(tmp_path, data)).splitlines()) == 2


# What must fit together.


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["num_envs=10", "num_minibatches=4"], "trainer.num_envs (--num-envs) 10 does not fit 4 minibatches"),
        (["control_dt=0.02", "timestep=0.003"], "env.control_dt 0.02 is 6.667 times physics.timestep 0.003"),
        (["control_dt=0.001", "timestep=0.004"], "env.control_dt 0.001 is 0.25 times physics.timestep 0.004"),
        (["fall_height=0.3", "target_height=0.3"], "env.target_height 0.3 must be above env.fall_height 0.3"),
        (["lr=0.1", "lr_range=[1e-5, 1e-3]"], "trainer.lr 0.1 must lie within trainer.lr_range, [1e-05, 0.001]"),
        (
            ["push_duration=3", "push_interval=[2, 4]"],
            "push_duration 3.0 must be at most the shortest push_interval, 2.0",
        ),
    ],
)
def test_keys_that_do_not_fit_together(overrides: list[str], expected: str) -> None:
    message = error_of(SHIPPED, *overrides)
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(("control_dt", "timestep"), [(0.02, 0.002), (0.02, 0.004), (0.03, 0.003), (0.1, 0.001)])
def test_whole_multiples_in_spite_of_rounding(control_dt: float, timestep: float) -> None:
    load_config(SHIPPED, [f"control_dt={control_dt}", f"timestep={timestep}"])


# --set


def test_set_takes_dotted_and_unique_short_names() -> None:
    config = load_config(
        SHIPPED,
        ["trainer.lr=0.001", "gamma=0.95", "actor_layers=[32, 32]", "commands.forward=[0, 0.5]", "seed=1", "seed=2"],
    )
    assert (config.trainer.lr, config.trainer.gamma, config.trainer.seed) == (0.001, 0.95, 2)
    assert config.trainer.actor_layers == (32, 32)
    assert config.env.commands.forward == (0.0, 0.5)


def test_set_changes_and_adds_reward_weights(plain: dict[str, Any]) -> None:
    term = next(iter(plain["reward_weights"]))
    for override in (f"reward_weights.{term}=7", f"{term}=7"):
        assert load_config(SHIPPED, [override]).reward_weights[term] == 7.0
    assert load_config(SHIPPED, ["reward_weights.a_new_term=-1"]).reward_weights["a_new_term"] == -1.0
    assert load_config(SHIPPED, ["reward_weights={a_new_term: 1}"]).reward_weights == {"a_new_term": 1.0}


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("trainer.lr", "must have the form key=value"),
        ("=3", "must have the form key=value"),
        ("trainer.lr=abc", "trainer.lr must be a number, found 'abc'"),
        ("trainer.lr=", "trainer.lr must be a number, found nothing"),
        ("trainer.lr=[1", "expected ',' or ']'"),
        ("trainer.lrr=1", "unknown key trainer.lrr, did you mean trainer.lr?"),
        ("learning_rate=1", "unknown key learning_rate"),
        ("gama=1", "unknown key gama, did you mean trainer.gamma?"),
        ("trainer.learning_rate=1", "unknown key trainer.learning_rate, did you mean trainer.lr?"),
        ("clip_range=0.1", "unknown key clip_range, did you mean trainer.clip_epsilon?"),
        ("trainer.lr.x=1", "unknown key trainer.lr.x, did you mean trainer.lr?"),
        ("trainer=1", "trainer is a section; set one of its keys: name, seed,"),
        ("reward_weights.=1", "unknown key"),
        ("quick_verify.trainer.num_envs=2", "quick_verify cannot be set; with --verify, set the key itself"),
        (".=1", "unknown key"),
    ],
)
def test_wrong_set(override: str, expected: str) -> None:
    message = error_of(SHIPPED, override)
    assert message.startswith(f"--set {override}")
    assert expected in message
    assert "\n" not in message


def test_an_ambiguous_short_name_lists_the_matches(tmp_path: Path, plain: dict[str, Any]) -> None:
    path = write(tmp_path, changed(plain, "reward_weights.swing_height", 1.0))
    message = error_of(path, "swing_height=0.1")
    assert message.endswith(
        "swing_height is ambiguous; write one of env.gait.swing_height, reward_weights.swing_height"
    )
    assert load_config(path, ["env.gait.swing_height=0.1"]).env.gait.swing_height == 0.1


@pytest.mark.parametrize("key", leaf_keys())
def test_every_key_can_be_set_by_its_dotted_path(key: str, plain: dict[str, Any]) -> None:
    if key == "quick_verify":
        return
    value: Any = plain
    for name in key.split("."):
        value = value[name]
    text = json.dumps(value) if key == "stages" else write_yaml({"value": value}).removeprefix("value:").strip()
    if key != "reward_weights":
        found, shipped = load_config(SHIPPED, [f"{key}={text}"]), load_config(SHIPPED)
        unstaged = {"stages": {}}
        assert found.model_copy(update=unstaged) == shipped.model_copy(update=unstaged)
        section, _, name = key.partition(".")
        changed_later = any(name in stage.changes.get(section, {}) for stage in shipped.stages.values())
        assert (found == shipped) != changed_later  # what is set holds in every stage


# Order, quick_verify and flags.


def test_the_later_wins() -> None:
    def num_envs(**options: Any) -> int:
        return load_config(SHIPPED, **options).trainer.num_envs

    assert num_envs() == 16
    assert num_envs(verify=True) == 4
    assert num_envs(verify=True, overrides=["num_envs=8"]) == 8
    assert num_envs(verify=True, overrides=["num_envs=8"], flags={"trainer.num_envs": 12}) == 12


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            {"trainer": {"num_env": 3}},
            "unknown key quick_verify.trainer.num_env, did you mean quick_verify.trainer.num_envs?",
        ),
        ({"trainer": {"num_envs": "x"}}, "quick_verify.trainer.num_envs must be a whole number, found 'x'"),
        ({"trainer": {"num_envs": -4}}, "quick_verify.trainer.num_envs must be greater than 0, found -4"),
        ({"trainer": {"num_envs": {"a": 1}}}, "quick_verify.trainer.num_envs must be a whole number"),
        ({"trainr": {"num_envs": 4}}, "unknown key quick_verify.trainr, did you mean quick_verify.trainer?"),
        ({"env": {"commands": {"forward": [1, 0]}}}, "quick_verify.env.commands.forward must be [low, high]"),
        ({"env": {"commands": 3}}, "quick_verify.env.commands must be a section"),
        ({"quick_verify": {}}, "quick_verify must not hold itself"),
    ],
)
def test_quick_verify_is_checked_even_when_unused(
    tmp_path: Path, plain: dict[str, Any], section: dict[str, Any], expected: str, verify: bool
) -> None:
    path = write(tmp_path, {**plain, "quick_verify": section})
    message = error_of(path, verify=verify)
    assert expected in message
    assert "\n" not in message


def test_a_large_run_need_not_fit_the_sizes_of_quick_verify() -> None:
    config = load_config(SHIPPED, ["num_minibatches=32"], flags={"trainer.num_envs": 2048})
    assert config_from_dict(parse_value(dump_config(config), "test"), "test") == config


def test_a_wrong_flag_is_named() -> None:
    names = {"trainer.num_envs": "--num-envs"}
    message = error_of(SHIPPED, flags={"trainer.num_envs": 0}, flag_names=names)
    assert message == "--num-envs 0: trainer.num_envs must be greater than 0, found 0"


# Writing.


def test_a_resolved_configuration_loads_again(tmp_path: Path) -> None:
    for verify in (False, True):
        config = load_config(SHIPPED, ["lr=0.0001"], verify=verify)
        path = tmp_path / "config.yaml"
        path.write_text(dump_config(config))
        assert load_config(path) == config


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    directory=st.text(min_size=1),
    weights=st.dictionaries(st.text(), finite),
    lr=st.floats(1e-5, 1e-3),
    forward=st.tuples(finite, finite).map(sorted),
    seed=st.integers(0, 2**31 - 1),
    layers=st.lists(st.integers(1, 10**6).map(lambda half: 2 * half), min_size=1),  # even: trainer.symmetric
)
def test_any_configuration_round_trips(
    plain: dict[str, Any], directory: str, weights: dict, lr: float, forward: list, seed: int, layers: list
) -> None:
    data = copy.deepcopy(plain)
    data["trainer"] |= {"checkpoint_dir": directory, "lr": lr, "seed": seed, "actor_layers": layers}
    data["reward_weights"] = weights
    data["env"]["commands"]["forward"] = forward
    config = config_from_dict(data, "test")
    assert config_from_dict(parse_value(dump_config(config), "test"), "test") == config
    assert config_from_dict(config.model_dump(mode="json"), "test") == config


def test_a_dictionary_with_an_unknown_key_names_its_source() -> None:
    data = load_config(SHIPPED).model_dump(mode="json")
    with pytest.raises(UserError, match=r"^final_iter_3\.pkl: unknown key trainer\.lrr, did you mean trainer\.lr\?"):
        config_from_dict(changed(data, "trainer.lrr", 1), "final_iter_3.pkl")


def test_a_policy_of_an_earlier_version_gets_what_is_new_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    data = load_config(SHIPPED).model_dump(mode="json")
    earlier = copy.deepcopy(data)
    del earlier["domain_randomization"]["latency"], earlier["trainer"]["curriculum"]
    del earlier["reward_weights"]["alive"]  # a policy without this reward, not an older version
    config = config_of_policy(earlier, "old.pkl")
    assert config.domain_randomization.latency == (0.0, 0.0)
    assert not config.trainer.curriculum.enabled
    assert "alive" not in config.reward_weights
    said = capsys.readouterr().err
    assert "old.pkl is of an earlier version" in said
    assert said.rstrip().endswith("trainer.curriculum, domain_randomization.latency")
    assert config_of_policy(data, "new.pkl") == load_config(SHIPPED)
    assert capsys.readouterr().err == ""
    with pytest.raises(UserError, match="unknown"):
        config_of_policy(data | {"made_up": 1}, "later.pkl")


def test_a_run_of_an_earlier_version_went_without_what_is_switched_on_since(plain, capsys):
    data = copy.deepcopy(plain) | {"stages": {}}
    del data["env"]["bus"], data["trainer"]["smoothness"], data["trainer"]["stillness"]
    del data["amp"]["entropy_cost"], data["amp"]["left_to_style"]
    config = config_of_policy(data, "old.pkl")
    assert not config.env.bus
    assert config.trainer.smoothness == config.trainer.stillness == 0
    assert config.amp.entropy_cost is None
    assert not config.amp.left_to_style
    assert (
        "switched off: env.bus, trainer.smoothness, trainer.stillness, amp.entropy_cost, amp.left_to_style"
        in capsys.readouterr().err
    )


def test_a_file_can_say_only_what_differs_from_another(tmp_path, plain):
    write(tmp_path, plain)
    heir = tmp_path / "heir.yaml"
    heir.write_text("extends: config.yaml\ntrainer:\n  seed: 7\nreward_weights:\n  alive: 2.0\n")
    config, base = load_config(heir), load_config(tmp_path / "config.yaml")
    assert config.trainer == base.trainer.model_copy(update={"seed": 7})
    assert config.reward_weights == base.reward_weights | {"alive": 2.0}
    assert config.env == base.env
    heir.write_text(f"extends: {SHIPPED.name}\ntrainer: {{seed: 7}}\n")  # which is not beside it
    assert load_config(heir) == load_config(SHIPPED, ["trainer.seed=7"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: nowhere.yaml", r"heir\.yaml extends nowhere\.yaml: there is no configuration file"),
        ("extends: 3", r"extends must be the name of a configuration file beside it or of one that ships, found 3"),
        ("extends: heir.yaml", r"extends heir\.yaml, which in turn extends this file"),
        ("extends: config.yaml\ntrainer:\n  sede: 7", r"sede.*seed"),
    ],
)
def test_what_a_file_extends_must_make_sense(tmp_path, plain, text, message):
    write(tmp_path, plain)
    (tmp_path / "heir.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        load_config(tmp_path / "heir.yaml")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("latency=[0.0,0.03]", "latency .* must end at most at env.control_dt, 0.02"),
        ("no_load_speed=[0.0,10.0]", "no_load_speed .* must start above 0, or be"),
        ("motor_strength=[0.0,1.0]", "motor_strength must be"),
        ("backlash=[0.01,0.0]", "low at most high"),
        ("trainer.curriculum.episode_length=[0.5,0.5]", "low under high"),
    ],
)
def test_ranges_that_cannot_be_are_refused(setting, message):
    with pytest.raises(UserError, match=message):
        load_config(SHIPPED, [setting])
