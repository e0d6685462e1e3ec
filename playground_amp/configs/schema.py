"""The typed configuration: every key of the YAML, its type, its bounds and what it means.

One model a section. A key that is not here is an error; a default that is not here does not exist.
The loader (loader.py) reads a YAML file into `Config` and reports errors in words.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from playground_amp.configs.aim import AimConfig
from playground_amp.configs.amp import AmpConfig
from playground_amp.configs.engines import EngineName
from playground_amp.configs.fields import (
    DEFLECTION,
    HEIGHT,
    LENGTH,
    SPEED,
    TIME,
    HiddenLayers,
    InHome,
    PositiveRange,
    Section,
)
from playground_amp.configs.randomization import (
    CurriculumConfig,
    DomainRandomizationConfig,
    curriculum_problems,
    randomization_problems,
)
from playground_amp.configs.stages import StageConfig, stage_problems
from playground_amp.configs.walking import CommandConfig, GaitConfig

_MOST_SUBSTEPS = 10_000


class PhysicsConfig(Section):
    """Which engine steps the robot, and how finely."""

    engine: EngineName = Field(description="auto: native on a CPU, warp on an NVIDIA GPU; drake judges only")
    timestep: float = Field(gt=0, le=0.01, description="physics step in s; env.control_dt must be a multiple of it")
    solver: Literal["auto", "newton", "cg", "pgs"] = Field(
        description="constraint solver; auto: pgs where the engine has it (native), else newton"
    )
    iterations: int = Field(ge=1, description="constraint solver iterations a physics step, at most")
    ls_iterations: int = Field(ge=1, description="line search iterations a solver iteration, at most (newton, cg)")
    cone: Literal["pyramidal", "elliptic"] = Field(description="friction cones; pyramidal ones are quicker")
    num_threads: int = Field(
        ge=0, description="threads of the native engine; 0: one a core. Results do not depend on it"
    )


Terrain = Literal[
    "flat",
    "rough",
    "mixed",
    "stairs_up",
    "stairs_down",
    "ledges",
    "slope_up",
    "slope_down",
    "slope_across",
    "soft",
    "tiles",
]


class EnvConfig(Section):
    """The task: timing, action mapping, starts, ends and commands."""

    terrain: Terrain = Field(
        description="flat: a plane; rough: bumps to 15 mm (on the scale of WildRobot) on slopes to 5 degrees; mixed: "
        "steps, stairs, slopes, soft mats, slippery tiles, harder and harder; the others: one of these alone"
    )
    control_dt: float = Field(gt=0, le=0.1, description="control period, s")
    episode_length: int = Field(gt=0, description="control steps before an episode is cut off (not a fall)")
    action_scale: float = Field(
        gt=0, description="radians of joint target a unit of action, around the home pose", json_schema_extra=DEFLECTION
    )
    observation_history: int = Field(ge=1, le=10, description="how many of the last observations the policy sees")
    bus: bool = Field(description="joints are read and ordered as robot.yaml's hardware: says; false: at once, exactly")
    action_filter: float = Field(ge=0, lt=1, description="share of the last target kept in the new one; 0: no filter")
    fall_height: float = Field(
        gt=0, description="waist height under which the robot has fallen, m", json_schema_extra=HEIGHT
    )
    fall_tilt: float = Field(gt=0, le=3.1416, description="tilt beyond which it has fallen, rad")
    target_height: float = Field(gt=0, description="waist height the reward asks for, m", json_schema_extra=HEIGHT)
    foot_spacing: float = Field(
        gt=0,
        description="m sideways between the soles that foot_crowding asks for; under env.target_height",
        json_schema_extra=LENGTH,
    )
    reset_joint_noise: float = Field(ge=0, description="starts: joints off the home pose by up to this, rad")
    reset_velocity_noise: float = Field(
        ge=0, description="starts: base velocity up to this, m/s and rad/s", json_schema_extra=SPEED
    )
    reference_start_share: float = Field(
        ge=0, le=1, description="share of episodes that start on a moment of amp.demonstrations, at its command"
    )
    velocity_average_time: Annotated[float, Field(gt=0)] | None = Field(
        description="time constant over which rewards average speed, s; null: one gait cycle", json_schema_extra=TIME
    )
    commands: CommandConfig
    gait: GaitConfig


class TrainerConfig(Section):
    """PPO and the loop around it."""

    name: Literal["wildrobot", "brax"] = Field(
        description="wildrobot: the loop of this project; brax: stock ppo.train()"
    )
    seed: int = Field(ge=0, lt=2**31, description="of everything random")
    num_envs: int = Field(gt=0, description="robots simulated side by side")
    num_devices: int = Field(ge=0, description="devices the robots are spread over; 0: all there are")
    num_iterations: int = Field(gt=0, description="rollout and update rounds")
    rollout_steps: int = Field(gt=0, description="control steps a robot collects an iteration")
    num_minibatches: int = Field(gt=0, description="must divide num_envs")
    num_epochs: int = Field(gt=0, description="passes over the rollout an iteration")
    lr: float = Field(gt=0, description="Adam's rate at the start; adapted to hold desired_kl")
    lr_range: PositiveRange = Field(description="bounds of the adapted rate")
    desired_kl: float = Field(gt=0, description="KL divergence of an update that the rate is adapted to")
    gamma: float = Field(gt=0, lt=1, description="discount a control step")
    gae_lambda: float = Field(ge=0, le=1, description="of generalized advantage estimation: 0 bootstraps, 1 sums")
    clip_epsilon: float = Field(gt=0, lt=1, description="PPO's bound on the probability ratio")
    entropy_cost: float = Field(ge=0, description="weight of the policy's entropy in the loss: keeps it exploring")
    smoothness: float = Field(0.0, ge=0, description="weight in the loss of what noise on its input changes in actions")
    stillness: float = Field(0.0, ge=0, description="weight in the loss of the squared action while told to stand")
    value_loss_weight: float = Field(gt=0, description="weight of the critic's loss")
    max_grad_norm: float = Field(gt=0, description="longer gradients are cut to this length")
    average_share: float = Field(
        ge=0, le=1, description="the policy handed back averages the weights of about this last share; 0: the last ones"
    )
    init_std: float = Field(gt=0, description="standard deviation of the action noise at the start")
    exploration: float = Field(1.0, gt=0, le=1, description="share of the learned action noise that is acted with")
    symmetric: bool = Field(description="the policy's mirror image is itself: left and right are learned at once")
    actor_layers: HiddenLayers = Field(description="widths of the policy's hidden layers")
    critic_layers: HiddenLayers = Field(description="widths of the critic's hidden layers")
    checkpoint_dir: Annotated[str, InHome] = Field(min_length=1, description="folder of the run")
    curriculum: CurriculumConfig
    aim: AimConfig = Field(default_factory=AimConfig)
    save_interval: int = Field(gt=0, description="iterations from one saved state to the next")
    keep_states: int = Field(gt=0, description="saved states kept, the newest; the best by gate is kept besides")
    max_bad_env_iterations: int = Field(
        gt=0, description="a run stops after so many iterations in a row in which a robot's state was not finite"
    )
    max_skipped_update_iterations: int = Field(
        gt=0, description="a run stops after so many iterations in a row in which an update was not finite"
    )


class Config(Section):
    """Everything a run depends on."""

    robot: str = Field(min_length=1, description="a robot that ships, by its name, or the folder of another one")
    physics: PhysicsConfig
    env: EnvConfig
    trainer: TrainerConfig
    reward_weights: dict[str, float] = Field(description="reward term: weight; a term's name is a function's name")
    domain_randomization: DomainRandomizationConfig
    amp: AmpConfig
    stages: dict[str, StageConfig] = Field(
        description="the stages of a run by name, each with `until` and `changes`; none: all of it is one"
    )
    quick_verify: dict[str, dict] = Field(description="sections and keys that --verify overrides")

    @model_validator(mode="after")
    def _check_across_keys(self) -> Self:
        problems = [problem for check in (_timing_problems, _trainer_problems) for problem in check(self)]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def learner(self) -> TrainerConfig:
        """`trainer` as PPO takes it: with AMP, exploration is paid as `amp.entropy_cost` says."""
        own = self.amp.entropy_cost
        if not self.amp.enabled or own is None:
            return self.trainer
        return self.trainer.model_copy(update={"entropy_cost": own})

    @property
    def paid_weights(self) -> dict[str, float]:
        """`reward_weights` as the task pays them: with AMP, its penalties 1 + `amp.weight` times, and some not at all.

        Style at weight w adds w times what the task can pay at most. Penalties grow alike, or effort would count for
        less beside style than without it, and the policy would walk in the style of the demonstrations but not as
        easily. Those of `amp.left_to_style` would ask for another style than the demonstrations'.
        """
        heavier = 1.0 + self.amp.weight * self.amp.enabled
        left = self.amp.left_to_style if heavier > 1.0 else ()
        paid = {name: weight for name, weight in self.reward_weights.items() if name not in left}
        return {name: weight * (heavier if weight < 0 else 1.0) for name, weight in paid.items()}

    @property
    def style_pay(self) -> float:
        """What a style of 1 pays a control step at its full weight: `amp.weight` times what the task pays at most."""
        task = sum(weight for weight in self.paid_weights.values() if weight > 0) * self.env.control_dt
        return self.amp.weight * task


def _timing_problems(config: Config) -> Iterator[str]:
    env, physics = config.env, config.physics
    substeps = env.control_dt / physics.timestep
    if round(substeps) < 1 or abs(substeps - round(substeps)) > 1e-6 * substeps:
        yield (
            f"env.control_dt {env.control_dt} is {substeps:.4g} times physics.timestep {physics.timestep}: "
            "make it a whole multiple"
        )
    if substeps > _MOST_SUBSTEPS:
        yield f"physics.timestep {physics.timestep}: {substeps:.4g} of them a control step, {_MOST_SUBSTEPS:,} at most"
    if env.target_height <= env.fall_height:
        yield f"env.target_height {env.target_height} must be above env.fall_height {env.fall_height}"
    yield from _size_problems(env)
    yield from randomization_problems(config.domain_randomization, env.control_dt, env.target_height)


def _size_problems(env: EnvConfig) -> Iterator[str]:
    """Lengths that the legs cannot reach: those of a robot are known by the height of its waist."""
    if env.gait.swing_height >= 0.5 * env.target_height:
        yield (
            f"env.gait.swing_height {env.gait.swing_height} must be under half of env.target_height, "
            f"{env.target_height}: no foot swings higher than a knee"
        )
    if env.foot_spacing >= env.target_height:
        yield (
            f"env.foot_spacing {env.foot_spacing} must be under env.target_height, {env.target_height}: "
            "feet farther apart than the waist is high carry nothing"
        )


def _trainer_problems(config: Config) -> Iterator[str]:
    trainer = config.trainer
    if trainer.num_envs % trainer.num_minibatches:
        yield (
            f"trainer.num_envs (--num-envs) {trainer.num_envs} does not fit {trainer.num_minibatches} minibatches "
            f"(trainer.num_minibatches): use a multiple of {trainer.num_minibatches}"
        )
    if trainer.symmetric and any(size % 2 for size in (*trainer.actor_layers, *trainer.critic_layers)):
        yield (
            f"trainer.symmetric needs even layer sizes, found trainer.actor_layers {list(trainer.actor_layers)} "
            f"and trainer.critic_layers {list(trainer.critic_layers)}"
        )
    if not trainer.lr_range[0] <= trainer.lr <= trainer.lr_range[1]:
        low, high = trainer.lr_range
        yield f"trainer.lr {trainer.lr} must lie within trainer.lr_range, [{low}, {high}]"
    yield from curriculum_problems(trainer.curriculum)
    yield from stage_problems(config.stages)
