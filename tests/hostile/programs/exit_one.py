# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: none to speak of: exits with 1 before its tests
# tests: assert f() == 1
raise SystemExit(1)
