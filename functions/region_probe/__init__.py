"""Asks another Region's API, from outside of it, whether it answers."""
