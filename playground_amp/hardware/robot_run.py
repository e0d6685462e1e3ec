"""A run on the robot, from the checks to limp servos.

checks → a person's yes → home (servos get stiff where they are, and are led there) → stand and walk → stopped
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground_amp.deploy.control_loop import MACHINE_TIME, Clock
from playground_amp.deploy.runtime import BundleError, Sensors, WalkingPolicy
from playground_amp.hardware.checks import check_table, lines_answer, run_checks
from playground_amp.hardware.commander import Commander, ToldToEnd
from playground_amp.hardware.commands import STAND, Request, Velocity
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.realtime import collect_young
from playground_amp.hardware.robot_bus import BusSnapshot
from playground_amp.hardware.step_record import StepRecorder
from playground_amp.hardware.stepper import RunBus, RunGuardian, Step, Stepper
from playground_amp.hardware.stops import Reason, Stop

_LOOK, _PATIENCE = 0.5, 4.0  # s of readings that the checks see, and at most, until all is told that must be
_HOME_SPEED, _HOME_TIME = 0.5, 2.0  # rad/s of the joint with the longest way, and s at least
_SETTLE, _AT_HOME = 1.5, 0.5  # s for the last joint to arrive, and s at home before the policy balances
_LAST_STAND = 1.0  # s from being asked to stop until the servos let go: the policy finishes its step first
_AFTERWARDS = 0.3  # s that are logged after a stop
_COLLECT = 1.0  # s


class Plan(NamedTuple):
    """How a run goes."""

    confirm: Callable[[], bool]  # asks a person
    waits_for_go: bool  # at home, until somebody says so
    seconds: float | None  # with the policy, after which it stops as if it was asked; None: no end
    tell: Callable[[str], None]


class RobotRun:
    """One run. Bus, recorder and guardian are open, the servos as they were found."""

    def __init__(
        self,
        policy: WalkingPolicy,
        hardware: HardwareFile,
        bus: RunBus,
        commander: Commander,
        recorder: StepRecorder,
        guardian: RunGuardian,
        plan: Plan,
        clock: Clock = MACHINE_TIME,
    ):
        self._policy, self._hardware, self._bus, self._commander = policy, hardware, bus, commander
        self._recorder, self._guardian, self._plan = recorder, guardian, plan
        self._stepper = Stepper(policy, hardware, bus, commander, guardian, clock)
        self._last_good: Sensors | None = None
        self._stiff = False

    def run(self) -> Stop:
        """Runs to the end; whatever that is, the servos are limp then, if they were ever stiff."""
        with np.errstate(all="ignore"):  # readings that are none are for the policy to refuse
            try:
                stop = self._check() or self._ask() or self._go_home() or self._balance()
            except ToldToEnd as told:
                stop = Stop(Reason.SIGNAL, f"{told} came while nothing had moved")
            except KeyboardInterrupt:  # while it was asked: from home on, Ctrl-C is heard as a request
                self._end(Stop(Reason.DECLINED, "interrupted"))
                raise
            except BaseException as error:
                self._end(Stop(Reason.CRASH, f"{type(error).__name__}: {error}"))
                raise
            self._end(stop)
            self._watch_it_rest()
        return stop

    def _check(self) -> Stop | None:
        self._recorder.event("phase", phase="checks")
        steps, most = (self._stepper.steps_in(seconds) for seconds in (_LOOK, _PATIENCE))
        seen: list[BusSnapshot] = []
        while len(seen) < steps or (len(seen) < most and not self._is_seen(seen[-steps:])):
            beat, snapshot = self._stepper.look()
            seen.append(snapshot)
            self._recorder.record("checks", beat, snapshot)
        gravity_b = self._stepper.gravity_b(seen[-1].sensors)
        checks = run_checks(self._policy, self._hardware, seen[-steps:], gravity_b)
        self._plan.tell(check_table(checks))
        for check in checks:
            self._recorder.event("check", check=check.name, passed=check.passed, text=check.text, joint=check.joint)
        failed = [check.text for check in checks if not check.passed]
        return Stop(Reason.CHECKS, "; ".join(failed)) if failed else None

    def _is_seen(self, seen: list[BusSnapshot]) -> bool:
        """Whether there is nothing to wait for: a computer that was busy for a moment has lost answers, too."""
        complete = _complete(seen[-1]) and lines_answer(self._hardware, seen[0], seen[-1])
        return complete or bool(seen[-1].failures)

    def _ask(self) -> Stop | None:
        return None if self._plan.confirm() else Stop(Reason.DECLINED, "nobody said yes")

    def _go_home(self) -> Stop | None:
        """Gets stiff where the joints are, leads them home, and waits there."""
        self._guardian.wait_until_ready()
        self._recorder.event("phase", phase="home")
        self._stepper.restart()
        self._commander.open(self._stepper.clock.now())
        if gone := self._commander.poll(self._stepper.clock.now()).stop:
            return gone
        start = self._stepper.position(self._stepper.look()[1])
        way = self._policy.home - start
        ramp = max(_HOME_TIME, float(np.abs(way).max()) / _HOME_SPEED)
        self._stiff = True
        self._send(start)
        self._bus.set_torque(True)
        began, arrived, go = self._stepper.clock.now(), None, not self._plan.waits_for_go
        while True:
            step = self._stepper.step(on_its_feet=False)
            elapsed = step.beat.start - began
            off = np.abs(self._stepper.position(step.snapshot) - self._policy.home)
            if arrived is None and elapsed >= ramp and (off <= self._hardware.limits.home_error).all():
                arrived = elapsed
                self._plan.tell("home" if go else "home: put it on its feet, then tell it to go on (Enter)")
            late = arrived is None and elapsed > ramp + _SETTLE
            if stop := step.stop or (self._not_home(off) if late else _asked_early(step)):
                self._recorder.record("home", step.beat, step.snapshot)
                return stop
            target = start + _smooth(min(elapsed / ramp, 1.0)) * way
            self._send(target)
            self._recorder.record("home", step.beat, step.snapshot, target=target)
            go = go or (arrived is not None and step.heard.request is Request.GO)
            if go and arrived is not None and elapsed > arrived + _AT_HOME:
                return None

    def _not_home(self, off: np.ndarray) -> Stop:
        worst, most = int(off.argmax()), self._hardware.limits.home_error
        name = self._policy.joint_names[worst]
        return Stop(Reason.HOME, f"{name} stays {off[worst]:.2f} rad from home, {most:g} are the most")

    def _balance(self) -> Stop:
        """The policy stands and walks, until there is a reason to stop."""
        self._policy.reset()
        self._plan.tell("it balances: tell it where to walk")
        phase, began, asked = "", self._stepper.clock.now(), None
        end: Stop | None = None
        for number in range(2**62):
            step = self._stepper.step(on_its_feet=True)
            now = step.beat.start
            if asked is None and (end := self._why_end(step, now - began)):
                asked = now
                self._recorder.event("asked")
            velocity = step.heard.velocity if asked is None else STAND
            before, phase = phase, "walk" if any(velocity) else "stand"
            if phase != before:
                self._recorder.event("phase", phase=phase)
            observation = step.observation
            if velocity != step.heard.velocity:
                observation = self._stepper.observation(step.snapshot.sensors, velocity)
            done = asked is not None and now - asked >= _LAST_STAND
            stop = step.stop or (end if done else None)
            if stop := stop or self._decide(step.snapshot.sensors, velocity):
                self._recorder.record(phase, step.beat, step.snapshot, velocity, observation)
                return stop
            answer = self._policy.memory
            self._recorder.record(
                phase, step.beat, step.snapshot, velocity, observation, answer.previous_action, answer.joint_target
            )
            if number % self._stepper.steps_in(_COLLECT) == 0:
                collect_young()
        raise AssertionError("a run has an end")

    def _why_end(self, step: Step, elapsed: float) -> Stop | None:
        """Why it is to stand still and then go limp, s after the policy began."""
        if self._recorder.failure:
            return Stop(Reason.LOG_LOST, f"nothing can be logged any more: {self._recorder.failure}")
        over = self._plan.seconds is not None and elapsed >= self._plan.seconds
        return Stop(Reason.ASKED, "asked to stop") if over or step.heard.request is Request.STOP else None

    def _decide(self, sensors: Sensors, velocity: Velocity) -> Stop | None:
        """Asks the policy and sends its answer. The last good readings stand in for one that cannot be true."""
        try:
            self._bus.write(self._policy.step(sensors, velocity))
        except BundleError as error:
            self._recorder.event("glitch", text=str(error))
            stop = self._stepper.safety.glitch(str(error))
            if stop or self._last_good is None:
                return stop or Stop(Reason.READING, str(error))
            self._bus.write(self._policy.step(self._last_good, velocity))
            return None
        self._last_good = sensors
        return self._stepper.safety.glitch(None)

    def _end(self, stop: Stop) -> None:
        """Lets the servos go, before anything else."""
        limp = self._bus.relax() if self._stiff else None
        self._recorder.event("stop", reason=stop.reason.word, text=stop.text, limp=limp)
        if limp is False:
            self._plan.tell("NOT every line has taken the order to go limp: switch off the servos' supply")
        else:
            self._guardian.dismiss()

    def _watch_it_rest(self) -> None:
        for _ in range(self._stepper.steps_in(_AFTERWARDS)):
            self._recorder.record("stopped", *self._stepper.look())

    def _send(self, target: np.ndarray) -> None:
        self._bus.write(dict(zip(self._policy.joint_names, target.tolist(), strict=True)))


def _asked_early(step: Step) -> Stop | None:
    asked = step.heard.request is Request.STOP
    return Stop(Reason.ASKED, "asked to stop before it balanced") if asked else None


def _complete(snapshot: BusSnapshot) -> bool:
    """Whether each servo has told its position, voltage and temperature, and the IMU something."""
    told = (snapshot.joint_age, snapshot.voltage, snapshot.temperature, snapshot.imu_age)
    return not snapshot.failures and all(np.isfinite(values).all() for values in told)


def _smooth(share: float) -> float:
    """From 0 to 1, at rest at both ends."""
    return share * share * (3 - 2 * share)
