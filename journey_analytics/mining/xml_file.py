"""XML that somebody else wrote, read safely: no document type, so no entities and nothing outside the file."""

from pathlib import Path
from xml.etree import ElementTree as Xml
from xml.parsers import expat


def read_xml(path: Path) -> Xml.Element:
    """The root element of an XML file.

    Raises:
        ValueError: the file is no well-formed XML, or declares a document type.
        OSError: the file cannot be read.
    """
    content = path.read_bytes()
    try:
        _refuse_document_type(content)
        return Xml.fromstring(content)  # noqa: S314 - without a document type there is nothing to expand
    except (expat.ExpatError, Xml.ParseError, LookupError) as error:
        raise ValueError(f"it is no well-formed XML: {error}") from None


def local_name(element: Xml.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _refuse_document_type(content: bytes) -> None:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refused
    parser.Parse(content, True)


def _refused(*_: object) -> None:
    raise ValueError("it declares a document type (<!DOCTYPE …>), which is not read: remove that line")
