"""What is wrong with files and bodies: root, units, masses, inertias, feet, IMU."""

from collections.abc import Iterator

import mujoco
import numpy as np

from playground_amp.robot.inspection.finding import Finding, counted, listed
from playground_amp.robot.making.anatomy import Anatomy, FootFacts
from playground_amp.robot.making.source import Source

_DENSE, _THIN = 2500.0, 5.0  # kg/m³, mass over the leg's length cubed; real bipeds have 48 to 262
_TALLEST, _SMALLEST = 3.0, 0.02  # m, of legs
_SPREAD = 1.0  # leg lengths: no body's mass lies farther from its center
_DUST = 1e-3  # of the robot's mass
_COMPACT = 1e-3  # leg lengths, likewise nearer


def body_findings(source: Source, anatomy: Anatomy) -> Iterator[Finding]:
    """Findings on everything but the joints' drives."""
    yield from _files(source, anatomy)
    yield from _root(source, anatomy)
    yield from _units(anatomy)
    yield from _inertias(source, anatomy)
    yield from _feet(source, anatomy)
    if anatomy.imu.site is None:
        yield Finding(
            "note",
            "IMU",
            "no site for the IMU",
            f"init puts it on {anatomy.imu.body}; name its site or its place in robot.yaml before going to the robot",
            (anatomy.imu.body,),
        )


def robot_bodies(source: Source, anatomy: Anatomy) -> list[int]:
    """The model's bodies that are the robot's: what hangs on its base."""
    model = source.model
    root = model.body(anatomy.base).rootid[0]
    return [body for body in range(1, model.nbody) if model.body_rootid[body] == root]


def _files(source: Source, anatomy: Anatomy) -> Iterator[Finding]:
    feet_lost = _soles_are_lost(source, anatomy)
    for told in source.notes:
        grave = feet_lost if told.kind.startswith("mesh") else bool(told.mend)
        does = told.mend or "nothing needs to be done"
        if told.kind.startswith("mesh") and not grave:
            does = f"{told.mend}; for walking the meshes are not needed"
        kind = "inertia" if told.kind == "inertia" else "files"
        yield Finding("mend" if grave else "note", kind, told.text, does)
    if feet_lost:
        guessed = any(foot.shape == "inertia" for foot in anatomy.feet)
        yield Finding(
            "mend",
            "feet",
            "the feet have no shape that can be read: the soles are guessed from their inertia"
            if guessed
            else "what the feet touch the floor with cannot be read: the soles are measured on other shapes of theirs",
            "fetch their meshes, or give the feet boxes",
            tuple(foot.body for foot in anatomy.feet),
        )


def _soles_are_lost(source: Source, anatomy: Anatomy) -> bool:
    """Whether a foot has no shape, or all that it touches the floor with are meshes that are not there."""
    model = source.model
    if any(foot.shape == "inertia" for foot in anatomy.feet):
        return True
    for foot in anatomy.feet:
        body = model.body(foot.body).id
        shapes = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] == body]
        touching = [geom for geom in shapes if model.geom_contype[geom] or model.geom_conaffinity[geom]]
        if touching and all(is_lost(source, geom) for geom in touching):
            return True
    return False


def is_lost(source: Source, geom: int) -> bool:
    """Whether a shape is a mesh that a stand-in replaces."""
    model = source.model
    mesh = model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH
    return bool(mesh and model.mesh(int(model.geom_dataid[geom])).name in source.lost_meshes)


def _root(source: Source, anatomy: Anatomy) -> Iterator[Finding]:
    loose = _loose_bodies(source, anatomy)
    if loose and all(told.kind != "loose body" for told in source.notes):
        what = f"something else moves in its world: {listed(loose)}"
        yield Finding("note", "files", what, "init leaves it out", tuple(loose), len(loose), "bodies")
    if anatomy.root != "free":
        how = "is fixed to the world" if anatomy.root == "fixed" else f"moves by {anatomy.root}, not by a free joint"
        yield Finding("note", "root", f"the base {anatomy.base} {how}", "init gives it a free joint", (anatomy.base,))


