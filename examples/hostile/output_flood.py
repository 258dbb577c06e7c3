# expect: OUTPUT_LIMIT
# attack: fill the judge's memory, disk or pipes with output
import os

chunk = b"spam and eggs\n" * 4681
while True:
    os.write(1, chunk)
