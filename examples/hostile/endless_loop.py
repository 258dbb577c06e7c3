# expect: CPU_TIME_LIMIT
# attack: compute for ever
while True:
    pass
