"""Orchestration: tasks, flows and schedules; alone in importing Prefect."""

from logit_flows.orchestration import environment

environment.prepare()  # Prefect reads its settings once, when it is imported
