"""The section about the adversarial motion prior."""

from typing import Annotated

from pydantic import Field
from pydantic.types import Strict

from playground_amp.configs.fields import HiddenLayers, InHome, NotNegativeRange, PositiveRange, Section


class AmpConfig(Section):
    """The adversarial motion prior."""

    enabled: bool = Field(description="train with it")
    weight: float = Field(ge=0, description="weight of the style reward beside the task's; 1.0: as much as the task")
    demonstrations: Annotated[str | None, InHome] = Field(
        description="folder of clips, or one clip; null: those that come with the robot"
    )
    discriminator_layers: HiddenLayers = Field(description="widths of the discriminator's hidden layers")
    discriminator_lr: float = Field(gt=0, description="Adam's rate for the discriminator")
    weight_decay: float = Field(ge=0, description="of the discriminator")
    gradient_penalty: float = Field(ge=0, description="weight of the squared gradient at demonstrations in the loss")
    num_updates: int = Field(gt=0, description="updates of the discriminator an iteration")
    batch_size: int = Field(ge=2, multiple_of=2, description="transitions of each side an update; even")
    replay_size: int = Field(gt=0, description="transitions of earlier rollouts kept")
    replay_intake: int = Field(gt=0, description="transitions of a rollout that go into the replay buffer")
    accuracy_band: NotNegativeRange = Field(
        description="where the discriminator's accuracy is held, by noise on its input"
    )
    input_noise: PositiveRange = Field(description="bounds of that noise, in standard deviations of the features")
    entropy_cost: Annotated[float, Field(ge=0)] | None = Field(
        description="trainer.entropy_cost with AMP: exploration is what a discriminator sees last; null: as without"
    )
    left_to_style: Annotated[tuple[str, ...], Strict(False)] = Field(
        description="reward terms that are not paid with AMP: what they ask for, the demonstrations show better"
    )
    ramp_episode_length: float = Field(
        gt=0, description="mean episode length, in control steps, at which style has its whole weight; less before"
    )
