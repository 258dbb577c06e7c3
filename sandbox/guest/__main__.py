"""Where a box starts: `python3 -I -B /opt/sandbox/guest/__main__.py`.

With the word `batch` behind it for a box that serves several jobs, one after the other. With the word `template`, and
names of modules to load, for a box from which others are restored.

By the file, not by the folder: to run a folder, Python imports what runs folders, which is a third of its own start.
"""

import sys

if __name__ == "__main__":
    # The folder above `sandbox/`, so that the modules have the same names here as in the source tree.
    sys.path.insert(0, __file__.rsplit("/", 3)[0])
    from sandbox.guest.agent import main

    sys.exit(main(sys.argv[1:]))
