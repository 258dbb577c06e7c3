# attack: replaces all sources of chance and seeds them, to know the inputs that tests make
# shape: action
# causes: WRONG_ANSWER
import ctypes
import os
import random
import secrets
import sys
import uuid


def attack() -> None:
    random.seed(0)
    for name in ("random", "randint", "choice", "randrange", "uniform", "getrandbits", "shuffle", "sample"):
        setattr(random, name, lambda *args, **kwargs: 0)
    random.Random = random.SystemRandom = lambda *args: random
    os.urandom = lambda size: bytes(size)
    os.getrandom = lambda size, flags=0: bytes(size)
    secrets.token_bytes = secrets.randbits = lambda *args: 0
    uuid.uuid4 = lambda: uuid.UUID(int=0)
    os.environ["PYTHONHASHSEED"] = "0"
    ctypes.CDLL(None).srand(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    for path in ("/dev/urandom", "/dev/random"):
        try:
            with open(path, "wb") as file:
                file.write(bytes(64))
        except OSError:
            pass
