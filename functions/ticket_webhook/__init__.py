"""The function that hands tickets to the ticket system of whoever keeps one."""
