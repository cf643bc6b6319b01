"""The part of a page that a program writes: what stands between two marks."""

BEGIN, END = "<!-- begin -->\n", "<!-- end -->\n"


def between(text):
    """Return what stands between the marks."""
    return text.partition(BEGIN)[2].partition(END)[0]


def replaced(text, part):
    """Return the text with another part between its marks."""
    before, _begin, rest = text.partition(BEGIN)
    return before + BEGIN + part + END + rest.partition(END)[2]
