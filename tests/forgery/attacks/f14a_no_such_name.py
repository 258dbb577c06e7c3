# attack: does not define what the tests call, so that there may be nothing to collect
# shape: whole
# causes: EXCEPTION, WRONG_ANSWER
__test__ = False
__all__ = []


def @NAME@_(*args):
    return None


pytestmark = "skip"
collect_ignore_glob = ["*"]


def load_tests(loader, tests, pattern):
    return []
