"""The function that invoices trips."""
