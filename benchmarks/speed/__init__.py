"""How fast this service judges, beside what people use today."""