def _loose_bodies(source: Source, anatomy: Anatomy) -> list[str]:
    """Bodies that move and are no part of the robot."""
    model, own = source.model, set(robot_bodies(source, anatomy))
    roots = {int(model.body_rootid[body]) for body in range(1, model.nbody) if model.body_dofnum[body]} - own
    return [model.body(root).name or f"body {root}" for root in sorted(roots)]


def _units(anatomy: Anatomy) -> Iterator[Finding]:
    legs = anatomy.leg_length
    if not _SMALLEST < legs < _TALLEST:
        yield Finding(
            "mend",
            "units",
            f"legs of {legs:.3g} m: {'lengths are in mm, or in cm' if legs > _TALLEST else 'no biped is so small'}",
            "give lengths in m (a mesh's by scale=)",
            figure=legs,
            unit="m",
        )
        return
    density = anatomy.mass / legs**3
    if not _THIN < density < _DENSE:
        guess = "masses are in grams" if density > _DENSE else "far too light for its size"
        yield Finding(
            "mend",
            "units",
            f"{anatomy.mass:.4g} kg on legs of {legs:.2f} m: {guess}",
            "give masses in kg",
            figure=anatomy.mass,
            unit="kg",
        )


def _inertias(source: Source, anatomy: Anatomy) -> Iterator[Finding]:
    """Radii of gyration tell a unit that was mistaken, whatever the mass."""
    model = source.model
    large, small, broken = [], [], []
    for body in robot_bodies(source, anatomy):
        mass, moments = model.body_mass[body], np.sort(model.body_inertia[body])
        if mass <= _DUST * anatomy.mass:  # a frame without a body: MuJoCo sees to it that what moves has a mass
            continue
        if moments[0] <= 0:
            broken.append(model.body(body).name)
            continue
        if moments[2] > (1 + 1e-6) * (moments[0] + moments[1]):
            broken.append(model.body(body).name)
        radii = np.sqrt(moments / mass)
        if radii[2] > _SPREAD * anatomy.leg_length:
            large.append((float(radii[2]), model.body(body).name))
        if radii[2] < _COMPACT * anatomy.leg_length and mass > 0.01 * anatomy.mass:
            small.append((float(radii[2]), model.body(body).name))
    how = "give inertias in kg·m² about the body's center of mass, as the CAD exports them"
    if broken:
        what = f"{counted(broken, 'body').replace('bodys', 'bodies')} whose mass or moments of inertia no solid has"
        yield Finding("mend", "inertia", what, how, tuple(broken))
    for odd, word, pick in ((large, "more than", max), (small, "less than", min)):
        if odd:
            radius, name = pick(odd)
            more = f" and of {len(odd) - 1} more" if len(odd) > 1 else ""
            yield Finding(
                "mend",
                "inertia",
                f"the inertia of {name}{more} is that of a mass {1000 * radius:.3g} mm from its center, {word} "
                "fits its size",
                how,
                tuple(name for _, name in odd),
                radius,
                "m",
            )


def _feet(source: Source, anatomy: Anatomy) -> Iterator[Finding]:
    left, right = anatomy.feet
    if left.shape == "mesh":
        yield Finding(
            "note",
            "feet",
            f"the feet are meshes, which touch the floor at {left.contacts} points each",
            f"init stands it on soles of {_plate(left)}, by two bars each",
            (left.body, right.body),
        )
    unlike = max(abs(left.half_length - right.half_length), abs(left.half_width - right.half_width))
    if unlike > 0.0125 * anatomy.leg_length:
        yield Finding(
            "mend",
            "feet",
            f"the soles differ: {_plate(left)} on the left, {_plate(right)} on the right",
            "give both feet the same shapes",
            (left.body, right.body),
            2000 * unlike,
            "mm",
        )


def _plate(foot: FootFacts) -> str:
    return f"{2000 * foot.half_length:.0f} × {2000 * foot.half_width:.0f} mm"
