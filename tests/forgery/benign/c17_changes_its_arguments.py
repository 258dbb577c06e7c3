# benign: changes lists, dictionaries, sets and byte arrays in place
# shape: whole
# tests: values, table, members, raw = [3, 1, 2], {"a": 1}, {1}, bytearray(b"ab")
# tests: assert @NAME@(values, table, members=members, raw=raw) is None
# tests: assert values == [1, 2, 3] and table == {"b": 2} and members == {1, 2} and raw == b"ba"
def @NAME@(values, table, members, raw):
    values.sort()
    table.clear()
    table["b"] = 2
    members.add(2)
    raw.reverse()
