"""Identifiers of papers in the one form in which they are kept and compared. Pure functions on strings."""

import re

_PMCID = re.compile(r"(?:PMCID:?\s?)?(?:PMC\s?)?(\d{3,9})(?:\.\d{1,2})?", re.IGNORECASE)
_ISBN_MARK = re.compile(r"^ISBN(?:-1[03])?\s?:?", re.IGNORECASE)


def normal_isbn(text: str) -> str | None:
    """An ISBN as 13 digits, without marks; None where it is none or its check digit is wrong."""
    digits = re.sub(r"[\s\u2010-\u2015-]", "", _ISBN_MARK.sub("", text.strip())).upper()
    if re.fullmatch(r"97[89]\d{10}", digits):
        return digits if _check_digit(digits[:12]) == digits[12] else None
    if re.fullmatch(r"\d{9}[\dX]", digits):
        weighed = sum((10 - place) * (10 if sign == "X" else int(sign)) for place, sign in enumerate(digits))
        return f"978{digits[:9]}{_check_digit('978' + digits[:9])}" if weighed % 11 == 0 else None
    return None


def normal_pmcid(text: str) -> str | None:
    """An id of PubMed Central as "PMC" and its digits, without a version; None where it is none."""
    match = _PMCID.fullmatch(text.strip())
    return f"PMC{match[1]}" if match else None


def _check_digit(digits: str) -> str:
    return str(-sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(digits)) % 10)
