"""The function that tells people of alerts, opens work orders and hands tickets on."""
