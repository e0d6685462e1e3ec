"""The policy inside a saved state, so that a run can be watched while it trains."""

from pathlib import Path

import jax

from playground_amp.configs.schema import TrainerConfig
from playground_amp.envs.observations import observation_sizes
from playground_amp.errors import UserError
from playground_amp.learning import averaging
from playground_amp.learning.networks import make_networks, policy_params
from playground_amp.learning.ppo import init_learner
from playground_amp.robot.record import Robot
from playground_amp.runs.checkpoint import SavedPolicy, config_and_robot
from playground_amp.runs.state import SavedState, read_state, restore
from playground_amp.untyped import Params

_AVERAGE = "average/"
_NORMALIZER_MEAN = f"{_AVERAGE}normalizer/mean/"


def read_policy_of_state(path: Path, robot: str | None = None) -> SavedPolicy:
    """The policy that a checkpoint of that iteration would hold, without its motion prior; `robot` as in `read_policy`.

    Raises:
        UserError: the state cannot be read, is none of this version's trainer, or of another robot.
    """
    state = read_state(path)
    manifest = state.manifest
    if not manifest.config:
        raise UserError(f"the saved state {path} holds no policy: its manifest lacks a configuration")
    config, loaded = config_and_robot(manifest.config, manifest.robot, robot, f"the saved state {path}")
    params = _params(state, config.trainer, loaded)
    return SavedPolicy(path, params, state.metrics, config, loaded, amp=None)


def _params(saved: SavedState, trainer: TrainerConfig, robot: Robot) -> Params:
    """As `make_policy` takes them."""
    means = {name: array for name, array in saved.arrays.items() if name.startswith(_NORMALIZER_MEAN)}
    observation = {
        name.removeprefix(_NORMALIZER_MEAN): jax.ShapeDtypeStruct(array.shape, array.dtype)
        for name, array in means.items()
    }
    expected = observation_sizes(robot, history=1).keys()
    if observation.keys() != expected or any(len(shape.shape) != 1 for shape in observation.values()):
        found = ", ".join(observation) or "none"
        raise UserError(f"{saved.path} holds no policy: its normalizer is of {found}, not of {', '.join(expected)}")
    networks = make_networks(trainer, robot, {name: shape.shape[0] for name, shape in observation.items()})

    def average_of_nothing(key: jax.Array) -> averaging.Average:
        return averaging.of_now(init_learner(trainer, networks, observation, key))

    template = jax.eval_shape(average_of_nothing, jax.random.PRNGKey(0))
    arrays = {name: array for name, array in saved.arrays.items() if name.startswith(_AVERAGE)}
    arrays = {name.removeprefix(_AVERAGE): array for name, array in arrays.items()}
    normalizer, params = restore(saved._replace(arrays=arrays), template)
    return policy_params(trainer, robot, normalizer, params.policy, params.value)
