"""The policy inside a saved state, so that a run can be watched while it trains."""

from typing import Any

import jax

from playground_amp.configs.loader import config_of_policy
from playground_amp.configs.schema import Config
from playground_amp.learning import averaging
from playground_amp.learning.networks import make_networks, policy_params
from playground_amp.learning.ppo import init_learner
from playground_amp.robot.robot import load_robot
from playground_amp.runs.state import SavedState, restore

_AVERAGE = "average/"
_NORMALIZER_MEAN = f"{_AVERAGE}normalizer/mean/"


def config_of_state(saved: SavedState) -> Config:
    """The configuration that the state's run was started with. Raises UserError if this version cannot read it."""
    return config_of_policy(saved.manifest["config"], f"the configuration in {saved.path}")


def params_of_state(saved: SavedState) -> dict[str, Any]:
    """The policy as `make_policy` takes it, the same arrays that a checkpoint of that iteration holds.

    Raises UserError if the state is none of this version's trainer.
    """
    config = config_of_state(saved)
    trainer, robot = config.trainer, load_robot(config.robot)
    means = {name: array for name, array in saved.arrays.items() if name.startswith(_NORMALIZER_MEAN)}
    observation = {
        name.removeprefix(_NORMALIZER_MEAN): jax.ShapeDtypeStruct(array.shape, array.dtype)
        for name, array in means.items()
    }
    networks = make_networks(trainer, robot, {name: shape.shape[0] for name, shape in observation.items()})

    def average_of_nothing(key: jax.Array) -> averaging.Average:
        return averaging.of_now(init_learner(trainer, networks, observation, key))

    template = jax.eval_shape(average_of_nothing, jax.random.PRNGKey(0))
    arrays = {name: array for name, array in saved.arrays.items() if name.startswith(_AVERAGE)}
    arrays = {name.removeprefix(_AVERAGE): array for name, array in arrays.items()}
    normalizer, params = restore(saved._replace(arrays=arrays), template)
    return policy_params(trainer, robot, normalizer, params.policy, params.value)
