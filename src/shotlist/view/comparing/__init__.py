"""What two datasets have in common, and what not."""
