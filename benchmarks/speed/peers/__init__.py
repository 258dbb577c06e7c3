"""The others, each as its users run it."""
