"""The objective: the function that is minimized, in inner coordinates, with its triangles."""
