"""The clustered meat against a loop over clusters."""

from __future__ import annotations

import numpy as np

from dualcarbon.kernels.cluster import cluster_meat

EQUAL = 1e-12


def test_equals_a_loop() -> None:
    rng = np.random.default_rng(1)
    scores, codes = rng.normal(size=(300, 4)), rng.integers(0, 20, 300)
    expected = np.zeros((4, 4))
    for g in range(20):
        s = scores[codes == g].sum(axis=0)
        expected += np.outer(s, s)
    assert np.allclose(cluster_meat(scores, codes, 20), expected, rtol=EQUAL, atol=EQUAL)


def test_weights_multiply_the_scores() -> None:
    r = np.random.default_rng(2)
    x, pull, codes = r.normal(size=(300, 3)), r.normal(size=300), r.permutation(300) % 7
    assert np.array_equal(cluster_meat(x, codes, 7, pull), cluster_meat(x * pull[:, None], codes, 7))
