"""Unpacks what CloudWatch Logs sends of all log groups, for OpenSearch."""
