"""Product pictures of the demo shop, drawn by code: one function for each kind of object.

Each returns the inside of an 800 × 800 SVG. Light falls from the upper left; one shadow below.
"""

from collections.abc import Callable

Draw = Callable[[str], str]

BACKGROUNDS = {
    "table": ("#f6efe6", "#eadfce"),
    "kitchen": ("#eef2ee", "#dbe5dd"),
    "home": ("#f3eef4", "#e3dae6"),
    "tech": ("#ebf0f5", "#d6e0ea"),
    "paper": ("#fbf3dc", "#f2e3b8"),
}


def picture(kind: str, color: str, tint: str) -> str:
    """Return a whole SVG file: the object of this kind in this color, on its tinted ground."""
    light, dark = BACKGROUNDS[tint]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" role="img">'
        "<defs>"
        '<linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{light}"/><stop offset="1" stop-color="{dark}"/>'
        "</linearGradient>"
        '<linearGradient id="s" x1="0" y1="0" x2="1" y2="0">'
        '<stop offset="0" stop-color="#fff" stop-opacity=".38"/>'
        '<stop offset=".38" stop-color="#fff" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#000" stop-opacity=".24"/></linearGradient>'
        '<radialGradient id="d"><stop offset="0" stop-color="#2b2119" stop-opacity=".34"/>'
        '<stop offset="1" stop-color="#2b2119" stop-opacity="0"/></radialGradient>'
        "</defs>"
        '<rect width="800" height="800" fill="url(#g)"/>'
        f"{DRAWINGS[kind](color)}</svg>"
    )


