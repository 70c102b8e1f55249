"""AWS IoT Core on a laptop: an MQTT broker, topic rules, and the data plane."""
