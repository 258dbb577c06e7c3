"""Which gVisor is new enough: the same rule as scripts/install-gvisor has, and a test holds the two together."""

import re

# The newest release that still lacks the fix of CVE-2026-96812, a host root escape.
_LAST_BAD_RELEASE = 20260817
_OLDEST_GOOD_MODULE = 20260905035102


def why_too_old(version: str) -> str | None:
    """Return why this version is refused by the installer, or None when it is new enough."""
    if match := re.fullmatch(r"release-(\d{8})\.\d+", version):
        if int(match[1]) > _LAST_BAD_RELEASE:
            return None
        return f"lacks the fix of CVE-2026-96812, a host root escape; needs a release after {_LAST_BAD_RELEASE}"
    if match := re.fullmatch(r"v0\.0\.0-(\d{14})-[0-9a-f]{12}(\+precompiled|\+tuned)?", version):
        if int(match[1]) >= _OLDEST_GOOD_MODULE:
            return None
        return f"lacks the fix of CVE-2026-96812, a host root escape; needs a build from {_OLDEST_GOOD_MODULE} on"
    return "does not say how old it is"
