# benign: starts the interpreter and a shell and uses what they print
# shape: whole
# limits: cpu_time_ms=8000 wall_time_ms=40000
# tests: assert @NAME@("1 + 1") == ("2", 0)
import subprocess
import sys


def @NAME@(text):
    printed = subprocess.run([sys.executable, "-c", f"print({text})"], capture_output=True, text=True, check=True)
    return printed.stdout.strip(), subprocess.call(["sh", "-c", "exit 0"])
