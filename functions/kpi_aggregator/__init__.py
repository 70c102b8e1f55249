"""The function that makes a day's key figures of the events on the bus."""
