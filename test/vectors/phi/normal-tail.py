"""Writes normal-tail.json: -log10 Q(y) of the normal distribution to 30 significant digits, y from -5 to 40.

Q(y) = 1/2 - phi(y) * sum y^(2n+1) / (2n+1)!!, summed with 460 digits, so that what cancels (350 of them at y = 40)
leaves enough; no function of a library is trusted but exp and ln of the decimal module. Beside it the logistic
approximation that Akka uses (Bowling and others 2009), to 17 digits.

    python3 normal-tail.py > normal-tail.json
"""

import json
from decimal import Decimal, getcontext

getcontext().prec = 460
DIGITS = 30
LN10 = Decimal(10).ln()


def arctan_inverse(n):
    """arctan(1/n) by its series."""
    term = Decimal(1) / n
    total, k, sign = term, 1, 1
    while abs(term) > Decimal(10) ** -455:
        term /= n * n
        k += 2
        sign = -sign
        total += sign * term / k
    return total


# Machin 1706.
PI = 4 * (4 * arctan_inverse(5) - arctan_inverse(239))


def tail(y):
    """The probability of more than y."""
    density = (-y * y / 2).exp() / (2 * PI).sqrt()
    term = y
    total = term
    n = 1
    while abs(term) > Decimal(10) ** -450:
        n += 2
        term *= y * y / n
        total += term
    return Decimal("0.5") - density * total


def logistic(y):
    """What Akka computes, in exact arithmetic; both of its branches are this function."""
    e = (-y * (Decimal("1.5976") + Decimal("0.070566") * y * y)).exp()
    return -(e / (1 + e)).ln() / LN10


def short(value, digits):
    return format(value, "." + str(digits - 1) + "e")


rows = []
for quarter in range(-20, 161):
    y = Decimal(quarter) / 4
    rows.append(
        {
            "y": float(y),
            "phi": short(-tail(y).ln() / LN10, DIGITS),
            "logistic": short(logistic(y), 17),
        }
    )
print(json.dumps(rows, indent=2))
