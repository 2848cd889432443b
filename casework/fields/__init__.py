"""Understanding what people answer to the fields of an application."""

from casework.fields.answer import Value, Wrong
from casework.fields.reading import certain, read

__all__ = ["Value", "Wrong", "certain", "read"]
