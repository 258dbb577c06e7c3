# verdict: FAILED
# cause: OUTPUT_LIMIT
# fault: PROGRAM
# attack: prints lines without end
# limits: cpu_time_ms=30000 wall_time_ms=60000
while True:
    print("all work and no play " * 100)
