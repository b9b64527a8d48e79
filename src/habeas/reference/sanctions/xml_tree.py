"""XML from outside, read safely: no document type, no entities, no other encoding than the one that was checked."""

from xml.etree.ElementTree import Element, ParseError, XMLParser

from habeas.reference.sanctions.damage import ListDamagedError, text_of

_DECLARATIONS = ("<!DOCTYPE", "<!ENTITY")


def tree_of(data: bytes, what: str) -> Element:
    """The root of a document, tags without their namespaces.

    No published list declares a document type, and entities expand without bound, so a document with either is refused
    unread. The encoding is UTF-8 whatever the document says of itself, so that nothing hides from that check.
    Raises ListDamagedError, also when the document ends too early.
    """
    text = text_of(data, what)
    for declaration in _DECLARATIONS:
        if declaration in text:
            raise ListDamagedError(f"{what} contains `{declaration}`, which no published list does; fetch it again")
    parser = XMLParser(encoding="utf-8")  # noqa: S314 - entities are refused above
    try:
        parser.feed(text.encode())
        root = parser.close()
    except ParseError as error:
        line, _ = error.position
        raise ListDamagedError(
            f"{what} is cut off or damaged: its XML cannot be read beyond line {line}; fetch the file again"
        ) from None
    for element in root.iter():
        if "}" in element.tag:
            element.tag = element.tag.rpartition("}")[2]
    return root


def text_at(element: Element, path: str) -> str:
    """The text of the first element at a path, on one line; "" if there is none."""
    return " ".join((element.findtext(path) or "").split())


def texts_at(element: Element, path: str) -> tuple[str, ...]:
    """The texts of all elements at a path that say anything, without repetitions."""
    found = (" ".join((node.text or "").split()) for node in element.iterfind(path))
    return tuple(dict.fromkeys(text for text in found if text))
