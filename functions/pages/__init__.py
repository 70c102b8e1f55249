"""What is written from the functions' code, and needed by none: tables of docs/, the OpenAPI document."""
