"""One file per covariance; each holds a `RULE`."""
