"""Tests: engine and flows mirror the code, laws hold over registries, agreement is with others."""
