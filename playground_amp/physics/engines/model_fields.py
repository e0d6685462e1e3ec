"""From a robot's physical parameters to the fields of a MuJoCo model. One arithmetic for every engine.

`xp` is NumPy or jax.numpy; parameters may have leading axes [..., ] of robots, which the fields then have too.
"""

from types import ModuleType
from typing import Any

import mujoco

from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.robot.record import BASE_QVEL_SIZE

SOFTNESS_INPUTS = ("mass_scale", "com_shift_b", "joint_armature")
"""Parameters on which the model's compiled constants depend: `derived_constants`."""
DERIVED_CONSTANTS = ("body_subtreemass", "body_invweight0", "dof_invweight0")


def model_fields(xp: ModuleType, model: mujoco.MjModel, parameters: PhysicalParameters) -> dict[str, Any]:
    """The fields that differ from `model`, by their names in MjModel. The floor's friction is not among them."""
    p, fields = parameters, {}
    if p.mass_scale is not None:
        scale = _after_ones(xp, 1, p.mass_scale)  # the world keeps its own
        fields["body_mass"] = model.body_mass * scale
        fields["body_inertia"] = model.body_inertia * scale[..., None]
    if p.com_shift_b is not None:
        world = xp.zeros_like(p.com_shift_b[..., :1, :])
        fields["body_ipos"] = model.body_ipos + xp.concatenate([world, p.com_shift_b], axis=-2)
    if p.motor_strength is not None:
        strength = p.motor_strength[..., None]
        fields["actuator_gainprm"] = model.actuator_gainprm * strength
        fields["actuator_biasprm"] = model.actuator_biasprm * strength
        fields["actuator_forcerange"] = model.actuator_forcerange * strength
    for name, scale in (
        ("dof_damping", p.joint_damping),
        ("dof_frictionloss", p.joint_friction),
        ("dof_armature", p.joint_armature),
    ):
        if scale is not None:
            fields[name] = getattr(model, name) * _after_ones(xp, BASE_QVEL_SIZE, scale)
    return fields


def _after_ones(xp: ModuleType, count: int, scale: Any) -> Any:
    return xp.concatenate([xp.ones((*scale.shape[:-1], count), scale.dtype), scale], axis=-1)
