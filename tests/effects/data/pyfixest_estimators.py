"""Writes pyfixest_estimators.csv beside it: two-stage least squares and Poisson of pyfixest on a drawn panel.

Run in an environment of its own with pyfixest, numpy and pandas. Errors are stored only where pyfixest states them
without a decision on nesting: iid and HC1 for least squares, HC1 for Poisson.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def drawn() -> dict[str, np.ndarray]:
    """300 firms in 9 years, a third of the rows missing; an endogenous d, two instruments, counts."""
    r = np.random.default_rng(20240611)
    f, t = np.nonzero(r.random((300, 9)) < 0.65)
    n = len(f)
    industry = f % 12
    a, g = r.normal(size=300)[f], r.normal(size=(12, 9))[industry, t]
    z = r.normal(size=(n, 2)) + 0.3 * a[:, None]
    u = r.normal(size=n)
    x = r.normal(size=n) + 0.4 * g
    d = z @ [0.5, 0.3] + 0.2 * x + a + u + r.normal(size=n)
    y = 0.7 * d - 0.4 * x + a + g + u + r.normal(size=n) * (1.0 + 0.3 * np.abs(x))
    count = r.poisson(np.exp(0.3 * x - 0.2 * z[:, 0] + 0.5 * a + 0.3 * g - 0.3))
    keys = {"firm": f, "year": t, "industry": industry}
    return {**keys, "y": y, "d": d, "x": x, "z1": z[:, 0], "z2": z[:, 1], "count": count}


IV = ("y ~ x | industry + year | d ~ z1 + z2", "y ~ x | firm + year | d ~ z1", "y ~ x | d ~ z1 + z2")
POISSON = ("count ~ x + z1 | firm + year", "count ~ x + z1 | industry^year", "count ~ x + z1")


def main() -> None:
    """Estimate and write."""
    import pyfixest as pf

    data = pd.DataFrame(drawn())
    lines = []
    for family, formulas, run in (("ls", IV, pf.feols), ("poisson", POISSON, pf.fepois)):
        for formula in formulas:
            options = {"iwls_tol": 1e-13, "fixef_tol": 1e-12} if family == "poisson" else {"fixef_tol": 1e-12}
            for vcov in ("iid", "HC1") if family == "ls" else ("HC1",):
                found = run(formula, data, vcov=vcov, **options)
                for name, coef, se in zip(found._coefnames, found._beta_hat, found._se, strict=True):
                    lines.append((family, formula, vcov, name, found._N, repr(float(coef)), repr(float(se))))
    table = pd.DataFrame(lines, columns=["family", "formula", "vcov", "name", "n", "coef", "se"])
    table.insert(0, "program", f"pyfixest {pf.__version__}")
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False)


if __name__ == "__main__":
    main()
