"""Which hinges of a skeleton are legs, waist, arms and head."""

from dataclasses import dataclass

import mujoco
import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.making.shapes import colliding, points_of, shapes_of
from playground_amp.robot.making.skeleton import Skeleton

_NEAR_FLOOR = 0.15  # of the height of the base over the lowest point
_ENDLESS = 4 * np.pi  # rad: a wider range is none
_HANGING = 0.5  # cosine: legs that hang down, bent as they may be, do so within 60°
_FEWEST = 3  # hinges of a leg that can step
_COUNTS = {3: "three", 4: "four", 6: "six"}
_LOOPS = (mujoco.mjtEq.mjEQ_CONNECT.value, mujoco.mjtEq.mjEQ_WELD.value)


@dataclass(frozen=True, eq=False)
class Legs:
    """The two limbs that a robot stands on; which is left is not known yet."""

    hub: int  # the body that both hang on
    chains: tuple[list[int], list[int]]  # driven hinges from hip to foot
    feet: tuple[int, int]  # the last driven body of each
    shared: list[int]  # driven hinges between the base and the hub


def find_legs(skeleton: Skeleton) -> Legs:
    """The legs. Raises UserError, in one sentence, if there are not two that can step."""
    path = skeleton.source.path
    leaves = [joint for joint in skeleton.driven if not _drives_on(skeleton, joint)]
    if not leaves:
        raise UserError(f"{path}: nothing drives its hinges, so it has no legs")
    below = _standing_on(skeleton, leaves, np.array([0.0, 0.0, 1.0]))
    branches, hub = _branches(skeleton, below)
    if len(branches) > 2:
        _require_no_wheels(skeleton, below)
        raise UserError(f"{path} stands on {_COUNTS.get(len(branches), 'many')} legs: it takes two")
    if len(branches) < 2:
        raise UserError(f"{path} stands on one leg: it takes two{_why_not_two(skeleton, leaves)}")
    tips = [max(branch, key=lambda joint: len(skeleton.way_to(body_of(skeleton, joint)))) for branch in branches]
    ways = [_way(skeleton, tip) for tip in tips]
    shared = [joint for joint in ways[0] if joint in ways[1]]
    chains = [[joint for joint in way if joint not in shared] for way in ways]
    _require_hinges(skeleton, hub, tips)
    _require_open(skeleton, hub, tips)
    legs = Legs(hub, (chains[0], chains[1]), (body_of(skeleton, tips[0]), body_of(skeleton, tips[1])), shared)
    _require_upright(skeleton, legs)
    _require_no_wheels(skeleton, [chain[-1] for chain in legs.chains])
    return legs


def _standing_on(skeleton: Skeleton, leaves: list[int], up: np.ndarray) -> list[int]:
    """The limbs' last driven hinges that would be near the floor if `up` [3] were upwards."""
    heights = {joint: _lowest(skeleton, body_of(skeleton, joint), up) for joint in leaves}
    floor = min(heights.values())
    base = float(skeleton.data.xpos[skeleton.root.base] @ up)
    highest = max(base, *(float(skeleton.data.xanchor[joint] @ up) for joint in skeleton.driven))
    if floor >= highest:
        raise UserError(
            f"{skeleton.source.path} stands on its head: turn its base so that its legs point down, along -z"
        )
    return [joint for joint in leaves if heights[joint] < floor + _NEAR_FLOOR * (highest - floor)]


def _why_not_two(skeleton: Skeleton, leaves: list[int]) -> str:
    """What may have become of the other leg, as the end of a sentence: another axis is up, or nothing drives it."""
    for axis, sense in ((1, 1.0), (1, -1.0), (0, 1.0), (0, -1.0)):
        up = sense * np.eye(3)[axis]
        ends = [float(_lowest(skeleton, body_of(skeleton, joint), up)) for joint in leaves]
        if min(ends) < float(skeleton.data.xpos[skeleton.root.base] @ up):
            branches, _ = _branches(skeleton, _standing_on(skeleton, leaves, up))
            lengths = [max(len(_way(skeleton, joint)) for joint in branch) for branch in branches]
            if len(branches) == 2 and lengths[0] == lengths[1] >= _FEWEST:
                return f", unless its legs point along {'-' if sense > 0 else '+'}{'xy'[axis]}: then turn its base"
    idle = [f"{skeleton.name(joint)!r} {why}" for joint in skeleton.hinges if (why := skeleton.idle(joint))]
    return f" ({', '.join(idle[:2])}{' and more' if len(idle) > 2 else ''})" if idle else ""


def body_of(skeleton: Skeleton, joint: int) -> int:
    """The body that a joint carries."""
    return int(skeleton.model.jnt_bodyid[joint])


def require_steppable(skeleton: Skeleton, legs: Legs) -> None:
    """Raises UserError if the legs have too few hinges or differ in number."""
    path, counts = skeleton.source.path, [len(chain) for chain in legs.chains]
    if min(counts) < _FEWEST:
        raise UserError(f"{path}: a leg has only {min(counts)} driven hinges: to step it takes {_FEWEST}")
    if counts[0] != counts[1]:
        why = [f"{skeleton.name(joint)!r} {why}" for joint in _in_legs(skeleton, legs) if (why := skeleton.idle(joint))]
        raise UserError(
            f"{path}: its legs have {counts[0]} and {counts[1]} driven hinges: they must mirror each other"
            + (f" ({', '.join(why)})" if why else "")
        )


def _in_legs(skeleton: Skeleton, legs: Legs) -> list[int]:
    """The hinges between the hub and what the feet carry, driven or not."""
    ways = [[body for body in skeleton.way_to(foot) if body in skeleton.inside[legs.hub]] for foot in legs.feet]
    bodies = {body for way, foot in zip(ways, legs.feet, strict=True) for body in (*way, *skeleton.inside[foot])}
    return [joint for joint in skeleton.hinges if body_of(skeleton, joint) in bodies - {legs.hub}]


