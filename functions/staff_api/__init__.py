"""What the back office calls: the live fleet, commands, alerts and work, bookings, figures, audit."""
