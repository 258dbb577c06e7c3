"""The only process with privileges: it makes boxes from what its own policies say, and hands their pipes over."""
