"""The robot that the twin moves: MuJoCo's, with servos that obey the bus, a stand that holds it, and pushes.

Time goes in steps of `STEP`; a target that comes between two counts from then on, and a joint that is looked at
between two is where its speed has taken it.
"""

import copy
import math
from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.physics import servo
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.twin.bus_servo import JointState
from playground_amp.twin.stand import Stand
from playground_amp.twin.supply import Supply

STEP = 0.002  # s
_BASE_BODY = 1
_VELOCITY = 2  # place of the velocity gain in actuator_biasprm
_HELD_INERTIA = 1e4  # kg and kg·m² that a base which is held seems to have: what hangs on it cannot move it
_SWITCH_CLOSES = 0.01  # share of the robot's weight on a foot switch's bar
_SUPPLY_PERIOD = 10  # steps from one look at heat and battery to the next


class ImuSample(NamedTuple):
    """What the IMU measures, in the frame of the model's IMU."""

    orientation: np.ndarray  # [4] wxyz in the world
    gyro: np.ndarray  # [3] rad/s


class Body:
    """One robot with J joints. All servos are limp at first."""

    def __init__(self, robot: Robot, stand: Stand, supply: Supply, *, damped: bool = False):
        """`damped`: limp servos resist motion, as a shorted motor does, by their velocity gain."""
        self.robot, self.stand, self.supply, self._damped = robot, stand, supply, damped
        self.model = copy.copy(model_of(robot))
        self.model.opt.timestep = STEP
        self.data = mujoco.MjData(self.model)
        self._steps, self._imu = 0, self.model.site("imu").id
        self._touch = [self.model.sensor(name).adr[0] for name in robot.switch_names]
        joints = robot.num_joints
        self._gains = self.model.actuator_gainprm.copy(), self.model.actuator_biasprm.copy()
        self.stiff = np.zeros(joints, bool)
        self.strength, self.play = np.ones(joints), np.zeros(joints)  # share; rad to either side
        self.target = robot.home_joint_position.copy()  # as ordered last, rad
        self._before, self._arrival = self.target.copy(), np.full(joints, -1.0)  # in this step: until then, s
        self._ramp_from, self._ramp_start = self.target.copy(), np.zeros(joints)
        self._ramp_seconds = np.zeros(joints)
        self._push, self._push_ends = np.zeros(3), -math.inf
        self._slower = robot.speed_limit.min() / robot.speed_limit
        self.data.qpos[:] = robot.home_qpos
        self._hold_base()
        mujoco.mj_forward(self.model, self.data)
        self.renew_gains()

    @property
    def time(self) -> float:
        """Up to which the body has moved, s."""
        return self._steps * STEP

    @property
    def joint_position(self) -> np.ndarray:
        """[J] rad."""
        return self.data.qpos[BASE_QPOS_SIZE:]

    @property
    def joint_velocity(self) -> np.ndarray:
        """[J] rad/s."""
        return self.data.qvel[BASE_QVEL_SIZE:]

    @property
    def joint_torque(self) -> np.ndarray:
        """[J] N·m, of the servos."""
        return self.data.actuator_force

    @property
    def switches(self) -> list[bool]:
        """Left toe, left heel, right toe, right heel: closed by the floor."""
        least = _SWITCH_CLOSES * self.robot.weight
        return [bool(self.data.sensordata[place] > least) for place in self._touch]

    def imu(self) -> ImuSample:
        """What it measures at `time`."""
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)
        mujoco.mj_comVel(self.model, self.data)
        orientation, velocity = np.empty(4), np.empty(6)
        mujoco.mju_mat2Quat(orientation, self.data.site_xmat[self._imu])
        mujoco.mj_objectVelocity(self.model, self.data, mujoco.mjtObj.mjOBJ_SITE, self._imu, velocity, 1)
        return ImuSample(orientation, velocity[:3])

    def push(self, force_w: np.ndarray, seconds: float) -> None:
        """Begins to push the base with a force [3] N."""
        self._push, self._push_ends = np.asarray(force_w, float), self.time + seconds

    @property
    def push_w(self) -> np.ndarray | None:
        """The force [3] N that pushes it now."""
        return self._push if self.time < self._push_ends else None

    # What the servos are told (bus_servo.Joints)

    def look(self, joint: int, time: float) -> JointState:
        """How a joint is at a time, at most a step from now."""
        speed = float(self.joint_velocity[joint])
        effort = float(self.joint_torque[joint] / self.robot.torque_limit[joint])
        return JointState(float(self.joint_position[joint]) + (time - self.time) * speed, speed, effort)

    def order(self, joint: int, angle: float, time: float, seconds: float) -> None:
        """A target, rad; it is gone to evenly over so many seconds."""
        self._ramp_from[joint], self._ramp_start[joint] = self._wanted(time)[joint], time
        self._ramp_seconds[joint] = seconds
        self._before[joint], self._arrival[joint] = self._ramp_from[joint], time - self.time
        self.target[joint] = angle

    def set_torque(self, joint: int, on: bool) -> None:
        """Stiff or limp: without a gain it moves by its own damping and friction."""
        self.stiff[joint] = on
        self.renew_gains()

    def voltage(self, joint: int) -> float:
        """V, the same at all plugs."""
        del joint
        return self.supply.voltage

    def temperature(self, joint: int) -> float:
        """°C."""
        return float(self.supply.temperature[joint])

    # How it moves

    def advance(self, time: float) -> None:
        """Moves on as far as whole steps go."""
        while self.time + STEP <= time + 1e-9:
            self._step()

    def _step(self) -> None:
        position, velocity = self.joint_position, self.joint_velocity
        self.data.ctrl[:] = servo.order(
            np, self._parameters, self._wanted(self.time + STEP), self._before, position, 0.0, STEP, self._arrival
        )
        limits = servo.torque_range(np, self._parameters, self.robot.torque_limit, velocity * self._slower)
        assert limits is not None
        self.model.actuator_forcerange[:] = limits
        self.data.xfrc_applied[_BASE_BODY, :3] = self._push if self.time < self._push_ends else 0.0
        mujoco.mj_step(self.model, self.data)
        self._steps += 1
        self._hold_base()
        self._before, self._arrival[:] = self._wanted(self.time), -1.0
        if self._steps % _SUPPLY_PERIOD == 0:
            self.supply.pass_time(_SUPPLY_PERIOD * STEP, self.joint_torque / self.robot.torque_limit)

    def _servo_parameters(self) -> PhysicalParameters:
        numbers = {
            "floor_friction": np.array(self.robot.floor_friction),
            "motor_strength": self.strength * self.supply.strength,
            "speed_droop": np.array(1 / (self.robot.speed_limit.min() * self.supply.strength)),
            "backlash": self.play,
        }
        return PhysicalParameters(**numbers)  # pyright: ignore[reportArgumentType]  (NumPy's, as in host calls)

    def _wanted(self, time: float) -> np.ndarray:
        """Where the servos want their joints to be at a time [J] rad."""
        if not self._ramp_seconds.any():
            return self.target.copy()
        share = np.clip((time - self._ramp_start) / np.maximum(self._ramp_seconds, 1e-6), 0.0, 1.0)
        return self._ramp_from + share * (self.target - self._ramp_from)

    def _hold_base(self) -> None:
        pose = self.stand.pose(self.time)
        self.model.dof_armature[:BASE_QVEL_SIZE] = 0.0 if pose is None else _HELD_INERTIA
        if pose is not None:
            self.data.qpos[:BASE_QPOS_SIZE] = pose
            self.data.qvel[:BASE_QVEL_SIZE] = 0.0

    def weaken(self, joint: int, strength: float) -> None:
        """Gives a servo this share of its gain and torque."""
        self.strength[joint] = strength
        self.renew_gains()

    def renew_gains(self) -> None:
        """Has gains be what stiffness, strength and voltage make of them: a motor's go with its voltage."""
        self._parameters = self._servo_parameters()
        share = np.where(self.stiff, self.strength * self.supply.strength, 0.0)[:, None]
        self.model.actuator_gainprm[:], self.model.actuator_biasprm[:] = (gains * share for gains in self._gains)
        if self._damped:
            self.model.actuator_biasprm[:, _VELOCITY] = self._gains[1][:, _VELOCITY] * self.strength
