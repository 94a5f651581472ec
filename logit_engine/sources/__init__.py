"""Where rows come from: arrays and Polars frames."""
