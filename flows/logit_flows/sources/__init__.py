"""Sources: the user's files, read through one contract of the data; nothing of configs or steps."""
