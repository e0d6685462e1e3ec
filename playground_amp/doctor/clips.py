"""Are the clips what the task commands, and what this robot can do?"""

from collections.abc import Callable, Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.amp.ref_buffer import command_kernel
from playground_amp.configs.schema import Config
from playground_amp.doctor import clip_faults
from playground_amp.doctor.check import Check, listed
from playground_amp.envs import commands
from playground_amp.errors import UserError
from playground_amp.motion.analysis import mean_velocity
from playground_amp.motion.checks import recorded
from playground_amp.motion.checks.judge import CheckedClip, check_recorded
from playground_amp.motion.checks.recorded import RecordedFigures
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import check_coverage
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of

AREA = "clips"
_DRAWN = 1024  # commands
_FAR, _FAR_SHARE = 3.0, 0.05  # kernel widths to the nearest clip, and the share of commands that may be so far off
_STILL_SHARE = 0.1
_SUSPICIOUS_SLIP = 0.05  # m/s, of WildRobot; recordings from physics stay below
_WORDS = {
    "contact_height": "feet that should carry are {value:.3g} m off the floor (or in it)",
    "below_floor": "a foot goes {value:.3g} m through the floor",
    "slip_speed": "carrying feet slide at {value:.2g} m/s: base velocity and joints do not belong together",
    "joint_range_spare": "a joint is {excess:.2g} rad beyond its stop",
    "joint_speed": "a joint turns {value:.3g} times as fast as its servo does without load",
    "overload": "in {value:.0%} of the frames a joint needs far more torque than its servo has",
    "unsupported": "{value:.0%} of the weight hangs in the air: no push of the floor on the soles can supply it",
    "joint_mismatch": "joint velocities are off the change of the joint positions by {value:.0%}",
    "base_mismatch": "the base's velocity is off the change of its position by {value:.2g} m/s",
}


def check_clips(config: Config, robot: Robot, clips: Sequence[Clip], source: str) -> list[Check]:
    """Everything about the clips: what they show, and whether this robot could do it."""
    measured = [check_recorded(robot, clip) for clip in clips]
    scale = scale_of(robot)
    return [
        check_commands(config, clips, source),
        check_distances(config, clips, scale),
        check_stated_commands(clips, scale),
        check_still(clips, scale),
        check_velocities(clips, scale),
        check_followable(robot, measured),
        check_joint_order(robot, measured),
    ]


def check_commands(config: Config, clips: Sequence[Clip], source: str) -> Check:
    """The commands lie within those of the clips, axis by axis."""
    shown = np.array([clip.command for clip in clips])
    try:
        check_coverage(clips, config, source)
        findings = ()
    except UserError as error:
        findings = (f"the task commands what no clip shows: the style reward would pay for the wrong speed; {error}",)
    low, high = config.env.commands.forward
    measured = f"{shown[:, 0].min():.2f} to {shown[:, 0].max():.2f} m/s"
    return Check(AREA, "speeds of the clips", f"from {low:g} to {high:g} m/s, and to the sides", measured, findings)


def check_distances(config: Config, clips: Sequence[Clip], scale: Scale) -> Check:
    """Between the ends too, commands have clips nearby: what the discriminator compares with is near the command.

    But for standing, which style is not paid for.
    """
    asked = _draw_commands(config, scale)
    shown = np.array([clip.command for clip in clips])
    away = np.linalg.norm((asked[:, None] - shown) / command_kernel(scale), axis=2).min(axis=1)
    away = np.where(np.any(asked != 0, axis=1), away, 0.0)
    far = float(np.mean(away > _FAR))
    findings = ()
    if far > _FAR_SHARE:
        x, y, w = asked[np.argmax(away)]
        findings = (
            f"{far:.0%} of the commands are farther than {_FAR:g} kernel widths from every clip (the farthest: {x:.2f} "
            f"m/s forward, {y:.2f} m/s sideways, {w:.2f} rad/s): those robots are compared with another gait than they "
            "are asked for; record clips there (motion.py record) or narrow env.commands",
        )
    return Check(AREA, "commands with a clip nearby", f"≥ {1 - _FAR_SHARE:.0%}", f"{1 - far:.1%}", findings)


def check_stated_commands(clips: Sequence[Clip], scale: Scale) -> Check:
    """What a clip says it does is what it does."""
    kernel = command_kernel(scale)
    off = {clip.name: np.abs(mean_velocity(clip.qpos, clip.qvel) - clip.command) for clip in clips}
    wrong = [name for name, error in off.items() if (error > 1.5 * kernel).any()]
    worst = max(off, key=lambda name: float(np.max(off[name] / kernel)))
    findings = (
        (
            f"{listed(wrong)}: moves otherwise than its field command says ({worst} by "
            f"{np.round(off[worst], 2).tolist()} m/s, m/s, rad/s): it would be shown to robots that are asked for "
            "something else; store the velocity that the motion has",
        )
        if wrong
        else ()
    )
    limit = ", ".join(f"{1.5 * width:.2g}" for width in kernel)
    return Check(AREA, "stated command against motion", f"≤ {limit}", f"{np.round(off[worst], 3).tolist()}", findings)


