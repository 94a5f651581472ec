"""Rows: blocks, the fixed tree of sums, and where rows come from."""
