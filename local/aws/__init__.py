"""The emulated AWS: one process, one endpoint. What holds or moves records is ours and outlives its process;
the rest is moto."""
