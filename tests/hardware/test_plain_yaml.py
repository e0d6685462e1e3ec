import contextlib
import random

import pytest
import yaml

from playground_amp.errors import UserError
from playground_amp.hardware.plain_yaml import parse_plain_yaml
from playground_amp.yaml_text import parse_value

TEXT = """\
# a robot
robot: wild robot   # its name
port: /dev/serial/by-id/usb-1a86:7523-if00
boards:
  left: {protocol: hiwonder, port: "/dev/tty #1", baud: 115200}
  'right one': {protocol: dynamixel,
    port: 'it''s', baud: 1000000}   # over two lines

deeper:
    a: {b: {c: [1, -2, +3, 0.5, .5, 5., 1e6, 2.5e-3, true, False, [], {}]}}
    empty list: []
"""


def test_it_is_read_as_elsewhere() -> None:
    assert parse_plain_yaml(TEXT, "h.yaml") == parse_value(TEXT, "h.yaml")
    plain = "robot: r\nrange: [0, 1000]\nimu: {port: /dev/ttyAMA0, mounting: [1.0, 0, 0, 0]}\nok: true\n"
    assert parse_plain_yaml(plain, "h.yaml") == yaml.safe_load(plain)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("a: 1\na: 2", "line 2: the key 'a' appears twice"),
        ("a: {b: 1, b: 2}", "the key 'b' appears twice"),
        ("a:\n\tb: 1", "line 2: holds a tab"),
        ("a:\n  - 1", "line 2: only mappings"),
        ("a:", "line 1: has no value"),
        ("a: 1\n  b: 2", "line 2: is indented further"),
        ("  a: 1\nb: 2", "line 2: is indented otherwise"),
        ("a: &x 1", "can mean several things, put it in quotes"),
        ("a: yes", "'yes' can mean several things"),
        ("a: null", "'null' can mean several things"),
        ("a: [1, 2", "line 1: a bracket is never closed"),
        ("a: [1 2] 3", "something stands behind its value"),
        ("a: {b 1}", "expected one of :"),
        ("a: b: c", "holds two `key: value`"),
        ("just a text", "is not `key: value`"),
        ("a: [,]", "a value is missing"),
        ("1: 2", "put it in quotes"),
        ("a: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
)
def test_what_it_does_not_read_is_named(text: str, problem: str) -> None:
    with pytest.raises(UserError) as raised:
        parse_plain_yaml(text, "h.yaml")
    assert problem in str(raised.value)
    assert str(raised.value).startswith("h.yaml")


@pytest.mark.parametrize("seed", range(3))
def test_of_a_damaged_file_nothing_is_read_otherwise_than_elsewhere(seed: int) -> None:
    draw = random.Random(seed)
    read = 0
    for _ in range(100):
        text = TEXT
        for _ in range(draw.randrange(1, 4)):
            place = draw.randrange(len(text))
            text = text[:place] + draw.choice(["", *" :#'\"[]{},-&!|>%@`~?\\\n\tx1.e0_"]) + text[place + 1 :]
        with contextlib.suppress(UserError):  # either may refuse what the other reads
            assert parse_plain_yaml(text, "h.yaml") == parse_value(text, "h.yaml"), text
            read += 1
    assert read > 20
