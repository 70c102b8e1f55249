"""The rental's store over DynamoDB, shared by every function that rents; the rules live in `ev_rental`."""
