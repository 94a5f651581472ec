"""Pipeline steps: pure functions of small frozen values, each individually tested."""
