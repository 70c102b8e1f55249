"""The function behind the tables' streams: what changed becomes events on the bus."""
