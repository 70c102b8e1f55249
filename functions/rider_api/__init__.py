"""What a rider's app calls: stations, cars, bookings, trips and invoices."""
