"""Runs an exported policy from raw sensor readings to servo targets. Needs NumPy only; uses onnxruntime if it is there.

A bundle carries a copy of this file, so that a robot needs nothing else: that is why it is one file, and longer than
others. Before a policy will run, its golden vectors
(sensor readings and servo targets recorded in simulation) are computed again; a bundle that gives anything else is
refused.

    policy = load_policy("bundle")
    policy.reset()
    while True:  # every policy.control_dt seconds
        targets = policy.step(Sensors(orientation, gyro, joint_position, joint_velocity), (0.3, 0.0, 0.0))
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

Json: TypeAlias = Any  # what JSON files hold
Reading: TypeAlias = Any  # a number; for a batch an array [N]

FORMAT = 2
UNITS = {"angle": "rad", "angular_velocity": "rad/s", "linear_velocity": "m/s", "time": "s"}
QUATERNION_ORDERS = ("wxyz", "xyzw")
BACKENDS = ("auto", "onnxruntime", "numpy")
COMMAND = ("forward", "to the left", "yaw rate")
_UNIT_TOLERANCE = 0.01  # of a quaternion's norm
_PHASE_TOLERANCE = 1e-5
_GOLDEN_TOLERANCE = 1e-3  # of the joint target that an action of 1 asks for, at most
_VOUCHED = ("policy.onnx", "golden.json", "runtime.py")  # the manifest has to know their content
_LARGEST = 256 * 2**20  # bytes of a file, many times as many as any policy has


class BundleError(Exception):
    """A bundle that is incomplete or altered, sensor readings that cannot be true, or a command beyond training."""


class Sensors(NamedTuple):
    """What the robot measures at one moment; for a batch every number is an array [N]."""

    orientation: ArrayLike  # [4] of the IMU in the world, in the bundle's quaternion order; its yaw may drift
    gyro: ArrayLike  # [3] rad/s, in the IMU's frame
    joint_position: Mapping[str, Reading]  # by joint name, rad
    joint_velocity: Mapping[str, Reading]  # by joint name, rad/s


class Memory(NamedTuple):
    """What the policy carries from one control period to the next; for a batch with a leading [N]."""

    gait_phase: np.ndarray | np.floating  # [] in [0, 1)
    previous_action: np.ndarray  # [joints]
    joint_target: np.ndarray  # [joints] rad, as last sent to the servos
    before: np.ndarray | None = None  # [A (history - 1)] the observations before, the newest first; None: none


def load_policy(folder: str | Path, backend: str = "auto") -> "WalkingPolicy":
    """The policy of a bundle, its golden vectors verified.

    `backend` is onnxruntime, numpy, or auto: onnxruntime where it is installed.

    Raises:
      BundleError: the bundle is incomplete or was altered.
    """
    folder = Path(folder)
    try:
        with np.errstate(all="ignore"):  # numbers that are none show in the golden vectors
            return _verified(folder, backend)
    except BundleError:
        raise
    except Exception as error:  # an altered bundle makes NumPy and onnxruntime raise almost anything
        reason = str(error).partition("\n")[0]
        raise BundleError(f"{folder} is not as it was exported: {type(error).__name__} {reason}") from error


def _verified(folder: Path, backend: str) -> "WalkingPolicy":
    manifest = _read_json(folder / "manifest.json")
    if manifest["format"] != FORMAT:
        raise BundleError(
            f"{folder} has bundle format {manifest['format']}, this runtime reads {FORMAT}: export it anew, "
            f"export.py --checkpoint final_iter_<N>.pkl --output {folder}"
        )
    if unvouched := [name for name in _VOUCHED if name not in manifest["files"]]:
        raise BundleError(f"refused: manifest.json does not say what {unvouched[0]} holds")
    for name, expected in manifest["files"].items():
        if name != Path(name).name:
            raise BundleError(f"{folder} names a file outside of it: {name!r}")
        if hashlib.sha256(_read(folder / name)).hexdigest() != expected:
            raise BundleError(f"{folder / name} is not the file that was exported: its SHA-256 differs")
    policy = WalkingPolicy(manifest, _read(folder / "policy.onnx"), backend)
    _check_golden(policy, _read_json(folder / "golden.json"))
    return policy


class WalkingPolicy:
    """From sensors to servo targets. Made by `load_policy`, which verifies it."""

    def __init__(self, manifest: Json, model: bytes, backend: str = "auto"):
        self.manifest = manifest
        self.joint_names: tuple[str, ...] = tuple(joint["name"] for joint in manifest["joints"])
        self.control_dt: float = manifest["control_dt"]
        self.home = np.array([joint["home"] for joint in manifest["joints"]], np.float32)
        self._parts = [part["name"] for part in manifest["observation"]]
        self._history: int = manifest.get("observation_history", 1)
        self._clock = manifest["gait_clock"]
        self._bounds = _Bounds(manifest)
        self._imu = _Imu(manifest["imu"], self.joint_names)
        graph = read_onnx(model)
        _check_description(manifest, graph)
        self.backend = _choose(backend)
        self._run = _onnxruntime_session(model) if self.backend == "onnxruntime" else graph.run
        self._memory = self.start()

    def start(self, gait_phase: float = 0.0) -> Memory:
        """The memory at the home pose. The left foot swings first from phase 0, the right one from 0.5.

        Raises BundleError for a phase beyond 0 to 1.
        """
        (phase,) = _numbers([gait_phase], 1, "the gait phase")
        _require_within(np.array([phase]), np.array([[0.0, 1.0]]), ["the gait phase"], "cycles")
        return Memory(np.float32(phase), np.zeros_like(self.home), self.home)

    @property
    def memory(self) -> Memory:
        """What it carries since the last `step`, or `reset`."""
        return self._memory

    def reset(self, gait_phase: float = 0.0) -> None:
        """Forgets what was: call it with the robot at the home pose, before the first `step`."""
        self._memory = self.start(gait_phase)

    def step(self, sensors: Sensors, command: Sequence[float] | np.ndarray) -> dict[str, float]:
        """Servo targets by joint name, rad, for the coming control period.

        `command` is the velocity forward m/s, to the left m/s, and the yaw rate rad/s; all 0: stand.

        Raises:
          BundleError: a reading is missing, no number, or cannot be true by the bounds in the manifest, or the command
            is far beyond what was trained; nothing has changed.
        """
        wanted = self._bounds.checked_command(command)
        memory = self.act(self._memory, self._bounds.checked_sensors(sensors), wanted)
        if not np.isfinite(memory.joint_target).all():
            raise BundleError(f"the network gives targets that are not finite: {memory.joint_target.tolist()}")
        self._memory = memory
        return dict(zip(self.joint_names, self._memory.joint_target.tolist(), strict=True))

    def act(self, memory: Memory, sensors: Sensors, command: ArrayLike) -> Memory:
        """The pure function behind `step`, of one robot or of a batch: the memory afterwards holds the targets."""
        command = np.asarray(command, np.float32)
        observation = self.observation(memory, sensors, command)
        before = np.tile(observation, self._history - 1) if memory.before is None else memory.before
        seen = np.concatenate([observation, before], axis=-1, dtype=np.float32)
        action, joint_target = self.network(seen, memory.joint_target)
        kept = seen[..., : before.shape[-1]]
        return Memory(self._advance(memory.gait_phase, command), action, joint_target, kept)

    def observation(self, memory: Memory, sensors: Sensors, command: np.ndarray) -> np.ndarray:
        """The observation of this moment [..., A] float32 in SI units. IMU readings are turned into the base frame."""
        joint_position, joint_velocity = self._by_joint(sensors.joint_position), self._by_joint(sensors.joint_velocity)
        gravity_b, gyro_b = self._imu.in_base(sensors.orientation, sensors.gyro, joint_position, joint_velocity)
        turn = 2 * np.pi * np.asarray(memory.gait_phase)
        parts = {
            "gravity_b": gravity_b,
            "gyro_b": gyro_b,
            "joint_position": joint_position,
            "joint_velocity": joint_velocity,
            "previous_action": memory.previous_action,
            "command": command,
            "gait_clock": np.stack([np.sin(turn), np.cos(turn)], axis=-1),
        }
        return np.concatenate([parts[name] for name in self._parts], axis=-1, dtype=np.float32)

    def network(self, observation: np.ndarray, previous_target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Action [..., joints] and joint targets [..., joints] rad of observations [..., A history] in SI units."""
        inputs = {"observation": observation, "previous_joint_target": np.asarray(previous_target, np.float32)}
        rows = {name: np.reshape(value, (-1, value.shape[-1])) for name, value in inputs.items()}
        shape = (*observation.shape[:-1], len(self.joint_names))
        action, joint_target = self._run(rows)
        return action.reshape(shape), joint_target.reshape(shape)

    def _advance(self, phase: np.ndarray | np.floating, command: np.ndarray) -> np.ndarray:
        """The gait phase a control period later; told to stand, the robot finishes its step and waits."""
        clock = self._clock
        speed = np.hypot(command[..., 0], command[..., 1])
        cycle = np.clip(clock["cycle_time_at_rest"] - clock["cycle_time_slope"] * speed, *clock["cycle_time"])
        later = phase + self.control_dt / cycle
        waiting = np.minimum(later, np.ceil(phase * 2) / 2)
        standing = (command == 0).all(axis=-1)
        return np.asarray(np.where(standing, waiting, later) % 1.0, np.float32)

    def _by_joint(self, values: Mapping[str, Reading]) -> np.ndarray:
        return np.array([values[name] for name in self.joint_names], float).T


