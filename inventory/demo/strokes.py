"""How the demo's pictures are drawn: light from the upper left, soft shadows, no outlines.

A shape is the inside of an SVG tag without its paint, such as ``circle cx="400" cy="400" r="9"``.
"""

INK = "#2b2119"
CREAM = "#fffaf2"
STEEL = "#cfd6dc"
WOOD = "#7a5634"

PAINTS = (
    # light across a round body
    '<linearGradient id="s"><stop offset="0" stop-color="#fff" stop-opacity=".16"/>'
    '<stop offset=".22" stop-color="#fff" stop-opacity=".34"/>'
    '<stop offset=".5" stop-color="#fff" stop-opacity="0"/>'
    '<stop offset=".9" stop-color="#000" stop-opacity=".3"/>'
    '<stop offset="1" stop-color="#000" stop-opacity=".2"/></linearGradient>'
    # light across a flat face
    '<linearGradient id="f" x2="1" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".22"/>'
    '<stop offset=".5" stop-color="#fff" stop-opacity="0"/>'
    '<stop offset="1" stop-color="#000" stop-opacity=".18"/></linearGradient>'
    # the inside of a vessel: dark where the light cannot reach
    '<linearGradient id="i"><stop offset="0" stop-color="#000" stop-opacity=".42"/>'
    '<stop offset=".7" stop-color="#000" stop-opacity=".12"/>'
    '<stop offset="1" stop-color="#fff" stop-opacity=".12"/></linearGradient>'
    # light on a ball
    '<radialGradient id="o" cx=".34" cy=".28" r=".8">'
    '<stop offset="0" stop-color="#fff" stop-opacity=".5"/>'
    '<stop offset=".4" stop-color="#fff" stop-opacity=".05"/>'
    '<stop offset="1" stop-color="#000" stop-opacity=".34"/></radialGradient>'
    # a shadow on the table, and a glow
    '<radialGradient id="d"><stop offset="0" stop-color="#2b2119" stop-opacity=".42"/>'
    '<stop offset=".55" stop-color="#2b2119" stop-opacity=".2"/>'
    '<stop offset="1" stop-color="#2b2119" stop-opacity="0"/></radialGradient>'
    '<radialGradient id="w"><stop offset="0" stop-color="#ffdf9a" stop-opacity=".85"/>'
    '<stop offset="1" stop-color="#ffdf9a" stop-opacity="0"/></radialGradient>'
    '<filter id="b" x="-20%" y="-20%" width="150%" height="150%">'
    '<feGaussianBlur stdDeviation="13"/></filter>'
)


def mixed(color: str, other: str, share: float) -> str:
    """Return a color with this share of another in it; both are ``#rrggbb``."""
    pairs = ((int(color[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def darker(color: str, share: float = 0.28) -> str:
    """Return a color in the shade."""
    return mixed(color, INK, share)


def lighter(color: str, share: float = 0.35) -> str:
    """Return a color in the light."""
    return mixed(color, "#ffffff", share)


def flat(shape: str, color: str, opacity: float = 1) -> str:
    """Return a shape in one color."""
    seen = "" if opacity == 1 else f' fill-opacity="{opacity}"'
    return f'<{shape} fill="{color}"{seen}/>'


def lit(shape: str, color: str, light: str = "s") -> str:
    """Return a shape in its color with a light over it: round (s), flat (f), ball (o), in (i)."""
    return f'<{shape} fill="{color}"/><{shape} fill="url(#{light})"/>'


def line(path: str, color: str, width: float, opacity: float = 1) -> str:
    """Return a line with round ends."""
    seen = "" if opacity == 1 else f' stroke-opacity="{opacity}"'
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}"{seen} '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def tube(path: str, color: str, width: float) -> str:
    """Return a line that looks round: shade below, light on top."""
    lift = round(width * 0.1, 1)
    return (
        line(path, darker(color), width)
        + moved(line(path, color, width * 0.78), -lift, -lift)
        + moved(line(path, lighter(color, 0.55), width * 0.16, 0.8), -lift * 2, -lift * 2)
    )


def moved(drawing: str, x: float, y: float) -> str:
    """Return a drawing moved by so much to the right and down."""
    return f'<g transform="translate({x} {y})">{drawing}</g>'


def turned(drawing: str, degrees: float, x: float = 400, y: float = 400) -> str:
    """Return a drawing turned clockwise around a point."""
    return f'<g transform="rotate({degrees} {x} {y})">{drawing}</g>'


def scaled(drawing: str, share: float, x: float = 400, y: float = 650) -> str:
    """Return a drawing made larger or smaller, while one point stays where it is."""
    return f'<g transform="translate({x} {y}) scale({share}) translate({-x} {-y})">{drawing}</g>'


def standing(rx: int, y: int = 646, x: int = 400) -> str:
    """Return the shadow of something that stands: wide and soft, close and dark."""
    return (
        f'<ellipse cx="{x + rx // 6}" cy="{y}" rx="{rx * 5 // 4}" ry="{rx // 4}" fill="url(#d)" '
        f'opacity=".75"/><ellipse cx="{x + 6}" cy="{y - 2}" rx="{rx}" ry="{max(rx // 9, 9)}" '
        'fill="url(#d)"/>'
    )


def lying(*shapes: str) -> str:
    """Return the shadow of something that lies on the table, seen from above."""
    return (
        '<g transform="translate(16 24)" filter="url(#b)" opacity=".34">'
        + "".join(flat(shape, INK) for shape in shapes)
        + "</g>"
    )


def mouth(rx: int, ry: int, y: int, rim: str, inside: str, x: int = 400) -> str:
    """Return the opening of a vessel: its rim, and the dark within."""
    return flat(f'ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}"', rim) + lit(
        f'ellipse cx="{x}" cy="{y + 3}" rx="{rx - 10}" ry="{ry - 7}"', inside, "i"
    )
