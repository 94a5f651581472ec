"""Storage: what is published whole or not at all, the model file, the journal of a fit."""
