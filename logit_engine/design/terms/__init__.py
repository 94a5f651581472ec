"""The kinds of terms of a design: one kind a file, and one line in `registry`."""
