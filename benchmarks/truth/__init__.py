"""The race of frontier models on simulated industries whose marginal abatement cost is known."""
