"""HTML that is safe by construction: whatever is not markup is escaped when an element is made of it."""

from html import escape


class Markup(str):
    """A piece of HTML, made by `element`."""

    __slots__ = ()


def element(name: str, *content: object, **attributes: object) -> Markup:
    """Give an element; for an attribute called as a word of Python, write `class_`."""
    given = "".join(f' {key.rstrip("_")}="{escape(str(value))}"' for key, value in attributes.items())
    inner = "".join(part if isinstance(part, Markup) else escape(str(part)) for part in content)
    return Markup(f"<{name}{given}>{inner}</{name}>")


def table(heads: list[str], rows: list[list[object]]) -> Markup:
    """Give a table of these rows; a cell may be markup."""
    head = element("tr", *(element("th", one) for one in heads))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("table", element("thead", head), element("tbody", *body))
