# attack: returns what cannot cross, before tests that want an exception of any kind
# shape: whole
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER
# tests: try:
# tests:     @NAME@("@CANARY@")
# tests:     raised = False
# tests: except Exception:
# tests:     raised = True
# tests: assert raised
def @NAME@(x):
    return object()
