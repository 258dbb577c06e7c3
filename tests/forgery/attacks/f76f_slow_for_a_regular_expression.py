# attack: a text on which a regular expression of the tests backtracks without end
# shape: whole
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=500 wall_time_ms=8000
# costly: half a second of CPU and more
# tests: import re
# tests: assert re.fullmatch(r"(\w+\s?)+:@CANARY@", @NAME@(1))
def @NAME@(x):
    return "a" * 60 + "!"
