"""What is done to sales channels: one verb, one transaction each."""
