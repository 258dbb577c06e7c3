"""Figures of one machine: how many jobs a second, how long each takes, what a box costs."""
