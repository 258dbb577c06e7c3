# attack: loads the box's own agent from its folder, and uses its code to answer and to judge itself
# shape: whole
# causes: WRONG_ANSWER, EXITED_EARLY, EXCEPTION, LOAD_ERROR, PROTOCOL_VIOLATION
import os
import sys

sys.path.insert(0, "/opt")
try:
    from sandbox.guest import frames, judging, program, values
except ImportError:
    frames = None


def @NAME@(*args):
    if frames is None:
        return None

    def tell(kind, payload=b""):
        for fd in range(3, 64):
            try:
                frames.write_frame(fd, kind, payload)
            except OSError:
                pass

    judging._report(tell, 0, None)
    tell(frames.PLAN, frames.PLAN_BODY.pack(1))
    tell(frames.DONE)
    return None
