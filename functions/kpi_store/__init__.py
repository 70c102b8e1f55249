"""The table `kpi`: key figures by day, demand by station and hour, and its forecast."""
