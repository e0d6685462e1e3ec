"""Writes a small biped with its knees backwards, as a CAD export leaves it: `python examples/duck.py duck.xml`.

Ten motors without gains, feet that cannot roll, no home pose, every shape collides: what `wildrobot robot init` makes a
robot of. See docs/your_own_robot.md.
"""

import sys
from pathlib import Path

HEAD = """<mujoco model="duck">
  <compiler angle="radian" autolimits="true"/>
  <default>
    <joint type="hinge" damping="0.05" armature="0.012"/>
    <motor ctrlrange="-1.9 1.9"/>
  </default>
  <worldbody>
    <light pos="0 0 2"/>
    <geom name="ground" type="plane" size="5 5 0.1"/>
    <body name="trunk" pos="0 0 0.3">
      <freejoint/>
      <geom type="box" size="0.06 0.045 0.04" pos="-0.01 0 0.02" mass="0.9" rgba="0.95 0.80 0.25 1"/>
      <geom type="capsule" size="0.018" fromto="0.04 0 0.05 0.06 0 0.12" mass="0.05" rgba="0.95 0.80 0.25 1"/>
      <geom type="ellipsoid" size="0.045 0.035 0.032" pos="0.07 0 0.14" mass="0.2" rgba="0.95 0.80 0.25 1"/>
      <geom type="box" size="0.02 0.018 0.005" pos="0.125 0 0.132" mass="0.01" rgba="0.95 0.45 0.12 1"/>
      <site name="imu" pos="-0.02 0 0.03"/>
"""

LEG = """      <body name="{side}_hip" pos="0 {y} -0.03">
        <joint name="{side}_hip_yaw" axis="0 0 1" range="-0.5 0.5"/>
        <geom type="cylinder" size="0.016 0.014" mass="0.06" rgba="0.2 0.2 0.2 1"/>
        <body name="{side}_hip_bracket" pos="0 0 -0.03">
          <joint name="{side}_hip_roll" axis="1 0 0" range="-0.5 0.5"/>
          <geom type="box" size="0.018 0.014 0.012" mass="0.07" rgba="0.2 0.2 0.2 1"/>
          <body name="{side}_thigh" pos="0 0 -0.02">
            <joint name="{side}_hip_pitch" axis="0 1 0" range="-0.8 1.4"/>
            <geom type="capsule" size="0.015" fromto="0 0 -0.01 0 0 -0.075" mass="0.13" rgba="0.95 0.45 0.12 1"/>
            <body name="{side}_shank" pos="0 0 -0.085">
              <joint name="{side}_knee" axis="0 1 0" range="-1.8 0"/>
              <geom type="capsule" size="0.013" fromto="0 0 -0.01 0 0 -0.075" mass="0.1" rgba="0.95 0.45 0.12 1"/>
              <body name="{side}_foot" pos="0 0 -0.085">
                <joint name="{side}_ankle" axis="0 1 0" range="-1 1"/>
                <geom type="box" size="0.05 0.025 0.006" pos="0.015 0 -0.026" mass="0.06" rgba="0.95 0.45 0.12 1"/>
              </body>
            </body>
          </body>
        </body>
      </body>
"""

JOINTS = ("hip_yaw", "hip_roll", "hip_pitch", "knee", "ankle")
SIDES = {"left": 0.045, "right": -0.045}  # m, where the hip is


def duck() -> str:
    """The MJCF."""
    legs = "".join(LEG.format(side=side, y=y) for side, y in SIDES.items())
    motors = "".join(f'    <motor joint="{side}_{joint}"/>\n' for side in SIDES for joint in JOINTS)
    return f"{HEAD}{legs}    </body>\n  </worldbody>\n  <actuator>\n{motors}  </actuator>\n</mujoco>\n"


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else "duck.xml").write_text(duck())
