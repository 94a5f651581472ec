"""`python -m logit_flows`: the `logit` command."""

from logit_flows.cli import main

if __name__ == "__main__":
    main()
