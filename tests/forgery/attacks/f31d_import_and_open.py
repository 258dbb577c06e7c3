# attack: replaces import, open, compile, exec and the building of classes
# shape: action
# causes: WRONG_ANSWER, EXITED_EARLY, EXCEPTION, LOAD_ERROR
import builtins
import types


def attack() -> None:
    fake = types.ModuleType("unittest")
    builtins.__import__ = lambda *args, **kwargs: fake
    builtins.__build_class__ = lambda *args, **kwargs: type("Tests", (), {})
    for name in ("open", "compile", "exec", "eval", "globals", "locals", "vars", "getattr"):
        setattr(builtins, name, lambda *args, **kwargs: None)
