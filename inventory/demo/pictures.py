"""Product pictures of the demo shop, drawn by code: one function for each kind of object."""

from collections.abc import Callable

from inventory.demo import drawings_gifts as gifts
from inventory.demo import drawings_home as home
from inventory.demo import drawings_kitchen as kitchen
from inventory.demo.strokes import PAINTS, mixed

Draw = Callable[[str], str]

GROUNDS = {
    "table": ("#f8f1e8", "#ecdfcc"),
    "kitchen": ("#f0f4ef", "#d9e4da"),
    "home": ("#f5f0f4", "#e3d8e4"),
    "tech": ("#eef3f8", "#d3dfea"),
    "paper": ("#fcf5e0", "#f1e0b2"),
}
"""Where a picture is lit, and where it is not, by category."""

_STANDING: tuple[Draw, ...] = (
    *(kitchen.mug, kitchen.cups, kitchen.bowl, kitchen.plate, kitchen.kettle, kitchen.teapot),
    *(kitchen.brush, kitchen.mills, kitchen.carafe, kitchen.scale),
    *(home.lamp, home.chair, home.candle, home.towel, home.blanket, home.vase, home.floor_vase),
    *(home.plant_pot, gifts.speaker, gifts.tower, gifts.headphones, gifts.box, gifts.hamper),
)
_LYING: tuple[Draw, ...] = (
    *(kitchen.apron, kitchen.board, kitchen.chef_knife, kitchen.paring_knife, kitchen.bread_knife),
    *(kitchen.whetstone, kitchen.pan, kitchen.spoon, kitchen.rolling_pin, kitchen.tray),
    *(home.clock, home.pot_holder, home.cushion, gifts.charger, gifts.book, gifts.tablet),
    *(gifts.notebook, gifts.card),
)
DRAWINGS: dict[str, Draw] = {draw.__name__: draw for draw in (*_STANDING, *_LYING)}
"""The objects that can be drawn, by kind."""


def picture(kind: str, color: str, tint: str) -> str:
    """Return a whole SVG file: the object of this kind in this color, on its tinted ground."""
    light, dark = GROUNDS[tint]
    draw = DRAWINGS[kind]
    table = _table(dark) if draw in _STANDING else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800"><defs>'
        '<radialGradient id="g" cx=".3" cy=".2" r="1">'
        f'<stop offset="0" stop-color="{light}"/><stop offset="1" stop-color="{dark}"/>'
        f"</radialGradient>{PAINTS}</defs>"
        f'<rect width="800" height="800" fill="url(#g)"/>{table}{draw(color)}</svg>'
    )


def _table(ground: str) -> str:
    edge, front = mixed(ground, "#2b2119", 0.07), mixed(ground, "#ffffff", 0.25)
    return (
        f'<linearGradient id="t" x2="0" y2="1"><stop offset="0" stop-color="{edge}"/>'
        f'<stop offset=".7" stop-color="{front}"/></linearGradient>'
        '<rect y="540" width="800" height="260" fill="url(#t)"/>'
    )
