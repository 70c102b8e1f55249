"""Tells an OpenSearch domain who may do what in it, and how long logs are kept."""
