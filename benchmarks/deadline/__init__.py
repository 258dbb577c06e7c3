"""How long after its deadline does a job's verdict arrive?"""
