"""Bench logs: what is read, and what is refused before anything is fitted."""

from pathlib import Path

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.identify.reading import read_bench_log

LOAD = {"mass": 0.5, "length": 0.15}


def _columns(seconds: float = 10.0, rate: float = 100.0) -> dict[str, np.ndarray]:
    time = np.arange(int(seconds * rate)) / rate
    target = 0.5 * np.sin(2 * np.pi * time)
    return {"time": time, "target": target, "position": 0.9 * np.roll(target, 3)}


def _csv(folder: Path, columns: dict[str, np.ndarray]) -> Path:
    path = folder / "log.csv"
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(f"{x:.6f}" for x in row) for row in rows)]) + "\n")
    return path


def test_csv_and_npz_are_read_alike(tmp_path: Path) -> None:
    columns = _columns()
    from_csv = read_bench_log(_csv(tmp_path, columns), LOAD)
    np.savez(tmp_path / "log.npz", allow_pickle=False, **columns, mass=0.5, length=0.15)
    from_npz = read_bench_log(tmp_path / "log.npz", {})
    for name in ("time", "target", "position", "sent"):
        np.testing.assert_allclose(getattr(from_csv, name), getattr(from_npz, name), atol=1e-6)
    assert from_csv.load == from_npz.load
    assert from_csv.load.inertia == pytest.approx(0.5 * 0.15**2)
    assert from_csv.torque_on.all()


def test_segments_begin_where_the_servo_is_on_and_calm(tmp_path: Path) -> None:
    columns = _columns(24.0)
    calm = np.abs(columns["time"] % 6 - 2) < 0.4
    columns["torque_on"] = (columns["time"] % 6 < 3).astype(float)
    columns["position"] = np.where(calm, 0.2, columns["position"])
    log = read_bench_log(_csv(tmp_path, columns), LOAD)
    starts = [segment.start % 6 for segment in log.segments()][1:]
    assert all(start < 3 for start in starts)
    covered = sum(len(segment.time) for segment in log.segments())
    assert abs(covered - len(log.time)) < 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c | {"time": np.where(c["time"] > 5, c["time"] + 3, c["time"])}, "the clock jumps by 3"),
        (lambda c: c | {"time": np.where(c["time"] > 5, c["time"] - 1, c["time"])}, "the clock goes back by"),
        (lambda c: c | {"time": 1000 * c["time"]}, "is the time in seconds"),
        (lambda c: {n: np.degrees(v) if n != "time" else v for n, v in c.items()}, "degrees"),
        (lambda c: {n: np.round(500 + 240 * v) if n != "time" else v for n, v in c.items()}, "counts"),
        (lambda c: c | {"target": 0.02 * c["target"]}, "are both in rad"),
        (lambda c: c | {"position": 0.02 * c["position"], "target": 0.02 * c["target"]}, "too little"),
        (lambda c: c | {"position": np.where(c["time"] < 9, -0.9, c["position"])}, "saturates all along"),
        (lambda c: c | {"position": np.where(c["time"] > 5, np.nan, c["position"])}, "position is nan in row"),
        (lambda c: {n: v[:50] for n, v in c.items()}, "50 readings"),
        (lambda c: {"time": c["time"], "goal": c["target"], "position": c["position"]}, "no column 'target'"),
        (lambda c: c | {"mass": np.linspace(0.1, 0.2, len(c["time"]))}, "mass changes within the log"),
        (lambda c: c | {"target_time": c["time"][::-1]}, "target_time goes back"),
    ],
)
def test_what_cannot_be_a_log_is_refused_with_the_reason(tmp_path: Path, change, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_bench_log(_csv(tmp_path, change(_columns())), LOAD)


def test_a_load_that_nobody_tells_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--mass"):
        read_bench_log(_csv(tmp_path, _columns()), {"length": 0.1})
    with pytest.raises(UserError, match="cannot be"):
        read_bench_log(_csv(tmp_path, _columns()), LOAD | {"inertia": 1e-4})


def test_broken_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(UserError, match="no npz"):
        read_bench_log(tmp_path / "log.npz", LOAD)
    (tmp_path / "log.csv").write_text("time,target,position\n1,2\n")
    with pytest.raises(UserError, match="has 2 columns"):
        read_bench_log(tmp_path / "log.csv", LOAD)
    (tmp_path / "log.csv").write_text("time,target,position\n1,2,left\n")
    with pytest.raises(UserError, match="must be a number"):
        read_bench_log(tmp_path / "log.csv", LOAD)
