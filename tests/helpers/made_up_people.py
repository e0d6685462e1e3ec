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
    for row in range(len(time)):
        way = SPEED * time[row] / unit
        height = (0.74 + ANKLE_HEIGHT) / unit
        values = [0.0, height, way] if up == "y" else [0.0, -way, height]
        values += [0.0, 0.0, 0.0]
        for side in (0, 1):
            pitch = hip[row, side], -knee[row, side], foot[row, side] - hip[row, side] + knee[row, side]
            for angle in pitch:
                turn = [0.0, 0.0, 0.0]
                turn[column] = -np.degrees(angle)  # about x, to the left: a leg swings forwards by a negative angle
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


def write_positions(path: Path) -> Path:
    """An array of the places of SMPL's 22 joints, y up, walking along z: what text-to-motion models give."""
    time, hip, knee, foot = leg_angles()
    places = np.zeros((len(time), 22, 3))
    places[..., 1], places[..., 2] = 0.74 + ANKLE_HEIGHT, SPEED * time[:, None]
    for side, sign in ((0, 1), (1, -1)):
        down = hip[:, side], hip[:, side] - knee[:, side]  # of thigh and shank, from hanging forwards
        places[:, 1 + side, 0] = sign * HIP_HALF_WIDTH
        for joint, above, length, angle in ((4, 1, THIGH, down[0]), (7, 4, SHANK, down[1])):
            way = length * np.stack([0 * angle, -np.cos(angle), np.sin(angle)], axis=1)
            places[:, joint + side] = places[:, above + side] + way
        toe = foot[:, side]
        places[:, 10 + side] = places[:, 7 + side] + 0.13 * np.stack([0 * toe, np.sin(toe), np.cos(toe)], axis=1)
    np.save(path, places.astype(np.float32))
    return path


def write_acclaim(path: Path) -> Path:
    """An .amc in degrees and inches over 0.45, y up, walking along z, and its .asf, with axes that are turned."""
    unit = 0.0254 / 0.45
    bones = [("hipjoint", HIP_HALF_WIDTH, (1, 0, 0)), ("femur", THIGH, (0, -1, 0)), ("tibia", SHANK, (0, -1, 0))]
    asf = [":version 1.10", ":units", "  mass 1.0", "  length 0.45", "  angle deg", ":root"]
    asf += ["  order TX TY TZ RX RY RZ", "  axis XYZ", "  position 0 0 0", "  orientation 0 0 0", ":bonedata"]
    tree = []
    for mark, sign in (("l", 1), ("r", -1)):
        for name, length, (x, y, z) in [*bones, ("foot", 0.13, (0, -0.6, 0.8))]:
            asf += [
                "  begin",
                f"    name {mark}{name}",
                f"    direction {sign * x} {y} {z}",
                f"    length {length / unit}",
            ]
            asf += ["    axis 90 0 0 XYZ"] + (["    dof rx ry"] if name != "hipjoint" else []) + ["  end"]
        tree += [f"    root {mark}hipjoint", f"    {mark}hipjoint {mark}femur", f"    {mark}femur {mark}tibia"]
        tree += [f"    {mark}tibia {mark}foot"]
    path.with_suffix(".asf").write_text("\n".join([*asf, ":hierarchy", "  begin", *tree, "  end", ""]))
    time, hip, knee, foot = leg_angles(rate=120.0)
    amc = ["#!made up", ":FULLY-SPECIFIED", ":DEGREES"]
    for row, now in enumerate(time):
        amc += [str(row + 1), f"root 0 {(0.74 + ANKLE_HEIGHT) / unit} {SPEED * now / unit} 0 0 0"]
        for side, mark in enumerate("lr"):
            turns = hip[row, side], -knee[row, side], foot[row, side] - hip[row, side] + knee[row, side]
            for name, angle in zip(("femur", "tibia", "foot"), turns, strict=True):
                amc.append(f"{mark}{name} {-np.degrees(angle):.6f} 0")
    path.write_text("\n".join(amc) + "\n")
    return path
