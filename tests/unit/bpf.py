"""A reader of classic BPF, as far as filters of system calls have it, written from seccomp(2) and kernel headers."""

import struct


def run(code: bytes, data: bytes) -> int:
    """Return what a filter answers to one call.

    Args:
        code: The filter.
        data: struct seccomp_data of the call.
    """
    instructions = [struct.unpack_from("=HBBI", code, start) for start in range(0, len(code), 8)]
    assert 0 < len(instructions) <= 4096
    accumulator, position = 0, 0
    # Jumps only lead forward, so it ends.
    while True:
        operation, if_true, if_false, operand = instructions[position]
        position += 1
        match operation:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                assert operand % 4 == 0
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case 0x54:  # BPF_ALU | BPF_AND | BPF_K
                accumulator &= operand
            case 0x05:  # BPF_JMP | BPF_JA
                position += operand
            case 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
                position += if_true if accumulator == operand else if_false
            case 0x45:  # BPF_JMP | BPF_JSET | BPF_K
                position += if_true if accumulator & operand else if_false
            case 0x35:  # BPF_JMP | BPF_JGE | BPF_K
                position += if_true if accumulator >= operand else if_false
            case 0x06:  # BPF_RET | BPF_K
                return int(operand)
            case _:
                raise AssertionError(f"an instruction that the filters do not have: {operation:#x}")
