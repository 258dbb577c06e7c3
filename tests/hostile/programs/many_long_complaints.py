# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises a huge message in every check, so that the verdict would not fit into a message
# limits: cpu_time_ms=20000 wall_time_ms=40000
# tests: for i in range(4500): exec(f"def test_{i}(): assert f() == 1")
def f():
    raise ValueError("x" * 5000)
