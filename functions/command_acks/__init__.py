"""The function that takes what cars answer to commands."""
