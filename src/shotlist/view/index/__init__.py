"""The index: DuckDB files made from a dataset's tables, which answer every page's question quickly."""
