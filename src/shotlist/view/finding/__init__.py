"""What an address asks for, and the clips that it finds: filters, text search, order, facets."""
