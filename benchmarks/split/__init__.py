"""Whether tests that are kept apart from the program say the same, and what it costs."""
