"""The function that ends holds and commands whose time is over."""
