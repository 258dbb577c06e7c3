# expect: MEMORY_LIMIT
# attack: take memory until there is none
hoard = []
while True:
    hoard.append(bytearray(b"x") * (1 << 20))
