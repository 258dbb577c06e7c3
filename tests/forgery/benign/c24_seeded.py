# benign: seeds its generators and makes the same numbers each time
# shape: whole
# tests: assert @NAME@(7) == @NAME@(7)
# tests: assert @NAME@(7) != @NAME@(8)
# tests: assert len(set(@NAME@(1))) > 1
import os
import random
import secrets

random.seed(1)


def @NAME@(seed):
    random.seed(seed)
    assert os.urandom(4) is not None and secrets.token_hex(4)
    own = random.Random(seed)
    return [random.randint(0, 10**6), own.randint(0, 10**6), random.choice(range(10**6))]