class _Imu:
    """Where the IMU sits: the hinges from the base to it turn its frame."""

    def __init__(self, imu: Json, joint_names: Sequence[str]):
        order = imu["quaternion_order"]
        if order not in QUATERNION_ORDERS:
            raise BundleError(f"the quaternion order is {order!r}, it can be {' or '.join(QUATERNION_ORDERS)}")
        self._wxyz = [order.index(letter) for letter in "wxyz"]
        self._hinges = [
            (joint_names.index(hinge["joint"]), _matrix(hinge["rotation"]), np.asarray(hinge["axis"], float))
            for hinge in imu["hinges"]
        ]
        self._mounting = _matrix(imu["mounting"])

    def in_base(
        self, orientation: ArrayLike, gyro: ArrayLike, joint_position: np.ndarray, joint_velocity: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Direction of gravity and angular velocity [..., 3] rad/s in the base frame, of readings in the IMU's."""
        gravity = _gravity(np.asarray(orientation, float)[..., self._wxyz]) @ self._mounting.T
        gyro = np.asarray(gyro, float) @ self._mounting.T
        for joint, rotation, axis in reversed(self._hinges):
            angle, speed = joint_position[..., joint], joint_velocity[..., joint]
            gyro = _turn(gyro - speed[..., None] * axis, axis, angle) @ rotation.T
            gravity = _turn(gravity, axis, angle) @ rotation.T
        return gravity, gyro


def _gravity(wxyz: np.ndarray) -> np.ndarray:
    """The direction of gravity [..., 3] in a frame of orientation [..., 4]."""
    w, x, y, z = np.moveaxis(wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True), -1, 0)
    return np.stack([2 * (w * y - x * z), -2 * (y * z + w * x), 2 * (x * x + y * y) - 1], axis=-1)


