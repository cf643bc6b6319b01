"""English as it is read in every country: no day that could be a month."""
