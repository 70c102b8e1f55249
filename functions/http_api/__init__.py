"""What the functions behind the REST API share: routes as data, problems, identity, the OpenAPI document."""
