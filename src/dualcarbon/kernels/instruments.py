"""Strength of instruments, and what can be said when they are weak, from coefficients and their covariance.

Throughout l instruments z and m endogenous regressors d, all partialled out; a = Z' W Z, (l, l); pi the first-stage
coefficients, (l, m); gamma the reduced-form ones, (l,); vcov the joint covariance of (gamma, pi), columns one after the
other, (l (1 + m), l (1 + m)).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Intervals = tuple[tuple[float, float], ...]

REAL = 1e-7
"""Imaginary part, relative to the modulus, below which a root counts as real."""

DIRECTIONS = 4_000
"""Slopes tried before the worst relative bias is refined."""


def wald(coef: Floats, vcov: Floats) -> float:
    """coef' vcov^-1 coef of coef (p,) and vcov (p, p)."""
    return float(coef @ np.linalg.solve(vcov, coef))


def cragg_donald(a: Floats, pi: Floats, sigma: Floats) -> float:
    """Least eigenvalue of sigma^-1/2 pi' a pi sigma^-1/2, over l; sigma (m, m) the covariance of first-stage residuals.

    Cragg & Donald (1993), https://doi.org/10.1017/S0266466600007519; Stock & Yogo (2005), eq. 2.12.
    """
    from scipy.linalg import eigh

    return float(eigh(pi.T @ a @ pi, sigma, eigvals_only=True)[0]) / len(a)


def kleibergen_paap(a: Floats, pi: Floats, sigma: Floats, vcov: Floats) -> float:
    """Wald statistic of the rank of pi being m - 1, over l.

    With a = F'F, sigma = G'G, theta = F pi G^-1 = U S V': lambda = A' theta B', A the last l - m + 1 columns of U and B
    the last row of V', turned as in Kleibergen & Paap (2006), https://doi.org/10.1016/j.jeconom.2005.02.011, section 2;
    the statistic is lambda' ((B x A') V (B x A')')^-1 lambda with V the covariance of vec theta.

    Parameters
    ----------
    vcov : (l m, l m)
        Of pi, column after column.
    """
    from scipy.linalg import sqrtm

    f, g = np.linalg.cholesky(a).T, np.linalg.cholesky(sigma).T
    inverse = np.linalg.inv(g)
    theta = f @ pi @ inverse
    u, _, vt = np.linalg.svd(theta, full_matrices=True)
    m = pi.shape[1]
    corner, last = u[m - 1 :, m - 1 :], vt[m - 1, m - 1]
    left = u[:, m - 1 :] @ np.linalg.solve(corner, np.real(sqrtm(corner @ corner.T)))
    right = np.sign(last or 1.0) * vt[m - 1 :, :]
    turn = np.kron(right, left.T)
    spread = np.kron(inverse.T, f)
    return wald(turn @ theta.T.ravel(), turn @ (spread @ vcov @ spread.T) @ turn.T) / len(a)


@dataclass(frozen=True, slots=True)
class EffectiveStrength:
    """Effective F statistic of one endogenous regressor, and the values it must exceed.

    Attributes
    ----------
    statistic : float
    bias : (t,)
        Nagar bias of two-stage least squares, as a share of the worst case.
    critical : (t,)
        Values exceeded with the probability asked for if the bias is that large.
    conservative : (t,)
        The same with the worst case in place of the largest bias that the covariance allows.
    """

    statistic: float
    bias: Floats
    critical: Floats
    conservative: Floats


def effective_f(a: Floats, pi: Floats, vcov: Floats, bias: Floats, size: float = 0.05) -> EffectiveStrength:
    """pi' a pi / tr(a^1/2 V_pi a^1/2) and its critical values for two-stage least squares.

    With W the covariance of a^1/2 (gamma, pi), the noncentrality x is the largest relative Nagar bias over `bias`, and
    the critical value the 1 - size quantile of a noncentral chi-squared over its K, by Patnaik's approximation.
    Montiel Olea & Pflueger (2013), https://doi.org/10.1080/00401706.2013.806694, theorem 1 and section 4.

    Parameters
    ----------
    pi : (l,)
    vcov : (2 l, 2 l)
    """
    size_l = len(pi)
    values, vectors = np.linalg.eigh(a)
    root = (vectors * np.sqrt(values)) @ vectors.T
    w1, w12, w2 = (
        root @ vcov[i * size_l : (i + 1) * size_l, j * size_l : (j + 1) * size_l] @ root
        for i, j in ((0, 0), (0, 1), (1, 1))
    )
    critical = _exceeded(worst_bias(w1, w12, w2) / bias, w2, size)
    return EffectiveStrength(float(pi @ a @ pi) / float(np.trace(w2)), bias, critical, _exceeded(1.0 / bias, w2, size))


def _exceeded(x: Floats, w2: Floats, size: float) -> Floats:
    """The 1 - size quantiles, (t,), for noncentralities x, (t,)."""
    from scipy.stats import ncx2

    trace = float(np.trace(w2))
    freedom = trace**2 * (1.0 + 2.0 * x) / (np.sum(w2 * w2) + 2.0 * x * trace * np.linalg.eigvalsh(w2)[-1])
    return np.array([ncx2.ppf(1.0 - size, k, k * c) / k for k, c in zip(freedom, x, strict=True)])


