"""What the functions behind queues and schedules share; the rules live in `ev_rental`."""
