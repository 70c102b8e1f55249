"""The table `backoffice`: work orders and the audit trail."""
