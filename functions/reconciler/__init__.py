"""The function that puts right what a failover left in halves."""
