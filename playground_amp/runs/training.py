"""A trainer and its state, from stage to stage of a run."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import Config
from playground_amp.learning import devices
from playground_amp.learning.trained_policy import TrainedPolicy
from playground_amp.runs.abilities import ENDED, IN_A_ROW, PROVEN, able, early_ends
from playground_amp.runs.checkpoint import SavedPolicy
from playground_amp.runs.manifest import Manifest
from playground_amp.runs.restarts import parts_to_restart, told
from playground_amp.runs.stages import Stage, stages_of
from playground_amp.runs.state import SavedState, arrays_of, restore
from playground_amp.runs.tracking.metrics_log import Record
from playground_amp.untyped import Params, Pytree


class Trains(Protocol):
    """What a run needs of a trainer; `learning.iteration.Trainer` is the one."""

    steps_per_iteration: int

    def init(self) -> Pytree: ...
    def iterate(self, state: Pytree, /) -> tuple[Pytree, dict[str, jax.Array], Pytree]:
        """The next state, metrics [] by name, and evidence of a robot that went bad."""
        ...

    def taught(self, state: Pytree, params: Params, steps: int, /) -> Pytree:
        """A state at the start of a run with a policy that was trained for so many steps."""
        ...

    def policy(self, state: Pytree, /) -> TrainedPolicy: ...


class Training:
    """What is under way: the stage, its trainer, the state, and the record of the last iteration."""

    stage: Stage
    trainer: Trains
    state: Pytree = None

    def __init__(
        self,
        make_trainer: Callable[[Config], Trains],
        say: Callable[[str], None],
        origin: SavedState | SavedPolicy | None = None,
    ) -> None:
        """`origin`: a state to resume, or a policy to begin with. `say` gets a line a stage and one for a reset."""
        self._make_trainer, self._say, self._origin = make_trainer, say, origin
        self.record: Record = origin.metrics if isinstance(origin, SavedState) else {}
        self.done = origin.iteration if isinstance(origin, SavedState) else 0

    def enter(self, config: Config) -> None:
        """Makes the trainer of the stage that a run is due to enter next, and goes on in it.

        It goes on with the state of the stage before, or with what was saved.
        """
        stage = stages_of(config, self.done, early_ends(self.record))[0]
        if self.state is not None:
            self._origin = self._leave()
        if stage.name:
            least = " and ".join(f"{name} at {share:g}" for name, share in stage.once.items())
            sooner = f", fewer once it has {least} of the most possible, {IN_A_ROW} times in a row" if least else ""
            self._say(f"stage {stage.name}: iterations {stage.start + 1} to {stage.end}{sooner}")
        self.stage = stage
        self.trainer = self._make_trainer(stage.config)
        state = jax.block_until_ready(self.trainer.init())  # an exit with robots still starting would crash
        match self._origin:
            case SavedState():
                state = self._resumed(self._origin, state)
            case SavedPolicy():
                state = self._taught(self._origin, state)
        self.state, self._origin = state, None

    def _resumed(self, saved: SavedState, fresh: Pytree) -> Pytree:
        anew = parts_to_restart(saved, fresh, saved.manifest.config, self.stage.config)
        if anew:
            self._say(told(anew))
        return restore(saved, fresh, [name for part in anew for name in part.names])

    def _taught(self, policy: SavedPolicy, fresh: Pytree) -> Pytree:
        read = SavedState(policy.path, 0, {}, Manifest(), arrays_of(policy.params))
        template = jax.tree.map(jnp.asarray, self.trainer.policy(fresh).params)
        params = restore(read, template)  # which says what does not fit
        state = self.trainer.taught(fresh, params, int(policy.metrics.get("env_steps", 0)))
        return restore(read._replace(arrays=arrays_of(state)), fresh)  # on the devices of the fresh one

    def _leave(self) -> SavedState:
        """The state that the stage ends with, as if it had been read from a file; its trainer is let go."""
        manifest = Manifest(config=self.stage.config.model_dump(mode="json"))
        arrays = arrays_of(devices.gathered(self.state))
        del self.trainer, self.state
        return SavedState(Path(f"after iteration {self.done}"), self.done, dict(self.record), manifest, arrays)

    def iterations(self) -> Iterator[tuple[Record, Pytree]]:
        """The iterations that are left of the stage: a record each, and evidence of a robot that went bad.

        A stage that ends sooner, as its robot can do what is asked for, says so in the record of its last iteration.
        """
        steps = self.trainer.steps_per_iteration
        while self.done < self.stage.end:
            iteration, started = self.done + 1, time.perf_counter()
            self.state, metrics, evidence = self.trainer.iterate(self.state)
            values = {name: value.item() for name, value in jax.device_get(metrics).items()}
            seconds = time.perf_counter() - started
            timing = {"time/iteration": seconds, "time/steps_per_second": steps / seconds}
            env_steps = int(self.record.get("env_steps", 0)) + steps
            stage = self._proven(values)
            self.record = {"iteration": iteration, "env_steps": env_steps, **values, **stage, **timing}
            self.done = iteration
            self.stage = self.stage._replace(end=early_ends(stage).get(self.stage.name, self.stage.end))
            yield self.record, evidence

    def _proven(self, values: Record) -> dict[str, int]:
        """What a record says of the stages: which ended early, and for how long this one had reason to; or nothing."""
        said = {f"{ENDED}{name}": end for name, end in early_ends(self.record).items()}
        once, start = self.stage.once, self.stage.start
        if not once:
            return said
        before = int(self.record.get(PROVEN, 0)) if self.done > start else 0
        count = before + 1 if able(once, self.stage.config, values) else 0
        if count >= IN_A_ROW and self.stage.name:
            self._say(f"stage {self.stage.name}: it has that after iteration {self.done + 1}")
            said[f"{ENDED}{self.stage.name}"] = self.done + 1
        return {**said, PROVEN: count}
