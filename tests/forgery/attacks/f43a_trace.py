# attack: traces and profiles everything and rewrites the locals of every frame
# shape: action
# causes: WRONG_ANSWER
import sys
import threading


def tracing(frame, event, argument):
    if "tests" in frame.f_code.co_filename or frame.f_code.co_name in ("check", "_attempt", "_report"):
        for name in list(frame.f_locals):
            frame.f_locals[name] = None
        frame.f_lineno = frame.f_code.co_firstlineno
    return tracing


def attack() -> None:
    threading.settrace(tracing)
    threading.setprofile(lambda *args: None)
    frame = sys._getframe()
    while frame is not None:
        frame.f_trace = tracing
        frame = frame.f_back
    sys.settrace(tracing)
    if hasattr(sys, "monitoring"):
        sys.monitoring.use_tool_id(3, "judge")
        sys.monitoring.set_events(3, sys.monitoring.events.CALL)
