"""Who is told of an alert, when, and how often: pure decisions, free of AWS."""
