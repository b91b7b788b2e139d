"""Row-by-row products against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.tall import apply, apply_transposed, cross, times

EXACT = 1e-12  # sums of 500 products in another order


@pytest.mark.parametrize(("n", "p", "q"), [(500, 4, 3), (1, 1, 1), (7, 5, 0), (0, 2, 3)])
def test_products(n: int, p: int, q: int) -> None:
    draw = np.random.default_rng(0)
    a, b, m = draw.normal(size=(n, p)), draw.normal(size=(n, q)), draw.normal(size=(p, q))
    v, w = draw.normal(size=p), draw.normal(size=n)
    np.testing.assert_allclose(cross(a, b), a.T @ b, atol=EXACT)
    np.testing.assert_allclose(times(a, m), a @ m, atol=EXACT)
    np.testing.assert_allclose(apply(a, v), a @ v, atol=EXACT)
    np.testing.assert_allclose(apply_transposed(a, w), a.T @ w, atol=EXACT)
