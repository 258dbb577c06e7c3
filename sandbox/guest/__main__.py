"""Where a box starts: `python3 -I -B /opt/sandbox/guest`."""

import sys

if __name__ == "__main__":
    # The folder above `sandbox/`, so that the modules have the same names here as in the source tree.
    sys.path[0] = __file__.rsplit("/", 3)[0]
    from sandbox.guest.agent import main

    sys.exit(main())
