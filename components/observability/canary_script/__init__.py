"""What CloudWatch Synthetics runs; it imports nothing of ours."""
