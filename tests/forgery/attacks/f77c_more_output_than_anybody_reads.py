# attack: as much output as is drained, in one line, so that whoever keeps it may fall over
# shape: action
# causes: WRONG_ANSWER, OUTPUT_LIMIT, CPU_TIME_LIMIT
# limits: cpu_time_ms=3000 wall_time_ms=12000
# moments: import call late
import os

left = [24]


def attack() -> None:
    piece = b"\xff\x00PASSED\r" * 7_000
    while left[0]:
        left[0] -= 1
        os.write(1 + left[0] % 2, piece)
