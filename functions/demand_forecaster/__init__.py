"""The function that forecasts demand, by station and hour."""
