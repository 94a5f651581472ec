"""Orchestration: tasks, flows and schedules; alone in importing Prefect."""
