"""Drawings that take their colours and their typeface from the page they are put into."""

import re

INK, MUTED, RULE, ACCENT, SECOND = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
"""Colours to draw with; each stands for a CSS variable of the page: --ink, --muted, --rule, --accent, --second."""

_VARIABLES = {INK: "ink", MUTED: "muted", RULE: "rule", ACCENT: "accent", SECOND: "second"}


def embed(drawing: str, name: str, label: str) -> str:
    """Makes a drawing part of an HTML page.

    Args:
        drawing: A whole SVG file as text, drawn in the colours of this module.
        name: A name that is unique on the page; identifiers inside are prefixed with it.
        label: What is to be seen, for those who can't see it; safe to put into HTML.

    Returns:
        One ``svg`` element that scales with its container.
    """
    body = drawing[drawing.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", body, count=1)
    body = re.sub(r"<[^>]*>", lambda tag: _adapt(tag[0], name), body)
    body = body.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return re.sub(r"\n\s*", "\n", body).strip()


def _adapt(tag: str, name: str) -> str:
    """A tag of the drawing as the page needs it; text between tags, which may be anyone's, stays as it is."""
    tag = re.sub(r'\bid="', f'id="{name}-', tag)
    tag = re.sub(r"url\(#", f"url(#{name}-", tag)
    tag = re.sub(r'href="#', f'href="#{name}-', tag)
    tag = re.sub(r"font: (?:[a-z0-9]+ )*?([\d.]+)px [^;\"]*", r"font-size: \1px", tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
    for colour, variable in _VARIABLES.items():
        tag = tag.replace(colour, f"var(--{variable})")
    return tag
