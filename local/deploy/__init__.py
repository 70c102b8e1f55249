"""Deploys the unmodified program on the emulated AWS."""
