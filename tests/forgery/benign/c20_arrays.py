# benign: computes with numpy arrays of 8 MiB and returns lists and numbers
# shape: whole
# needs: numpy
# limits: cpu_time_ms=8000 wall_time_ms=40000
# tests: assert @NAME@(1 << 20) == ((1 << 20) - 1, [0.0, 1.0])
import numpy as np


def @NAME@(size):
    values = np.arange(size, dtype=np.float64)
    return int(values.max()), values[:2].tolist()
