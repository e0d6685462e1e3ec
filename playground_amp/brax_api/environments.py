"""Brax's environments and its own PPO trainer. They import Brax's simulators and MJX, which takes a second."""

from brax.envs.base import Env, State, Wrapper
from brax.envs.wrappers.training import EpisodeWrapper, VmapWrapper
from brax.training.agents.ppo.train import train as train_ppo

from playground_amp.brax_api.compatibility import restore_device_put_replicated

__all__ = ["Env", "EpisodeWrapper", "State", "VmapWrapper", "Wrapper", "train_ppo"]

restore_device_put_replicated()
