"""The function that notices which cars have fallen silent."""
