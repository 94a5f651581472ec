"""A first config for any table: what each column seems to be for, each guess with its reason."""
