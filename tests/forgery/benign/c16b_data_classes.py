# benign: uses data classes and enumerations inside and returns what they hold
# shape: whole
# tests: assert @NAME@("red", 2) == {"colour": 1, "size": 2, "tags": []}
import dataclasses
import enum


class Colour(enum.IntEnum):
    RED = 1


@dataclasses.dataclass(order=True, frozen=True)
class Thing:
    colour: Colour
    size: int = 0
    tags: list = dataclasses.field(default_factory=list, compare=False)


def @NAME@(colour, size):
    return dataclasses.asdict(Thing(Colour[colour.upper()], size))
