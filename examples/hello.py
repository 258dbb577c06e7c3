"""The smallest program there is, for a first try: `sandbox run examples/hello.py`."""

import platform

print(f"Hello from Python {platform.python_version()} on {platform.system()} {platform.release()}, inside a box.")  # noqa: T201
