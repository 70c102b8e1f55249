"""The rental half of the domain: vehicles, bookings, trips, prices and invoices, free of AWS."""