def _drives_on(skeleton: Skeleton, joint: int) -> bool:
    """Whether another driven hinge comes after this one."""
    body = body_of(skeleton, joint)
    later = [other for other in skeleton.driven if other != joint and body_of(skeleton, other) in skeleton.inside[body]]
    return any(body_of(skeleton, other) != body or other > joint for other in later)


def _lowest(skeleton: Skeleton, body: int, up: np.ndarray) -> float:
    bodies = skeleton.inside[body]
    geoms = shapes_of(skeleton, bodies)
    chosen = colliding(skeleton, geoms) or geoms
    heights = [float((points_of(skeleton, geom) @ up).min()) for geom in chosen]
    return min(heights, default=float((skeleton.data.xipos[sorted(bodies)] @ up).min()))


def _branches(skeleton: Skeleton, joints: list[int]) -> tuple[list[list[int]], int]:
    """The limbs that hinges at their ends belong to, and the body that the limbs part at."""
    ways = [[skeleton.root.base, *skeleton.way_to(body_of(skeleton, joint))] for joint in joints]
    depth = 0
    while all(len(way) > depth for way in ways) and len({way[depth] for way in ways}) == 1:
        depth += 1
    grouped: dict[int, list[int]] = {}
    for joint, way in zip(joints, ways, strict=True):
        grouped.setdefault(way[depth] if depth < len(way) else way[-1], []).append(joint)
    return list(grouped.values()), ways[0][depth - 1]


def _way(skeleton: Skeleton, tip: int) -> list[int]:
    """The driven hinges from the base to one at the end, that one included."""
    bodies = skeleton.way_to(body_of(skeleton, tip))
    joints = [joint for body in bodies for joint in skeleton.joints_at(body)]
    return [joint for joint in joints if joint in skeleton.driven]


def _require_hinges(skeleton: Skeleton, hub: int, tips: list[int]) -> None:
    model = skeleton.model
    for tip in tips:
        bodies = [body for body in skeleton.way_to(body_of(skeleton, tip)) if body in skeleton.inside[hub] - {hub}]
        for joint in (joint for body in bodies for joint in skeleton.joints_at(body)):
            if model.jnt_type[joint] != mujoco.mjtJoint.mjJNT_HINGE:
                kind = "ball" if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_BALL else "sliding"
                name = skeleton.name(joint)
                raise UserError(f"{skeleton.source.path}: {name!r} in a leg is a {kind} joint: it takes hinges")


def _require_open(skeleton: Skeleton, hub: int, tips: list[int]) -> None:
    """Raises UserError if rods close a loop through a leg."""
    model = skeleton.model
    hips = [skeleton.way_to(body_of(skeleton, tip)) for tip in tips]
    firsts = [next(body for body in way if body in skeleton.inside[hub] and body != hub) for way in hips]
    in_legs = skeleton.inside[firsts[0]] | skeleton.inside[firsts[1]]
    loops = 0
    for index in range(model.neq):
        ends = [_end(model, index, side) for side in (1, 2)]
        if int(model.eq_type[index]) in _LOOPS:
            loops += bool(model.eq_active0[index]) and any(end in in_legs for end in ends)
    if loops:
        raise UserError(
            f"{skeleton.source.path} has closed loops ({loops} in its legs, by connect or weld): it takes legs that "
            "are open chains"
        )


def _end(model: mujoco.MjModel, index: int, side: int) -> int:
    identifier = int((model.eq_obj1id if side == 1 else model.eq_obj2id)[index])
    if model.eq_objtype[index] == mujoco.mjtObj.mjOBJ_SITE and identifier >= 0:
        return int(model.site_bodyid[identifier])
    return identifier


def _require_upright(skeleton: Skeleton, legs: Legs) -> None:
    """Raises UserError if the legs do not hang down at the zero pose: z is not up."""
    hips = np.mean([skeleton.data.xanchor[chain[0]] for chain in legs.chains if chain], axis=0)
    way = np.mean(skeleton.data.xipos[list(legs.feet)], axis=0) - hips
    if -way[2] < _HANGING * np.linalg.norm(way):
        along = int(np.argmax(np.abs(way)))
        sense = "+" if way[along] > 0 else "-"
        raise UserError(
            f"{skeleton.source.path}: with all joints at zero its legs point along {sense}{'xyz'[along]}, not down: "
            "turn its base so that z is up"
        )


def _require_no_wheels(skeleton: Skeleton, ends: list[int]) -> None:
    """Raises UserError if one of the last joints of limbs turns, without end, what is round about its axis."""
    for joint in ends:
        geoms = shapes_of(skeleton, skeleton.inside[body_of(skeleton, joint)])
        geoms = colliding(skeleton, geoms) or geoms
        limited = skeleton.model.jnt_limited[joint] and np.ptp(skeleton.model.jnt_range[joint]) < _ENDLESS
        if limited or not geoms:
            continue
        points = np.concatenate([points_of(skeleton, geom) for geom in geoms]) - skeleton.data.xanchor[joint]
        axis = skeleton.data.xaxis[joint]
        radii = np.linalg.norm(points - np.outer(points @ axis, axis), axis=1)
        across = np.cross(axis, [0, 0, 1])
        ahead = np.abs(points @ (across / max(np.linalg.norm(across), 1e-9))).max()
        if abs(axis[2]) < 0.5 and abs(np.abs(points[:, 2]).max() / ahead - 1) < 0.1 and ahead > 0.9 * radii.max():
            raise UserError(
                f"{skeleton.source.path} rolls: {skeleton.name(joint)!r} is a wheel, and wheels do not step"
            )
