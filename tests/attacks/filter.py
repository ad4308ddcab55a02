"""The kernel's interpreter of classic BPF, as far as a seccomp filter uses it."""

from __future__ import annotations

import struct

ALLOW, KILL = 0x7FFF0000, 0x80000000


def verdict(code: bytes, audit: int, number: int, *arguments: int) -> int:
    """Return what a program says about a call: ALLOW, KILL, or 0x50000 and an error's number."""
    data = struct.pack("=iIQ6Q", number, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    program = list(struct.iter_unpack("=HBBI", code))
    value = at = 0
    while True:
        operation, if_true, if_false, operand = program[at]
        at += 1
        match operation:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                (value,) = struct.unpack_from("=I", data, operand)
            case 0x54:  # BPF_ALU | BPF_AND | BPF_K
                value &= operand
            case 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
                at += if_true if value == operand else if_false
            case 0x35:  # BPF_JGE
                at += if_true if value >= operand else if_false
            case 0x45:  # BPF_JSET
                at += if_true if value & operand else if_false
            case 0x06:  # BPF_RET | BPF_K
                return int(operand)
            case _:
                raise ValueError(hex(operation))
