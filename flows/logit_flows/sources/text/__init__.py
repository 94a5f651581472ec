"""Text files as people have them: how they are written, what is wrong in them, their values."""
