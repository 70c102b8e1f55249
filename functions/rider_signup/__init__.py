"""Makes a rider of whoever signed up."""
