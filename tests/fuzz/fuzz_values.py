r"""Coverage-guided fuzzing of what reads the program's bytes in the tests role: values, references, changes.

    pip install '.[fuzz]' numpy
    mkdir -p build/fuzz
    python -m tests.fuzz.fuzz_values -max_total_time=3600 -timeout=10 -rss_limit_mb=1024 \
        build/fuzz tests/fuzz/corpus/values tests/fuzz/corpus/grown

New inputs are kept in the first folder. One that found something is worth a place, and a name, in the second; the third
is what an hour of fuzzing came to, and can be replaced by what a longer one does.
Only MalformedValueError may come of any bytes. What is a value crosses again, and comes back the same.
"""

import sys
import warnings

import atheris  # type: ignore[import-not-found,unused-ignore]

with atheris.instrument_imports(include=["sandbox.guest"]):
    from tests.fuzz.one_input import one_input


def main() -> None:
    """Fuzz until stopped."""
    # Coroutines that nobody awaits are what is being made here.
    warnings.simplefilter("ignore", RuntimeWarning)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
