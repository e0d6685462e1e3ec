"""Walkers for the importers, written by arithmetic: a skeleton whose legs swing, in each of the formats."""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

RATE = 60.0  # frames a second
CYCLE, SPEED = 1.2, 0.9  # s, m/s
THIGH, SHANK, HIP_HALF_WIDTH, ANKLE_HEIGHT = 0.42, 0.41, 0.09, 0.08  # m


def leg_angles(seconds: float = 4.8, rate: float = RATE) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times [T], hip, knee and foot pitch [T, 2] rad (left, right; positive: leg forwards, knee bent, toe up).

    A foot stands flat for 0.6 of the cycle under a hip that moves on, and swings over the rest.
    """
    time = np.arange(round(seconds * rate)) / rate
    hip, knee, foot = (np.zeros((len(time), 2)) for _ in range(3))
    for side in (0, 1):
        phase = (time / CYCLE + 0.5 * side) % 1.0  # the left foot's swing is over phases 0.05 to 0.45
        swung = np.clip((phase - 0.05) / 0.4, 0, 1)
        share = swung**3 * (10 - 15 * swung + 6 * swung**2)
        stance = np.where(phase < 0.25, phase + 0.75, phase - 0.25)  # from one mid-swing to the next
        back = -SPEED * CYCLE * (stance - 0.5)
        ahead = np.where((phase > 0.05) & (phase < 0.45), 0.3 * SPEED * CYCLE * (2 * share - 1), back)
        lift = 0.07 * np.sin(np.pi * swung) ** 2
        reach = np.stack([ahead, -(0.74 - lift)], axis=1)
        length = np.linalg.norm(reach, axis=1)
        bend = np.arccos((THIGH**2 + SHANK**2 - length**2) / (2 * THIGH * SHANK))
        knee[:, side] = np.pi - bend
        lean = np.arccos((THIGH**2 + length**2 - SHANK**2) / (2 * THIGH * length))
        hip[:, side] = np.arctan2(reach[:, 0], -reach[:, 1]) + lean
        roll = -0.5 * np.exp(-(((phase - 0.08) / 0.05) ** 2)) + 0.25 * np.exp(-(((phase - 0.43) / 0.05) ** 2))
        foot[:, side] = roll
    return time, hip, knee, foot


def write_bvh(
    path: Path,
    names: dict[str, str] | None = None,
    unit: float = 0.01,
    up: str = "y",
    seconds: float = 4.8,
    order: str = "ZXY",
) -> Path:
    """A BVH file, y or z up, in a unit of so many meters; walks along the axis that is neither up nor x."""
    called = dict.fromkeys(("Hips", "LeftUpLeg", "LeftLeg", "LeftFoot", "RightUpLeg", "RightLeg", "RightFoot"))
    called = {name: (names or {}).get(name, name) for name in called}
    time, hip, knee, foot = leg_angles(seconds)

    def offset(across: float, height: float) -> str:
        x, u = across / unit, height / unit
        return f"{x:.5f} {u:.5f} 0" if up == "y" else f"{x:.5f} 0 {u:.5f}"

    turns = " ".join(f"{axis}rotation" for axis in order)
    lines = ["HIERARCHY", f"ROOT {called['Hips']}", "{", "OFFSET 0 0 0"]
    lines.append(f"CHANNELS 6 Xposition Yposition Zposition {turns}")
    for side, sign in (("Left", 1), ("Right", -1)):
        for part, where in (("UpLeg", (sign * HIP_HALF_WIDTH, 0)), ("Leg", (0, -THIGH)), ("Foot", (0, -SHANK))):
            lines += [f"JOINT {called[side + part]}", "{", f"OFFSET {offset(*where)}", f"CHANNELS 3 {turns}"]
        lines += ["End Site", "{", f"OFFSET {offset(0, -ANKLE_HEIGHT)}", "}", "}", "}", "}"]
    lines += ["}", "MOTION", f"Frames: {len(time)}", f"Frame Time: {1 / RATE:.8f}"]
    column = order.index("X")
    # About x (to the left) a leg swings forwards by a negative angle where y is up and z ahead, else by a positive one.
    sign = -1 if up == "y" else 1
    for row in range(len(time)):
        way = SPEED * time[row] / unit
        height = (0.74 + ANKLE_HEIGHT) / unit
        values = [0.0, height, way] if up == "y" else [0.0, -way, height]
        values += [0.0, 0.0, 0.0]
        for side in (0, 1):
            pitch = hip[row, side], -knee[row, side], foot[row, side] - hip[row, side] + knee[row, side]
            for angle in pitch:
                turn = [0.0, 0.0, 0.0]
                turn[column] = np.degrees(sign * angle)
                values += turn
        lines.append(" ".join(f"{value:.6f}" for value in values))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_deepmimic(path: Path) -> Path:
    """A DeepMimic file of one cycle that goes round: the first frame again at the end."""
    time, hip, knee, foot = leg_angles(CYCLE + 1 / RATE)
    frames = []
    for row in range(len(time)):
        values = [1 / RATE, SPEED * time[row], 0.74 + ANKLE_HEIGHT, 0.0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
        for side in (1, 0):  # right, left; forwards is about z, the axis to the right
            turn = foot[row, side] - hip[row, side] + knee[row, side]
            half_hip, half_foot = hip[row, side] / 2, turn / 2
            values += [np.cos(half_hip), 0, 0, np.sin(half_hip), -knee[row, side]]
            values += [np.cos(half_foot), 0, 0, np.sin(half_foot), 1, 0, 0, 0, 0.0]
        frames.append([float(value) for value in values])
    path.write_text(json.dumps({"Loop": "wrap", "Frames": frames}))
    return path


def write_smpl(path: Path, joints: int = 52) -> Path:
    """An AMASS file, z up: the body's own y is turned up, it walks along -y."""
    time, hip, knee, foot = leg_angles()
    poses = np.zeros((len(time), joints, 3))
    upright = Rotation.from_euler("x", 90, degrees=True)
    poses[:, 0] = upright.as_rotvec()
    for side in (0, 1):
        poses[:, 1 + side, 0] = -hip[:, side]
        poses[:, 4 + side, 0] = knee[:, side]
        poses[:, 7 + side, 0] = -(foot[:, side] - hip[:, side] + knee[:, side])
    trans = np.stack([0 * time, -SPEED * time, 0 * time + 0.9], axis=1)
    np.savez(path, poses=poses.reshape(len(time), -1), trans=trans, mocap_framerate=np.array(RATE))
    return path
