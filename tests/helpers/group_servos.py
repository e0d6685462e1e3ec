"""Servos in memory that speak Dynamixel 2.0 or Feetech's protocol: enough to answer a group read, worked out anew."""

from collections.abc import Mapping

Table = Mapping[int, bytes]  # what a servo has from an address on, by that address


def crc16(content: bytes) -> int:
    """Of Dynamixel 2.0, bit by bit: polynomial 8005, from 0, no reflection."""
    crc = 0
    for byte in content:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x8005 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def dynamixel_frame(id: int, instruction: int, parameters: bytes) -> bytes:
    size = (len(parameters) + 3).to_bytes(2, "little")
    content = b"\xff\xff\xfd\x00" + bytes((id,)) + size + bytes((instruction,)) + parameters
    return content + crc16(content).to_bytes(2, "little")


def dynamixel_status(id: int, data: bytes, error: int = 0) -> bytes:
    return dynamixel_frame(id, 0x55, bytes((error,)) + data)


def feetech_frame(id: int, instruction: int, parameters: bytes) -> bytes:
    body = bytes((id, len(parameters) + 2, instruction)) + parameters
    return b"\xff\xff" + body + bytes((~sum(body) & 0xFF,))


def asked_of_group(data: bytes) -> tuple[list[int], int, int] | None:
    """Ids, address and size of a group read at the end of what was sent, in either protocol."""
    at = data.rfind(b"\xff\xff\xfd\x00\xfe")
    if at >= 0 and data[at + 7] == 0x82:
        content = data[at:]
        return list(content[12:-2]), int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    at = data.rfind(b"\xff\xff\xfe")
    if at >= 0 and data[at + 4] == 0x82:
        content = data[at:]
        return list(content[7:-1]), content[5], content[6]
    return None


def memory(tables: Table, address: int, size: int) -> bytes:
    """What lies there; zeros where nothing is known."""
    known = {start + place: byte for start, content in tables.items() for place, byte in enumerate(content)}
    return bytes(known.get(at, 0) for at in range(address, address + size))
