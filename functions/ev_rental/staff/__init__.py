"""What staff do with the fleet, and the trail that it leaves."""