def check_still(clips: Sequence[Clip], scale: Scale) -> Check:
    """A clip of walking walks."""
    shares = {clip.name: clip_faults.still_share(clip, scale) for clip in clips if _walks(clip, scale)}
    wrong = {name: share for name, share in shares.items() if share > _STILL_SHARE}
    worst = max(shares.values(), default=0.0)
    findings = tuple(
        f"{name}: stands still in {share:.0%} of its frames though its command is to walk: standing would be paid as "
        "good style; cut the clip to the walking, or store the standing as a clip of its own"
        for name, share in wrong.items()
    )
    return Check(AREA, "standing in clips of walking", f"≤ {_STILL_SHARE:.0%} of frames", f"{worst:.0%}", findings[:3])


def check_velocities(clips: Sequence[Clip], scale: Scale) -> Check:
    """Stored velocities are those of the moment, as an engine gives them, not differences of positions."""
    kinds = {clip.name: clip_faults.difference_kind(clip, scale) for clip in clips}
    wrong = [clip for clip in clips if kinds[clip.name]]
    findings = ()
    if wrong:
        kind = kinds[wrong[0].name]
        step = np.sqrt(np.mean(np.concatenate([np.diff(clip.joint_velocity, axis=0) for clip in wrong]) ** 2))
        off = (
            "it averages over two steps" if kind == "central" else f"it is half a step off, about {step / 2:.2g} rad/s"
        )
        findings = (
            f"{listed(clip.name for clip in wrong)}: qvel is a finite difference of qpos ({kind}), not the velocity of "
            f"the moment: {off}, which a discriminator can tell from the engine's; store the engine's qvel, or a "
            "spline's derivative",
        )
    return Check(AREA, "velocities stored in clips", "true ones", f"{len(wrong)} of {len(clips)} differences", findings)


def check_followable(robot: Robot, measured: Sequence[CheckedClip[RecordedFigures]]) -> Check:
    """Every clip is motion that the robot's joints, servos and the floor allow."""
    failing = [each for each in measured if each.failed]
    return Check(
        AREA,
        "motion that this robot can make",
        "feet, speeds, torques, support in bounds",
        f"{len(measured) - len(failing)} of {len(measured)} clips",
        tuple(_followable_findings(robot, measured)),
    )


def check_joint_order(robot: Robot, measured: Sequence[CheckedClip[RecordedFigures]]) -> Check:
    """No exchange of two joints would make the feet of the clips fit the floor better than they do."""
    findings: dict[str, list[str]] = {}
    walking = [each.clip for each in measured if _walks(each.clip, scale_of(robot))]
    everywhere = clip_faults.undo_exchange(robot, walking) if walking else ""
    if everywhere:
        findings[everywhere] = [clip.name for clip in walking]
    else:
        slip = _SUSPICIOUS_SLIP * scale_of(robot).speed
        doubtful = [each for each in measured if each.failed or each.figures.slip_speed > slip]
        for each in doubtful[:6]:
            if found := clip_faults.undo_exchange(robot, [each.clip]):
                findings.setdefault(found, []).append(each.clip.name)
    lines = tuple(
        f"{listed(names)}: it looks as if {what}: with that undone, the feet stand on the floor; write qpos and qvel "
        "in the order of joint_names and with the signs of this robot"
        for what, names in findings.items()
    )
    return Check(AREA, "joints in their places", "no exchange fits better", "; ".join(findings) or "none does", lines)


def _followable_findings(robot: Robot, measured: Sequence[CheckedClip[RecordedFigures]]) -> Iterator[str]:
    """A line for each figure that is out of bounds: its worst clip, and how many others."""
    for bound in recorded.bounds(robot):
        failing = [each for each in measured if bound.figure in each.failed]
        if not failing:
            continue
        pick: Callable = min if bound.at_least else max
        worst = pick(failing, key=lambda each: each.value(bound))
        value = worst.value(bound)
        words = _WORDS[bound.figure].format(value=value, excess=-value)
        others = f" ({len(failing)} clips in all)" if len(failing) > 1 else ""
        yield (
            f"{worst.clip.name}: {words}{others}: the robot cannot follow, so that its style is never paid; leave such "
            "clips out, or record what a tracking policy makes of them (motion.py record)"
        )


def _draw_commands(config: Config, scale: Scale) -> np.ndarray:
    """Velocities [_DRAWN, 3] as the task asks for them."""

    def one(uniform: jax.Array) -> jax.Array:
        control_dt = config.env.control_dt
        drawn = commands.sample(uniform, config.env.commands, jnp.float32(0.0), control_dt, scale=scale)
        return jnp.stack([drawn.forward, drawn.sideways, drawn.yaw_rate])

    uniform = jax.random.uniform(jax.random.key(config.trainer.seed), (_DRAWN, commands.DRAWS))
    return np.asarray(jax.jit(jax.vmap(one))(uniform))


def _walks(clip: Clip, scale: Scale) -> bool:
    return bool(np.any(np.abs(clip.command) > 0.5 * command_kernel(scale)))
