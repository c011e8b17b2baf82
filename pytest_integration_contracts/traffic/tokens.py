"""Well-known formats of secrets, told from ordinary text wherever they stand.

Each is specific enough that no identifier, hash or page token has it. Sources: the token formats that GitHub's secret
scanning, gitleaks and detect-secrets publish, and the issuers' own documentation; RFC 7519 (JSON Web Token), RFC 7468
(PEM).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

Replace = Callable[[str], str]
"""Gives the placeholder of a secret; may take note of the secret."""

SHORTEST: Final = 15
"""No token is shorter."""

_END = r"(?![A-Za-z0-9])"
_PEM = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

WORDS: Final[dict[str, str]] = {
    "1Password": r"ops_eyJ[A-Za-z0-9+/=]{60,}",
    "age": r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    "Airtable": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    "Atlassian": r"AT[AC]TT3[\w=-]{60,}|ATBB[A-Za-z0-9]{32}",
    "AWS": r"(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "Brevo": r"x(?:key|smtp)sib-[0-9a-f]{60,}-\w{10,}",
    "Databricks": r"dapi[0-9a-f]{32}(?:-[0-9])?",
    "DigitalOcean": r"do[opr]_v1_[0-9a-f]{64}",
    "Discord bot": rf"(?:[MN][DTjz]|O[DT])[\w-]{{22,26}}\.[\w-]{{6}}\.[\w-]{{27,45}}{_END}",
    "Docker": r"dckr_pat_[\w-]{20,}",
    "Doppler": r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}",
    "Facebook": r"EAA[A-Z][A-Za-z0-9]{80,}",
    "Figma": r"figd_[\w-]{40,}",
    "GitHub": r"gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{30,}",
    "GitLab": r"gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-[\w-]{20,}",
    "Google": r"AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|1//0[\w-]{30,}",
    "Grafana": r"glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}|glc_[A-Za-z0-9+/]{32,}=*",
    "Groq": r"gsk_[A-Za-z0-9]{40,}",
    "HashiCorp": r"hv[sbr]\.[\w-]{24,}",
    "HubSpot": r"pat-(?:na|eu|ap)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Hugging Face": r"hf_[A-Za-z0-9]{30,}",
    "Linear": r"lin_(?:api|oauth)_[A-Za-z0-9]{40,}",
    "Mailgun": rf"key-[0-9a-f]{{32}}{_END}",
    "New Relic": r"NR(?:AK|RA|II|JS)-[A-Za-z0-9-]{19,}",
    "Notion": r"ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "OpenAI, Anthropic": r"sk-(?=[\w-]{0,200}[0-9])[\w-]{20,}",
    "PASETO": r"v[1-4]\.(?:local|public)\.[\w-]{20,}(?:\.[\w-]+)?",
    "Perplexity": r"pplx-[A-Za-z0-9]{40,}",
    "PlanetScale": r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,}",
    "Postman": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "Python packages": r"pypi-AgE[\w-]{40,}",
    "Replicate": rf"r8_[A-Za-z0-9]{{37}}{_END}",
    "Ruby packages": r"rubygems_[0-9a-f]{48}",
    "SendGrid": r"SG\.[\w-]{16,}\.[\w-]{16,}",
    "Sentry": r"sntrys_[\w+/=-]{40,}|sntryu_[0-9a-f]{64}",
    "Shopify": r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32}",
    "Slack": r"xox[abceoprs](?:\.xox[bp])?-(?=[A-Za-z-]{0,60}[0-9])[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}",
    "Square": r"sq0[a-z]{3}-[\w-]{22,}|EAAA[\w-]{56,}",
    "Stripe": r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}",
    "Supabase": r"sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,}",
    "Twilio": rf"SK[0-9a-f]{{32}}{_END}",
    "Vercel": r"vercel_blob_rw_\w{30,}",
    "xAI": r"xai-[A-Za-z0-9]{40,}",
}
"""Tokens that begin a word, by whose they are."""


class MarkedFormat(NamedTuple):
    """A token that begins with no word of its own.

    Attributes:
        markers: Text without one of these has no such token.
        pattern: What it looks like. What stands before it in a path is in a look-behind, and stays.
    """

    markers: tuple[str, ...]
    pattern: str


MARKED: Final[dict[str, MarkedFormat]] = {
    "Azure AD": MarkedFormat(("Q~",), r"(?<![\w~.])[\w~.]{3}[0-9]Q~[\w~.-]{31,34}(?![\w~-])"),
    "Braintree": MarkedFormat(("access_token$",), r"access_token\$\w{4,12}\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    "Discord webhook": MarkedFormat(("/webhooks/",), r"(?<=/webhooks/)[0-9]{17,20}/[\w-]{50,}"),
    "JSON Web Token": MarkedFormat(("eyJ",), r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){1,3}"),
    "Mailchimp": MarkedFormat(tuple(f"-us{number}" for number in range(1, 10)), r"\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    "New Relic licence": MarkedFormat(("FFFFNRAL",), r"\b[0-9a-f]{32}FFFFNRAL|\b[0-9a-f]{36}FFFFNRAL"),
    "Okta": MarkedFormat(("SSWS ",), r"(?<=SSWS )00[\w-]{40}"),
    "private key": MarkedFormat(
        ("PRIVATE KEY",),
        rf"-----BEGIN {_PEM}(?:(?:[^-]|-(?!----))*+-----END {_PEM}"
        r"|(?:\\[nr]|\s)[A-Za-z0-9+/=\\:,\s]{16,}+)",  # cut off: as far as it can be one
    ),
    "PuTTY": MarkedFormat(("Private-Lines:",), r"(?<=Private-Lines: )[0-9]{1,3}(?:\r?\n[A-Za-z0-9+/=]{1,64})++"),
    "Slack webhook": MarkedFormat(
        ("/services/T", "/workflows/T"),
        r"(?:(?<=/services/)|(?<=/workflows/))T[A-Z0-9]{8,}/[A-Z][A-Z0-9]{8,}/[A-Za-z0-9/]{20,}",
    ),
    "Telegram": MarkedFormat((":AA", "%3AAA"), rf"(?<![0-9])[0-9]{{8,10}}(?::|%3A)AA[\w-]{{33}}{_END}"),
    "Terraform": MarkedFormat((".atlasv1.",), r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}"),
}

_ANY_WORD: Final = rf"\b(?:{'|'.join(WORDS.values())})"


def token_pattern(text: str) -> re.Pattern[str] | None:
    """What finds the tokens that a text holds; None where it holds none."""
    marked = (format_ for format_ in MARKED.values() if any(marker in text for marker in format_.markers))
    found = [format_.pattern for format_ in marked if _finding((format_.pattern,)).search(text)]
    if _finding((_ANY_WORD,)).search(_long_words(text)):  # each alone: together they are slow
        found.append(_ANY_WORD)
    return _finding(tuple(found)) if found else None


def _long_words(text: str) -> str:
    """What of a text may be a token that begins a word: prose has next to none."""
    return " ".join(word for word in text.replace("\0", " ").split() if len(word) >= SHORTEST)


@lru_cache(maxsize=256)
def _finding(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.ASCII)
