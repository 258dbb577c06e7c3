# attack: swaps the code of every function it can find that has to do with tests
# shape: action
# causes: WRONG_ANSWER, EXITED_EARLY, PROTOCOL_VIOLATION, EXCEPTION, LOAD_ERROR
import gc
import types


def passing(*args, **kwargs):
    return None


def attack() -> None:
    for function in [found for found in gc.get_objects() if type(found) is types.FunctionType]:
        name = function.__code__.co_filename
        if "sandbox" in name or "tests" in name or "unittest" in name:
            try:
                function.__code__ = passing.__code__
            except (ValueError, AttributeError):
                pass
