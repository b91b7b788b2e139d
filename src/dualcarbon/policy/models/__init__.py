"""One file per estimator; a file without a leading underscore that carries `MODEL` is found by the registry."""
