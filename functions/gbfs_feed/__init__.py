"""The public feeds of the market: GBFS 3.0 for journey planners."""
