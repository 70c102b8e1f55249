"""A fleet and its riders, who meet the platform through its public doors only."""
