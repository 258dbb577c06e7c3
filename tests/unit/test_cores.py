"""Which cores a box gets."""

from contextlib import ExitStack

import pytest

from sandbox.boxes.cores import Cores


def test_boxes_are_spread_over_the_cores() -> None:
    cores = Cores([4, 2, 6])
    with ExitStack() as boxes:
        given = [boxes.enter_context(cores.of_a_box(1)) for _ in range(6)]
    assert given == [(2,), (4,), (6,)] * 2


def test_the_core_of_a_box_that_is_gone_is_the_next_ones() -> None:
    cores = Cores([0, 1])
    with cores.of_a_box(1) as stays, ExitStack() as boxes:
        assert stays == (0,)
        for _ in range(3):
            with cores.of_a_box(1) as goes:
                assert goes == (1,)
        with pytest.raises(KeyError), cores.of_a_box(1):
            raise KeyError
        assert boxes.enter_context(cores.of_a_box(1)) == (1,)
        assert boxes.enter_context(cores.of_a_box(1)) == (0,)


def test_a_box_that_is_paid_for_more_cores_gets_as_many() -> None:
    cores = Cores(range(4))
    with cores.of_a_box(1) as one, cores.of_a_box(2) as two, cores.of_a_box(1) as other:
        assert (one, two, other) == ((0,), (1, 2), (3,))


@pytest.mark.parametrize("count", [2, 3])
def test_a_box_that_may_have_all_is_not_bound(count: int) -> None:
    cores = Cores([0, 1])
    with cores.of_a_box(count) as given:
        assert given == ()
    with cores.of_a_box(1) as given:
        assert given == (0,)
