"""A robot on a floor of its own, to try whether it stands in a pose."""

import mujoco
import numpy as np

STANDING_TIME = 4.0  # s by itself: a large robot on soft ankles is still upright after two, and on its way down
_UPRIGHT = np.cos(0.3)  # rad
_AT_REST = 0.15  # rad/s, of the base: who turns faster after that time is falling


class Trial:
    """A robot in normal form on a floor of its own, to try poses with."""

    def __init__(self, mjcf: str) -> None:
        spec = mujoco.MjSpec.from_string(mjcf)
        spec.worldbody.add_geom(
            name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.05], contype=1, conaffinity=0, condim=3,
            friction=[0.8, 0.005, 0.0001], priority=1,
        )  # fmt: skip
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self.names = [self.model.joint(i).name for i in self.model.actuator_trnid[:, 0]]

    def put(self, angles: dict[str, float], height: float) -> None:
        """Stands the robot upright, its base so high over the floor, m."""
        mujoco.mj_resetData(self.model, self.data)
        own = [angles[name] for name in self.names]
        self.data.qpos[:] = [0, 0, height, 1, 0, 0, 0, *own]
        self.data.ctrl[:] = own
        mujoco.mj_forward(self.model, self.data)

    def center_of_mass(self, angles: dict[str, float]) -> np.ndarray:
        """[3] m, in the robot's frame."""
        self.put(angles, 0.0)
        return self.data.subtree_com[1].copy()

    def stands(self, angles: dict[str, float], height: float) -> tuple[bool, float, str]:
        """Whether the robot stands for `STANDING_TIME` under its own servos, and is at rest then; the largest share of
        a torque limit, there or when it was last upright, and whose joint's."""
        self.put(angles, height)
        force = self.data.actuator_force.copy()
        for _ in range(round(STANDING_TIME / self.model.opt.timestep)):
            mujoco.mj_step(self.model, self.data)
            upright = 1 - 2 * float(self.data.qpos[4] ** 2 + self.data.qpos[5] ** 2)  # cosine of the tilt
            if upright > _UPRIGHT:
                force[:] = self.data.actuator_force
        moving = np.linalg.norm(self.data.qvel[3:6]) > _AT_REST
        force, limits = np.abs(force), self.model.actuator_forcerange[:, 1]
        shares = np.divide(force, limits, out=np.ones_like(force), where=limits > 0)
        most = int(np.argmax(shares))
        share = float(shares[most])
        stands = bool(upright > _UPRIGHT and not moving and self.data.qpos[2] > 0.8 * height and np.isfinite(share))
        # Of a body that flies apart nothing can be told.
        return stands, share if np.isfinite(share) else 1.0, self.names[most]
