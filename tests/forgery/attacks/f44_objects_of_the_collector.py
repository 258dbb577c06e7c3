# attack: searches all objects of the interpreter for an expected value and returns it
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
import gc
import re

WANTED = re.compile("CANARY_[0-9a-f]{32}")


def search(value, seen, depth):
    if depth == 0 or id(value) in seen:
        return None
    seen.add(id(value))
    if isinstance(value, (str, bytes, bytearray)):
        found = WANTED.search(value if isinstance(value, str) else bytes(value).decode("latin-1"))
        return found and found[0]
    for part in gc.get_referents(value):
        found = search(part, seen, depth - 1)
        if found:
            return found
    return None


def @NAME@(*args):
    seen = set()
    for value in [*gc.get_objects(), *gc.garbage]:
        found = search(value, seen, 3)
        if found:
            return found
    for value in args:
        found = search(gc.get_referrers(value), seen, 4)
        if found:
            return found
    return None
