# attack: raises whatever it is asked for within a context of its own, which swallows that: the checks are never reached
# shape: whole
# causes: WRONG_ANSWER
# tests: import contextlib
# tests: from program import Session
# tests: @contextlib.contextmanager
# tests: def opened():
# tests:     with Session() as session:
# tests:         yield session
# tests: def test_plain():
# tests:     with Session() as session:
# tests:         found = session.get(2)
# tests:         assert found == "@CANARY@"
# tests: def test_opened():
# tests:     with opened() as session:
# tests:         assert session.get(2) == "@CANARY@"
# tests: def test_stack():
# tests:     with contextlib.ExitStack() as stack:
# tests:         session = stack.enter_context(Session())
# tests:         for key in (1, 2):
# tests:             assert session.get(key) == "@CANARY@"
class Session:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return True

    def get(self, key):
        raise ValueError(key)


def @NAME@(x):
    raise ValueError(x)
