"""Text to Atlassian's document format and back, as far as plain paragraphs go: what REST v3 speaks in comments."""

from __future__ import annotations

from typing import Any


def to_document(text: str) -> dict[str, Any]:
    """One paragraph, its lines kept by hard breaks."""
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": content}]}


def is_document(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") == "doc" and isinstance(value.get("content"), list)


def to_text(document: dict[str, Any]) -> str:
    """The text of a document, a blank line between its blocks; marks and media are lost."""
    return "\n\n".join(_inline(block) for block in document["content"])


def _inline(node: object) -> str:
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "hardBreak":
        return "\n"
    children = node.get("content")
    inner = "".join(map(_inline, children)) if isinstance(children, list) else ""
    return str(node.get("text", "")) + inner