def _shadow(y: int = 640, rx: int = 250, x: int = 400) -> str:
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{rx // 6}" fill="url(#d)"/>'


def _solid(shape: str, color: str) -> str:
    """Return a shape in its color, with the light over it."""
    return f'<{shape} fill="{color}"/><{shape} fill="url(#s)"/>'


def _line(path: str, color: str, width: int) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def mug(color: str) -> str:
    """Draw an enamel mug."""
    body = 'path d="M240 250h300v320a60 60 0 0 1-60 60H300a60 60 0 0 1-60-60z"'
    return (
        _shadow(635)
        + _line("M540 320c110-20 130 190 0 190", color, 38)
        + _solid(body, color)
        + '<ellipse cx="390" cy="250" rx="150" ry="34" fill="#fff"/>'
        '<ellipse cx="390" cy="252" rx="136" ry="26" fill="#3b3430" fill-opacity=".82"/>'
        + _line("M240 250a150 34 0 0 0 300 0", "#1f2937", 9)
    )


def bowl(color: str) -> str:
    """Draw a bowl."""
    body = 'path d="M170 350h460c0 150-90 260-160 270H330c-70-10-160-120-160-270z"'
    return (
        _shadow(625, 220)
        + _solid(body, color)
        + '<ellipse cx="400" cy="350" rx="230" ry="58" fill="#fffaf2"/>'
        f'<ellipse cx="400" cy="356" rx="208" ry="46" fill="{color}" fill-opacity=".55"/>'
        '<path d="M200 380a230 58 0 0 0 400 0" fill="none" stroke="#fff" stroke-opacity=".35" '
        'stroke-width="6"/>'
    )


def plate(color: str) -> str:
    """Draw a stack of plates."""
    rims = "".join(
        f'<ellipse cx="400" cy="{y}" rx="270" ry="74" fill="{color}"/>'
        f'<ellipse cx="400" cy="{y}" rx="270" ry="74" fill="url(#s)"/>'
        for y in (560, 528, 496)
    )
    return (
        _shadow(610, 290)
        + rims
        + '<ellipse cx="400" cy="490" rx="246" ry="62" fill="#fff" fill-opacity=".55"/>'
        f'<ellipse cx="400" cy="492" rx="168" ry="40" fill="{color}" fill-opacity=".8"/>'
    )


def apron(color: str) -> str:
    """Draw an apron."""
    body = (
        'path d="M310 210h180l20 130c50 10 90 30 110 60l-20 260a40 40 0 0 1-40 36H240'
        'a40 40 0 0 1-40-36l-20-260c20-30 60-50 110-60z"'
    )
    return (
        _shadow(705, 240)
        + _line("M310 214c-10-110 190-110 180 0", "#8a6f55", 14)
        + _line("M190 405l-70 80M610 405l70 80", "#8a6f55", 12)
        + _solid(body, color)
        + '<path d="M300 470h200v90a40 40 0 0 1-40 40H340a40 40 0 0 1-40-40z" fill="#000" '
        'fill-opacity=".12"/>' + _line("M300 470h200", "#fff", 5)
    )


def board(color: str) -> str:
    """Draw a cutting board."""
    body = (
        'path d="M330 120a70 70 0 0 1 140 0v90h50a60 60 0 0 1 60 60v330a60 60 0 0 1-60 60H280'
        'a60 60 0 0 1-60-60V270a60 60 0 0 1 60-60h50z"'
    )
    grain = "".join(
        _line(f"M{x} 250c{bend} 120 {-bend} 240 0 370", "#5b3d1f33", 5)
        for x, bend in ((285, 16), (345, -12), (405, 14), (465, -16), (525, 10))
    )
    return (
        _shadow(675, 230)
        + _solid(body, color)
        + grain
        + '<circle cx="400" cy="130" r="26" fill="#eef2ee"/>'
    )


def knife(color: str) -> str:
    """Draw a kitchen knife."""
    return (
        _shadow(600, 280)
        + '<g transform="rotate(-28 400 420)">'
        + _solid('path d="M120 380h350v90H250c-70 0-115-30-130-90z"', "#cfd6dc")
        + '<path d="M120 380h350v22H128z" fill="#fff" fill-opacity=".5"/>'
        + _solid('rect x="470" y="372" width="230" height="82" rx="30"', color)
        + '<circle cx="520" cy="413" r="10" fill="#f5e6c8"/>'
        '<circle cx="590" cy="413" r="10" fill="#f5e6c8"/>'
        '<circle cx="660" cy="413" r="10" fill="#f5e6c8"/></g>'
    )


def kettle(color: str) -> str:
    """Draw a kettle."""
    body = 'path d="M240 380c0-90 320-90 320 0l40 220a50 50 0 0 1-50 50H250a50 50 0 0 1-50-50z"'
    return (
        _shadow(650, 240)
        + _line("M270 330c0-190 260-190 260 0", "#3b3430", 30)
        + '<path d="M540 470l150-100 26 24-130 170z" fill="'
        + color
        + '"/>'
        + _solid(body, color)
        + '<rect x="330" y="296" width="140" height="26" rx="13" fill="#3b3430"/>'
        '<circle cx="400" cy="288" r="20" fill="#3b3430"/>'
    )


def teapot(color: str) -> str:
    """Draw a teapot."""
    return (
        _shadow(630, 250)
        + _line("M235 420c-130-50-130 170 20 150", color, 34)
        + '<path d="M560 470c70 10 70-110 130-130l22 24c-50 40-30 170-150 190z" fill="'
        + color
        + '"/>'
        + _solid('ellipse cx="400" cy="490" rx="190" ry="150"', color)
        + '<ellipse cx="400" cy="352" rx="92" ry="24" fill="#000" fill-opacity=".16"/>'
        + _solid('path d="M310 350c10-56 170-56 180 0z"', color)
        + f'<circle cx="400" cy="296" r="22" fill="{color}"/>'
    )


def lamp(color: str) -> str:
    """Draw a table lamp."""
    return (
        _shadow(680, 190)
        + '<ellipse cx="400" cy="470" rx="260" ry="70" fill="#ffd98a" fill-opacity=".35"/>'
        + _line("M400 420v220", "#6b5646", 22)
        + _solid('path d="M290 640a110 30 0 0 1 220 0v28H290z"', "#6b5646")
        + _solid('path d="M300 170h200l90 260H210z"', color)
        + '<ellipse cx="400" cy="430" rx="190" ry="30" fill="#fff3cf"/>'
    )


def chair(color: str) -> str:
    """Draw a chair."""
    return (
        _shadow(700, 240)
        + _line("M270 480l-40 210M530 480l40 210M300 480l-10 180M500 480l10 180", "#7a5634", 24)
        + _line("M262 470l-20-310M538 470l20-310", "#7a5634", 24)
        + _solid('rect x="238" y="150" width="324" height="150" rx="46"', color)
        + _solid(
            'path d="M230 430h340a34 34 0 0 1 34 34v20a26 26 0 0 1-26 26H222a26 26 0 0 1-26-26'
            'v-20a34 34 0 0 1 34-34z"',
            color,
        )
    )


def candle(color: str) -> str:
    """Draw a candle in a glass."""
    return (
        _shadow(655, 180)
        + '<ellipse cx="400" cy="230" rx="120" ry="130" fill="#ffd98a" fill-opacity=".35"/>'
        '<path d="M400 150c50 60 46 110 0 120-46-10-50-60 0-120z" fill="#f6a623"/>'
        '<path d="M400 200c22 30 20 58 0 66-20-8-22-36 0-66z" fill="#fff3cf"/>'
        + _line("M400 268v50", "#3b3430", 8)
        + _solid('path d="M270 330h260v270a50 50 0 0 1-50 50H320a50 50 0 0 1-50-50z"', color)
        + '<ellipse cx="400" cy="330" rx="130" ry="30" fill="#fff8ea"/>'
        '<rect x="315" y="430" width="170" height="110" rx="10" fill="#fff" fill-opacity=".78"/>'
        + _line("M345 470h110M345 500h70", "#8a6f55", 8)
    )


def towel(color: str) -> str:
    """Draw folded towels."""
    folds = "".join(
        _solid(f'rect x="190" y="{y}" width="420" height="86" rx="40"', color)
        + f'<path d="M560 {y + 12}c34 14 34 48 0 62" fill="none" stroke="#fff" '
        'stroke-opacity=".5" stroke-width="7"/>'
        for y in (520, 428, 336)
    )
    return _shadow(615, 260) + folds + _line("M210 470h330M210 562h330", "#ffffff88", 6)


def speaker(color: str) -> str:
    """Draw a loudspeaker."""
    return (
        _shadow(675, 190)
        + _solid('rect x="250" y="150" width="300" height="520" rx="54"', color)
        + '<circle cx="400" cy="480" r="112" fill="#16191d"/>'
        '<circle cx="400" cy="480" r="82" fill="#2b3138"/><circle cx="400" cy="480" r="30" '
        'fill="#596472"/><circle cx="400" cy="270" r="54" fill="#16191d"/>'
        '<circle cx="400" cy="270" r="22" fill="#596472"/>'
    )


def headphones(color: str) -> str:
    """Draw headphones."""
    return (
        _shadow(670, 230)
        + _line("M210 480c-30-370 410-370 380 0", "#23282e", 34)
        + _line("M214 440c-16-310 388-310 372 0", color, 14)
        + _solid('rect x="160" y="430" width="116" height="210" rx="54"', color)
        + _solid('rect x="524" y="430" width="116" height="210" rx="54"', color)
        + '<rect x="254" y="456" width="34" height="160" rx="17" fill="#23282e"/>'
        '<rect x="512" y="456" width="34" height="160" rx="17" fill="#23282e"/>'
    )


def book(color: str) -> str:
    """Draw a book."""
    return (
        _shadow(680, 210)
        + '<path d="M270 170h290v490H270z" fill="#fffaf0"/>'
        + _solid('path d="M240 150h300a20 20 0 0 1 20 20v470H270a30 30 0 0 0-30 30z"', color)
        + '<path d="M240 670a30 30 0 0 1 30-30h290v40H270a30 30 0 0 1-30-10z" fill="#f0e5cf"/>'
        '<rect x="310" y="240" width="190" height="14" rx="7" fill="#fff" fill-opacity=".9"/>'
        '<rect x="340" y="276" width="130" height="10" rx="5" fill="#fff" fill-opacity=".6"/>'
        '<circle cx="405" cy="450" r="72" fill="none" stroke="#fff" stroke-opacity=".8" '
        'stroke-width="8"/>' + _line("M372 470c20-70 46-70 66 0", "#ffffffcc", 8)
    )


def card(color: str) -> str:
    """Draw a gift card."""
    return (
        _shadow(600, 270)
        + '<g transform="rotate(-8 400 420)">'
        + _solid('rect x="150" y="260" width="500" height="310" rx="34"', color)
        + '<rect x="150" y="380" width="500" height="44" fill="#fff" fill-opacity=".75"/>'
        '<rect x="300" y="260" width="44" height="310" fill="#fff" fill-opacity=".75"/>'
        '<path d="M322 402c-90-100-130-20 0 0 130-20 90-100 0 0zM322 402c-50 60-80 80-60 90'
        'M322 402c50 60 80 80 60 90" fill="none" stroke="#fff" stroke-width="20" '
        'stroke-linecap="round"/></g>'
    )


def vase(color: str) -> str:
    """Draw a vase with a branch."""
    leaves = "".join(
        f'<ellipse cx="{x}" cy="{y}" rx="44" ry="19" transform="rotate({turn} {x} {y})" '
        'fill="#7d9a75"/>'
        for x, y, turn in ((330, 200, 40), (470, 160, -40), (350, 120, 60), (460, 250, -25))
    )
    body = (
        'path d="M350 310h100c0 70 100 110 100 220 0 80-60 130-150 130s-150-50-150-130'
        'c0-110 100-150 100-220z"'
    )
    return (
        _shadow(660, 180)
        + _line("M400 320c10-90-20-160 0-240", "#5f7a57", 9)
        + leaves
        + _solid(body, color)
        + '<ellipse cx="400" cy="310" rx="50" ry="12" fill="#000" fill-opacity=".4"/>'
    )


def spoon(color: str) -> str:
    """Draw wooden spoons."""
    one = _solid('ellipse cx="400" cy="210" rx="66" ry="92"', color) + _solid(
        'rect x="382" y="290" width="36" height="390" rx="18"', color
    )
    return (
        _shadow(690, 220)
        + f'<g transform="rotate(-20 400 640)">{one}</g><g transform="rotate(14 400 640)">{one}</g>'
    )


def brush(color: str) -> str:
    """Draw a dish brush."""
    bristles = "".join(
        _line(f"M{x} 470l{(x - 400) // 5} 130", "#e9dcc0", 12) for x in range(300, 501, 20)
    )
    return (
        _shadow(650, 190)
        + bristles
        + _solid('ellipse cx="400" cy="450" rx="130" ry="48"', color)
        + _solid('rect x="378" y="130" width="44" height="300" rx="22"', color)
        + '<circle cx="400" cy="165" r="9" fill="#fff" fill-opacity=".7"/>'
    )


def pan(color: str) -> str:
    """Draw a cast-iron pan."""
    return (
        _shadow(640, 270)
        + _solid('rect x="560" y="396" width="210" height="50" rx="25"', "#3a3a3c")
        + _solid('path d="M120 400h480c0 130-60 210-120 210H240c-60 0-120-80-120-210z"', color)
        + '<ellipse cx="360" cy="400" rx="240" ry="60" fill="#2a2a2c"/>'
        '<ellipse cx="360" cy="404" rx="214" ry="46" fill="#47474a"/>'
    )


def box(color: str) -> str:
    """Draw a gift box."""
    return (
        _shadow(660, 250)
        + _solid('rect x="210" y="350" width="380" height="300" rx="14"', color)
        + _solid('rect x="186" y="290" width="428" height="90" rx="16"', color)
        + '<rect x="372" y="290" width="56" height="360" fill="#fffaf0"/>'
        '<path d="M400 290c-120-150-190-40 0 0 190-40 120-150 0 0z" fill="none" '
        'stroke="#fffaf0" stroke-width="26"/>'
    )


def clock(color: str) -> str:
    """Draw a wall clock."""
    ticks = "".join(
        f'<rect x="395" y="206" width="10" height="34" rx="5" fill="#3b3430" '
        f'transform="rotate({turn} 400 400)"/>'
        for turn in range(0, 360, 30)
    )
    return (
        _shadow(690, 190)
        + _solid('circle cx="400" cy="400" r="250"', color)
        + '<circle cx="400" cy="400" r="212" fill="#fffaf2"/>'
        + ticks
        + _line("M400 400V270M400 400l86 50", "#3b3430", 14)
        + '<circle cx="400" cy="400" r="15" fill="#d9622b"/>'
    )


DRAWINGS: dict[str, Draw] = {
    draw.__name__: draw
    for draw in (
        *(mug, bowl, plate, apron, board, knife, kettle, teapot, lamp, chair, candle, towel),
        *(speaker, headphones, book, card, vase, spoon, brush, pan, box, clock),
    )
}
