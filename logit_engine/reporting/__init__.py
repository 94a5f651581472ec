"""Reporting: a fit as a person sees it, in summaries, tables and warnings."""
