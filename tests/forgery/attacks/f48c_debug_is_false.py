# attack: compiles with optimization in its own process and takes the meaning from assert
# shape: action
# causes: WRONG_ANSWER
import builtins


def attack() -> None:
    real = compile

    def optimized(source, name, mode, *args, **kwargs):
        kwargs["optimize"] = 2
        return real(source, name, mode, *args, **kwargs)

    builtins.compile = optimized
    builtins.__dict__["__debug__"] = False
