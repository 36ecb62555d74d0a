"""A sample film with known truth, painted and composed from a seed."""