def worst_bias(w1: Floats, w12: Floats, w2: Floats) -> float:
    """Largest Nagar bias of two-stage least squares relative to its worst-case bound, over slopes and directions.

    sup of |tr S12 - 2 c' S12 c| / (tr S1 tr S2)^1/2 with S1 = w1 - b (w12 + w12') + b^2 w2, S12 = w12 - b w2, S2 = w2,
    over slopes b, infinite ones included, and unit vectors c.
    """
    from scipy.optimize import minimize_scalar

    both = w12 + w12.T

    def ratio(angle: float) -> float:
        c, s = np.cos(angle), np.sin(angle)
        s1 = c * c * np.trace(w1) - c * s * np.trace(both) + s * s * np.trace(w2)
        s12 = c * both / 2.0 - s * w2
        eigen = np.linalg.eigvalsh(s12)
        worst = max(abs(np.trace(s12) - 2.0 * eigen[0]), abs(np.trace(s12) - 2.0 * eigen[-1]))
        return float(worst / np.sqrt(max(s1, 1e-300) * np.trace(w2)))

    angles = np.linspace(0.0, np.pi, DIRECTIONS + 1)
    found = np.array([ratio(angle) for angle in angles])
    best, width = angles[int(np.argmax(found))], np.pi / DIRECTIONS
    refined = minimize_scalar(
        lambda angle: -ratio(angle), bounds=(best - width, best + width), method="bounded", options={"xatol": 1e-12}
    )
    return max(float(found.max()), -float(refined.fun))


def anderson_rubin(gamma: Floats, pi: Floats, vcov: Floats, beta: float) -> float:
    """Wald statistic of gamma - beta pi = 0, over l; one endogenous regressor, pi (l,), vcov (2 l, 2 l).

    Anderson & Rubin (1949), https://doi.org/10.1214/aoms/1177730090.
    """
    size = len(pi)
    turn = np.hstack([np.eye(size), -beta * np.eye(size)])
    return wald(gamma - beta * pi, turn @ vcov @ turn.T) / size


def anderson_rubin_set(gamma: Floats, pi: Floats, vcov: Floats, critical: float) -> Intervals:
    """The slopes beta that `anderson_rubin` does not reject: intervals in order, none, or with infinite ends.

    The ends solve det [[V(beta), r(beta)], [r(beta)', l critical]] = 0 with r = gamma - beta pi and V its covariance: a
    matrix polynomial of degree two, whose roots are eigenvalues of a pencil of size 2 (l + 1).
    """
    ends = _ends(gamma, pi, vcov, critical)
    edges = np.concatenate([[-np.inf], ends, [np.inf]])
    inside = [_accepts(gamma, pi, vcov, critical, low, high) for low, high in pairwise(edges.tolist())]
    found: list[tuple[float, float]] = []
    for accepted, (low, high) in zip(inside, pairwise(edges.tolist()), strict=True):
        if accepted and found and found[-1][1] == low:
            found[-1] = (found[-1][0], high)
        elif accepted:
            found.append((low, high))
    return tuple(found)


def _ends(gamma: Floats, pi: Floats, vcov: Floats, critical: float) -> Floats:
    """Real slopes at which the statistic can equal its critical value, in order."""
    from scipy.linalg import eig

    size = len(pi)
    unit = float(np.sqrt(np.trace(vcov[:size, :size]) / np.trace(vcov[size:, size:])))
    gamma, turn = gamma / unit, np.diag(np.repeat([1.0 / unit, 1.0], size))
    scaled = turn @ vcov @ turn
    whiten = np.linalg.inv(np.linalg.cholesky(scaled[:size, :size] + scaled[size:, size:]))
    g, p = whiten @ gamma, whiten @ pi
    v0, v01, v2 = (whiten @ scaled[i : i + size, j : j + size] @ whiten.T for i, j in ((0, 0), (0, size), (size, size)))
    zero = np.zeros(size)
    constant = np.block([[v0, g[:, None]], [g[None, :], np.array([[size * critical]])]])
    linear = np.block([[-(v01 + v01.T), -p[:, None]], [-p[None, :], np.zeros((1, 1))]])
    square = np.block([[v2, zero[:, None]], [zero[None, :], np.zeros((1, 1))]])
    eye, void = np.eye(size + 1), np.zeros((size + 1, size + 1))
    roots = eig(np.block([[void, eye], [-constant, -linear]]), np.block([[eye, void], [void, square]]), right=False)
    roots = roots[np.isfinite(roots)]
    return np.sort(roots.real[np.abs(roots.imag) <= REAL * (1.0 + np.abs(roots.real))]) * unit


def _accepts(gamma: Floats, pi: Floats, vcov: Floats, critical: float, low: float, high: float) -> bool:
    """Whether slopes between two ends are not rejected, judged at one of them in the middle."""
    if np.isinf(low) and np.isinf(high):
        middle = 0.0
    elif np.isinf(low):
        middle = high - 1.0 - abs(high)
    elif np.isinf(high):
        middle = low + 1.0 + abs(low)
    else:
        middle = (low + high) / 2.0
    return anderson_rubin(gamma, pi, vcov, middle) <= critical


def hansen_j(moments: Floats, gradient: Floats, meat: Floats) -> float:
    """Least value of g' S^-1 g over the coefficients, g = moments - gradient b.

    Parameters
    ----------
    moments : (l,)
        Z' W y.
    gradient : (l, m)
        Z' W D.
    meat : (l, l)
        S, the covariance of Z' W e at the two-stage least squares residuals e.

    Notes
    -----
    Hansen (1982), https://doi.org/10.2307/1912775: the minimum of two-step GMM. With S = s^2 Z' W Z it is Sargan's.
    """
    root = np.linalg.cholesky(meat)
    y, x = np.linalg.solve(root, moments), np.linalg.solve(root, gradient)
    coef = np.linalg.lstsq(x, y, rcond=None)[0]
    return float(np.sum((y - x @ coef) ** 2))
