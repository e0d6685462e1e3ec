"""What a joint of a leg does, told from its axis and its place: hip_pitch, knee_pitch, ankle_roll …"""

from playground_amp.robot.making.anatomy import Anatomy, JointFacts

_MOSTLY = 0.7  # of a unit axis
_PITCHES = ("hip", "knee", "ankle")


def role_of(anatomy: Anatomy, joint: JointFacts) -> str:
    """The role of a leg's joint, by its axis at the zero pose: `hip_yaw`, `knee_pitch` …; of others their part."""
    leg = next((leg for leg in anatomy.legs if joint.name in leg), None)
    if leg is None:
        return f"{joint.part}_{_turn(joint)}"
    before = [anatomy.joint(name) for name in leg[: leg.index(joint.name)]]
    bends = sum(_turn(each) == "pitch" for each in before)
    place = _PITCHES[min(bends, len(_PITCHES) - 1)]
    if _turn(joint) != "pitch":
        place = "hip" if bends < 2 else "ankle"
    return f"{place}_{_turn(joint)}"


def _turn(joint: JointFacts) -> str:
    axis = abs(joint.axis)
    return "roll" if axis[0] > _MOSTLY else "pitch" if axis[1] > _MOSTLY else "yaw" if axis[2] > _MOSTLY else "oblique"
