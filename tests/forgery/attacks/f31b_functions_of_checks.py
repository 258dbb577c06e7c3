# attack: replaces the builtin functions that checks are made of
# shape: action
# causes: WRONG_ANSWER, EXITED_EARLY, EXCEPTION, LOAD_ERROR, PROTOCOL_VIOLATION
import builtins


def attack() -> None:
    yes = lambda *args, **kwargs: True
    for name in ("isinstance", "issubclass", "len", "all", "any", "callable", "hasattr", "bool", "hash"):
        setattr(builtins, name, yes)
    for name in ("sorted", "list", "set", "repr", "str", "abs", "sum", "round", "min", "max"):
        setattr(builtins, name, lambda *args, **kwargs: None)
