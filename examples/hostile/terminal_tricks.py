# expect: ALL_TESTS_PASSED
# attack: repaint the terminal of whoever reads the output; escape sequences are shown, not obeyed
print("\x1b[2J\x1b[H\x1b[32mPASSED\x1b[0m \u202edessaP \x07")
