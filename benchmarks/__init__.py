"""Measurements, each from one command. README.md says what each shows."""
