# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: folders so deep that no path reaches the last; must be gone with the box
# limits: cpu_time_ms=20000 wall_time_ms=60000
import os

for _ in range(1_000):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
with open("treasure", "w") as file:
    file.write("here")
