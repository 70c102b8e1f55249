"""The function behind the telemetry stream: thin, the rules live in `ev_rental`."""