def _turn(vector: np.ndarray, axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """A vector [..., 3] of a frame that is turned by `angle` rad about an axis [3], in the frame it was turned from."""
    cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]
    along = (vector @ axis)[..., None] * axis
    return cos * vector + sin * np.cross(axis, vector) + (1 - cos) * along


def _matrix(wxyz: ArrayLike) -> np.ndarray:
    """The matrix [3, 3] of a rotation."""
    w, x, y, z = np.asarray(wxyz, float) / np.linalg.norm(wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


# What can be true


class _Bounds:
    """What readings and commands of one robot may be."""

    def __init__(self, manifest: Json):
        joints = manifest["joints"]
        self._names = [joint["name"] for joint in joints]
        self._position = np.array([joint["readable_position"] for joint in joints], float)
        speed = np.array([joint["readable_speed"] for joint in joints], float)
        self._velocity = np.stack([-speed, speed], axis=-1)
        self._gyro = float(manifest["imu"]["gyro_limit"])
        self._command = np.array(manifest["command"]["allowed"], float)
        for low, high in (*self._position, *self._velocity, *self._command, (-self._gyro, self._gyro)):
            if not low <= high:  # NaN would let everything pass
                raise BundleError(f"manifest.json bounds a reading or a command by {low} and {high}")

    def checked_sensors(self, sensors: Sensors) -> Sensors:
        """The readings as arrays. Raises BundleError."""
        try:
            orientation, gyro, position, velocity = sensors
        except (TypeError, ValueError):
            raise BundleError(f"the readings must be {', '.join(Sensors._fields)}, found {sensors!r}") from None
        orientation = _numbers(orientation, 4, "the orientation")
        if abs(np.linalg.norm(orientation) - 1) > _UNIT_TOLERANCE:
            raise BundleError(f"the orientation {orientation.tolist()} is no unit quaternion")
        gyro = _numbers(gyro, 3, "the gyro")
        _require_within(gyro, np.array([[-self._gyro, self._gyro]] * 3), ["gyro x", "gyro y", "gyro z"], "rad/s")
        position = self._by_name(position, "position")
        _require_within(position, self._position, [f"position of {name}" for name in self._names], "rad")
        velocity = self._by_name(velocity, "velocity")
        _require_within(velocity, self._velocity, [f"velocity of {name}" for name in self._names], "rad/s")
        by_name = (dict(zip(self._names, values, strict=True)) for values in (position, velocity))
        return Sensors(orientation, gyro, *by_name)

    def checked_command(self, command: object) -> np.ndarray:
        """The command [3]. Raises BundleError."""
        numbers = _numbers(command, len(COMMAND), "the command")
        _require_within(numbers, self._command, [f"command {name}" for name in COMMAND], "m/s or rad/s")
        return numbers

    def _by_name(self, readings: Any, what: str) -> np.ndarray:
        try:
            values = [readings[name] for name in self._names]
        except KeyError as error:
            raise BundleError(f"no {what} reading of joint {error}") from error
        except (TypeError, IndexError):
            raise BundleError(f"the joints' {what} must be numbers by joint name, found {readings!r}") from None
        return _numbers(values, len(self._names), f"the joints' {what}")


def _numbers(values: object, size: int, what: str) -> np.ndarray:
    """`values` as so many finite numbers. Raises BundleError."""
    try:
        numbers = np.array(values, float)
    except (TypeError, ValueError, OverflowError):
        raise BundleError(f"{what} must be {size} numbers, found {values!r}") from None
    if numbers.shape != (size,):
        raise BundleError(f"{what} must be {size} numbers, found {values!r}")
    if not np.isfinite(numbers).all():
        raise BundleError(f"{what} is not finite: {values!r}")
    return numbers


def _require_within(numbers: np.ndarray, bounds: np.ndarray, names: Sequence[str], unit: str) -> None:
    """Raises BundleError for the first number that is outside of its bounds [n, 2]."""
    outside = np.flatnonzero((numbers < bounds[:, 0]) | (numbers > bounds[:, 1]))
    if outside.size:
        first = outside[0]
        low, high = bounds[first]
        raise BundleError(f"{names[first]} is {numbers[first]:.4g}, it can be {low:.4g} to {high:.4g} {unit}")


# What a bundle must show before it runs


def _check_golden(policy: WalkingPolicy, golden: Json) -> None:
    """Computes every golden sequence again, from sensors to targets, with the clock and the memory running."""
    tolerance, most = golden["tolerance_rad"], _GOLDEN_TOLERANCE * policy.manifest["action"]["scale"]
    if not tolerance <= most:
        raise BundleError(f"refused: golden.json allows {tolerance:g} rad, {most:g} at most prove anything")
    if not golden["sequences"] or not all(sequence["steps"]["command"] for sequence in golden["sequences"]):
        raise BundleError("refused: golden.json holds no vectors")
    for number, sequence in enumerate(golden["sequences"]):
        memory = Memory(
            np.float32(sequence["start"]["gait_phase"]),
            np.array([sequence["start"]["previous_action"][name] for name in policy.joint_names], np.float32),
            np.array([sequence["start"]["joint_target"][name] for name in policy.joint_names], np.float32),
            np.array(sequence["start"].get("before", ()), np.float32),
        )
        for step, row in enumerate(_rows(sequence["steps"])):
            sensors = Sensors(row["orientation"], row["gyro"], row["joint_position"], row["joint_velocity"])
            memory = policy.act(memory, sensors, row["command"])
            place = f"golden sequence {number}, step {step}"
            for joint, target in zip(policy.joint_names, memory.joint_target, strict=True):
                expected = row["joint_target"][joint]
                if not abs(target - expected) <= tolerance:
                    raise BundleError(
                        f"refused, the bundle was altered: {place} gives {joint} {target:.6f} rad, not {expected:.6f}"
                    )
            off = abs(float(memory.gait_phase) - row["next_gait_phase"])
            if not min(off, 1 - off) <= _PHASE_TOLERANCE:
                raise BundleError(f"refused, the bundle was altered: the gait clock is off at {place}")


def _rows(columns: Json) -> Iterator[dict[str, Json]]:
    for step in range(len(columns["command"])):
        yield {name: _at(step, column) for name, column in columns.items()}


def _at(step: int, column: Json) -> Json:
    return {joint: values[step] for joint, values in column.items()} if isinstance(column, dict) else column[step]


def _check_description(manifest: Json, graph: "OnnxGraph") -> None:
    """Raises BundleError unless what the manifest says of the network is what the network contains."""
    parts, joints = manifest["observation"], manifest["joints"]
    offsets = {"joint_position": [joint["home"] for joint in joints]}
    scale = np.concatenate([np.broadcast_to(part["scale"], part["size"]) for part in parts])
    offset = np.concatenate([offsets.get(part["name"], np.zeros(part["size"])) for part in parts])
    history = manifest.get("observation_history", 1)
    described = {
        "observation_scale": np.tile(scale, history),
        "observation_offset": np.tile(offset, history),
        "home": offsets["joint_position"],
        "joint_lower": [joint["lower"] for joint in joints],
        "joint_upper": [joint["upper"] for joint in joints],
        "action_scale": manifest["action"]["scale"],
    }
    kept = manifest["action"]["filter"]
    described |= {"action_filter": kept, "action_share": 1 - kept} if kept else {}
    sizes = [len(scale) * history, *manifest["network"]["hidden_layers"], len(joints)]
    _check_nodes(graph.nodes, _described_nodes(len(sizes) - 1, manifest["network"]["activation"], filtered=kept > 0))
    shapes = {name: np.shape(value) for name, value in described.items()}
    shapes |= dict.fromkeys(("normalizer_mean", "normalizer_std"), (sizes[0],))
    for index, (inputs, outputs) in enumerate(pairwise(sizes)):
        shapes |= {f"kernel_{index}": (inputs, outputs), f"bias_{index}": (outputs,)}
    if shapes != {name: array.shape for name, array in graph.constants.items()}:
        raise BundleError("refused, the bundle was altered: policy.onnx has other layers than manifest.json says")
    for name, value in described.items():
        if not np.array_equal(np.asarray(value, np.float32), graph.constants[name]):
            raise BundleError(f"refused, the bundle was altered: manifest.json and policy.onnx differ in {name}")
    if manifest["units"] != UNITS:
        raise BundleError(f"refused: the units are {manifest['units']}, this runtime knows {UNITS}")


def _described_nodes(layers: int, activation: str, *, filtered: bool) -> list["Node"]:
    """The whole arithmetic of a policy: a model that computes anything else was not exported."""
    nodes = [
        Node("Sub", ["observation", "observation_offset"], "centered"),
        Node("Mul", ["centered", "observation_scale"], "scaled"),
        Node("Sub", ["scaled", "normalizer_mean"], "shifted"),
        Node("Div", ["shifted", "normalizer_std"], "hidden_0"),
    ]
    for index in range(layers):
        output = f"linear_{index}" if index < layers - 1 else "action"
        nodes.append(Node("Gemm", [f"hidden_{index}", f"kernel_{index}", f"bias_{index}"], output))
        if index < layers - 1:
            nodes.append(Node(activation, [output], f"hidden_{index + 1}"))
    nodes += [Node("Mul", ["action", "action_scale"], "offset"), Node("Add", ["home", "offset"], "wanted")]
    if filtered:
        nodes += [
            Node("Mul", ["previous_joint_target", "action_filter"], "kept"),
            Node("Mul", ["wanted", "action_share"], "fresh"),
            Node("Add", ["kept", "fresh"], "mixed"),
        ]
    nodes.append(Node("Max", ["mixed" if filtered else "wanted", "joint_lower"], "bounded"))
    return [*nodes, Node("Min", ["bounded", "joint_upper"], "joint_target")]


def _check_nodes(found: "list[Node]", described: "list[Node]") -> None:
    for node, expected in zip(found, described, strict=False):
        if node != expected:
            raise BundleError(f"refused, the bundle was altered: policy.onnx computes {node}, not {expected}")
    if len(found) != len(described):
        raise BundleError(f"refused, the bundle was altered: policy.onnx has {len(found)} nodes, not {len(described)}")


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise BundleError(f"cannot read {path}: it is no file")
        if path.exists() and path.stat().st_size > _LARGEST:
            raise BundleError(f"cannot read {path}: no policy has {path.stat().st_size:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror}") from error


def _read_json(path: Path) -> Json:
    try:
        return json.loads(_read(path))
    except ValueError as error:
        raise BundleError(f"{path} is no JSON: {error}") from error


# The network


def _choose(backend: str) -> str:
    if backend not in BACKENDS:
        raise BundleError(f"backend {backend!r} is unknown, it can be {', '.join(BACKENDS)}")
    there = find_spec("onnxruntime") is not None
    if backend == "onnxruntime" and not there:
        raise BundleError("onnxruntime is not installed")
    return ("onnxruntime" if there else "numpy") if backend == "auto" else backend


def _onnxruntime_session(model: bytes) -> Callable[[Mapping[str, np.ndarray]], Sequence[Any]]:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read once, by the import; a robot reports to nobody
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the network is too small for more
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    inputs = [entry.name for entry in session.get_inputs()]
    return lambda rows: session.run(["action", "joint_target"], {name: rows[name] for name in inputs})


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


_OPERATIONS: dict[str, Callable[..., np.ndarray]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
    "Gemm": lambda x, kernel, bias: x @ kernel + bias,
    "Elu": _elu,
}


class Node(NamedTuple):
    """A step of a network."""

    operation: str
    inputs: list[str]
    output: str

    def __str__(self) -> str:
        return f"{self.output} = {self.operation}({', '.join(self.inputs)})"


class OnnxGraph(NamedTuple):
    """The parts of an ONNX model that this runtime computes with."""

    nodes: list[Node]
    constants: dict[str, np.ndarray]

    def run(self, rows: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Action and joint target [N, joints] of inputs [N, ...]."""
        values = {**self.constants, **rows}
        for operation, inputs, output in self.nodes:
            values[output] = _OPERATIONS[operation](*(values[name] for name in inputs))
        return values["action"], values["joint_target"]


def read_onnx(model: bytes) -> OnnxGraph:
    """Reads the graph out of an ONNX file (a protobuf message; numbers below are the fields of onnx.proto).

    Raises BundleError if anything else is in it: onnxruntime would compute with it what is not seen here.
    """
    nodes, constants = [], {}
    parts = _known_fields(model, {1, 2, 3, 4, 5, 6, 7, 8}, "the model")  # 25, for one, gives operations another meaning
    (graph,) = (value for field, value in parts if field == 7)
    for field, value in _known_fields(graph, {1, 2, 5, *range(10, 14)}, "the graph"):
        if field == 1:
            nodes.append(_node(value))
        elif field == 5:
            name, array = _tensor(value)
            if name in constants:
                raise BundleError(f"refused: policy.onnx holds {name} twice")
            constants[name] = array
    return OnnxGraph(nodes, constants)


def _node(message: bytes) -> Node:
    parts = _known_fields(message, {1, 2, 3, 4, 6}, "a node")  # 5: attributes, 7: a domain of operations
    inputs = [value.decode() for field, value in parts if field == 1]
    (output,), (operation,) = ([value.decode() for field, value in parts if field == wanted] for wanted in (2, 4))
    if operation not in _OPERATIONS:
        raise BundleError(f"refused, the bundle was altered: policy.onnx has an operation {operation}")
    return Node(operation, inputs, output)


def _tensor(message: bytes) -> tuple[str, np.ndarray]:
    parts = _known_fields(message, {1, 2, 8, 9}, "a tensor")  # 13, for one: its numbers lie elsewhere
    shape = [value for field, value in parts if field == 1]
    (kind,), (name,), (raw,) = ([value for field, value in parts if field == wanted] for wanted in (2, 8, 9))
    if kind != 1:
        raise BundleError(f"refused: {name.decode()} of policy.onnx is not float32")
    return name.decode(), np.frombuffer(raw, "<f4").reshape(shape)


def _known_fields(message: bytes, known: set[int], what: str) -> list[tuple[int, Any]]:
    parts = list(_fields(message))
    if odd := {field for field, _ in parts} - known:
        raise BundleError(f"refused: {what} of policy.onnx has a field {min(odd)}, none was exported with any")
    return parts


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Field number and value of every field of a protobuf message: an int, or the bytes of anything else."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        field, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, position = _varint(message, position)
            yield field, value
            continue
        length, position = _varint(message, position) if wire_type == 2 else ({1: 8, 5: 4}[wire_type], position)
        if position + length > len(message):
            raise BundleError("policy.onnx is cut off")
        yield field, message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(message):
            raise BundleError("policy.onnx is cut off")
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
