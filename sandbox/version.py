"""The version of this package, which is also the harness version in every receipt."""

VERSION = "0.1.0"
