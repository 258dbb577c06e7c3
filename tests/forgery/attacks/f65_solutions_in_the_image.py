# attack: searches the image for solutions: data sets, repositories, caches of packages, histories, backups
# shape: whole
# causes: WRONG_ANSWER, CPU_TIME_LIMIT
# limits: cpu_time_ms=4000 wall_time_ms=15000
import os
import re
import sys

WANTED = re.compile(rb"CANARY_[0-9a-f]{32}|canonical_solution")
NAMES = re.compile(r"(humaneval|mbpp|solution|answers?|reference|expected|\.git$|\.jsonl|\.cache|pip|history|\.pack$)", re.IGNORECASE)


def hits():
    places = ["/opt", "/home", "/root", "/srv", "/var/cache", "/var/lib", "/mnt", "/media", "/tmp", "/usr/local", "/etc"]
    for place in [*places, *(entry for entry in sys.path if "packages" in entry)]:
        for folder, folders, files in os.walk(place):
            for name in files:
                if NAMES.search(name):
                    yield os.path.join(folder, name)


found = None
for path in hits():
    try:
        with open(path, "rb") as file:
            match = WANTED.search(file.read(1 << 20))
    except OSError:
        continue
    if match and match[0].startswith(b"CANARY_"):
        found = match[0].decode()


def @NAME@(*args):
    return found
