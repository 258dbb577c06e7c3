# attack: the name that the tests call is a value and no function
# shape: whole
# causes: EXCEPTION
__test__ = False

@NAME@ = {"passed": True}
