"""Disposable gVisor sandboxes, and what makes them."""
