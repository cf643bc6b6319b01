"""What makes a home, drawn in 800 × 800: each takes its color, returns its drawing."""

from inventory.demo.strokes import (
    CREAM,
    INK,
    WOOD,
    darker,
    flat,
    lighter,
    line,
    lit,
    lying,
    mouth,
    moved,
    scaled,
    standing,
    tube,
    turned,
)


def lamp(color: str) -> str:
    """Draw a table lamp that is on."""
    return (
        standing(130, 664)
        + '<circle cx="400" cy="400" r="330" fill="url(#w)" opacity=".55"/>'
        + lit('path d="M384 420h32l6 150q50 8 64 60l6 34H308l6-34q14-52 64-60z"', "#a9784c")
        + flat('ellipse cx="400" cy="436" rx="206" ry="34"', "#fff1c4")
        + lit('path d="M302 160h196l108 272q-206 56-412 0z"', color)
        + flat('path d="M302 160h196l108 272q-206 56-412 0z"', "#ffd27a", 0.2)
        + flat('ellipse cx="400" cy="160" rx="98" ry="16"', lighter(color, 0.5))
        + line("M206 416q194 46 388 0", darker(color), 5, 0.4)
        + line("M452 470v62", "#5b4535", 4)
        + flat('circle cx="452" cy="538" r="8"', "#d8b06a")
    )


def chair(color: str) -> str:
    """Draw a chair."""
    seat = 'path d="M222 438h356q34 0 40 34t-34 36H216q-40-2-34-36t40-34z"'
    return (
        standing(220, 690)
        + tube("M290 500l-8 156M510 500l8 156", darker(WOOD, 0.25), 22)
        + tube("M262 450l-22-300M538 450l22-300", WOOD, 26)
        + tube("M238 500l-34 190M562 500l34 190", WOOD, 26)
        + tube("M224 596h352", darker(WOOD, 0.15), 15)
        + lit('path d="M232 148q168-44 336 0l-14 132q-154-34-308 0z"', color, "f")
        + line("M244 270q156-36 312 0", darker(color), 5, 0.45)
        + lit(seat, color, "f")
        + line("M198 502h404", darker(color), 8, 0.5)
    )


def clock(color: str) -> str:
    """Draw a wall clock."""
    rim = 'circle cx="400" cy="400" r="270"'
    ticks = "".join(
        turned(flat(f'rect x="{400 - w / 2}" y="196" width="{w}" height="{h}" rx="4"', INK), turn)
        for turn in range(0, 360, 30)
        for w, h in (((12, 44) if turn % 90 == 0 else (7, 28)),)
    )
    hands = line("M400 400L322 330", INK, 17) + line("M400 400L520 296", INK, 11)
    return (
        lying(rim)
        + lit(rim, color, "f")
        + flat('circle cx="400" cy="400" r="232"', "#000000", 0.18)
        + lit('circle cx="403" cy="404" r="228"', CREAM, "f")
        + ticks
        + moved(f'<g opacity=".16">{hands}</g>', 8, 12)
        + hands
        + line("M400 400L386 540", "#d9622b", 5)
        + lit('circle cx="400" cy="400" r="17"', "#d9622b", "o")
    )


def candle(color: str) -> str:
    """Draw a candle in a glass."""
    return (
        standing(146)
        + '<circle cx="400" cy="268" r="220" fill="url(#w)"/>'
        + flat('path d="M400 166c58 70 46 128 0 134-46-6-58-64 0-134z"', "#f19a2a")
        + flat('path d="M400 214c28 40 22 78 0 82-22-4-28-42 0-82z"', "#fff1c0")
        + lit('path d="M258 352h284v246q0 48-48 48H306q-48 0-48-48z"', color)
        + mouth(142, 34, 352, lighter(color), "#fff1d6")
        + flat('ellipse cx="404" cy="358" rx="70" ry="13"', "#ffe2a0")
        + line("M400 292v64", INK, 6)
        + lit('rect x="306" y="446" width="188" height="126" rx="8"', CREAM, "f")
        + line("M340 484h120M364 508h72", INK, 6, 0.6)
        + flat('circle cx="400" cy="542" r="11"', color)
    )


def _fold(color: str, y: int, height: int) -> str:
    """Return one folded cloth, its rounded fold on the left, its edges on the right."""
    half = height // 2
    left, middle = 170 + half, y + half
    edge = f"M{left} {y}h410q24 0 24 {half}t-24 {half}H{left}"
    body = f'path d="{edge}a{half} {half} 0 0 1 0-{height}z"'
    return (
        lit(body, color, "f")
        + line(f"M{left + 20} {middle}h396", darker(color), 5, 0.55)
        + line(f"M{left + 20} {middle - 5}h396", "#ffffff", 3, 0.35)
        + line(f"M{left + 30} {y + height - 6}h390", "#000000", 7, 0.14)
    )


def towel(color: str) -> str:
    """Draw three folded towels with stripes and fringe."""

    def one(y: int, tone: str) -> str:
        fringe = "".join(line(f"M{x} {y + 84}v22", lighter(tone), 4) for x in range(520, 600, 11))
        stripes = line(f"M524 {y + 10}v68M548 {y + 10}v68M572 {y + 10}v68", CREAM, 8, 0.75)
        return _fold(tone, y, 88) + stripes + fringe

    tones = (darker(color, 0.22), color, lighter(color, 0.4))
    return standing(250, 648) + "".join(
        one(y, tone) for y, tone in zip((552, 458, 364), tones, strict=True)
    )


def blanket(color: str) -> str:
    """Draw a folded wool blanket."""
    checks = "".join(line(f"M{x} 396v120", lighter(color), 9, 0.5) for x in (330, 420, 510))
    stitches = "".join(line(f"M{x} 640v20", CREAM, 5, 0.9) for x in range(262, 610, 24))
    return (
        standing(260, 656)
        + _fold(color, 520, 130)
        + _fold(color, 386, 130)
        + checks
        + line("M250 430h340M250 490h340", lighter(color), 9, 0.45)
        + stitches
    )


def pot_holder(color: str) -> str:
    """Draw a pair of quilted pot holders."""
    body = 'rect x="220" y="230" width="350" height="350" rx="44"'
    quilt = "".join(
        line(f"M{250 + n} 250L550 {550 - n}M250 {250 + n}L{550 - n} 550", CREAM, 4, 0.55)
        + line(f"M{550 - n} 250L250 {550 - n}M550 {250 + n}L{250 + n} 550", CREAM, 4, 0.55)
        for n in range(0, 300, 75)
    )
    one = (
        lying(body)
        + line("M530 250c70-90 110 10 30 30", darker(color), 14)
        + lit(body, color, "f")
        + f'<{body} fill="none" stroke="{darker(color)}" stroke-width="14"/>'
        + quilt
    )
    return moved(turned(one, 14), 60, 60) + moved(turned(one, -12), -30, -10)


def cushion(color: str) -> str:
    """Draw a cushion."""
    body = (
        'path d="M180 200q220 44 440 0 30-4 26 26-40 174 0 348 4 30-26 26-220-44-440 0-30 4-26-26'
        ' 40-174 0-348-4-30 26-26z"'
    )
    return (
        lying(body)
        + lit(body, color, "f")
        + f'<{body} fill="none" stroke="{lighter(color)}" stroke-width="7" stroke-opacity=".8"/>'
        + line("M206 230q50 60 70 130M594 230q-50 60-70 130", "#ffffff", 8, 0.22)
        + line("M210 574q60-50 80-110M590 574q-60-50-80-110", "#000000", 10, 0.12)
        + line("M250 400h300M300 350h200M300 450h200", lighter(color, 0.6), 7, 0.65)
    )


def _leaf(x: int, y: int, turn: int, color: str = "#6f8f66") -> str:
    shape = f'path d="M{x} {y}q34-62 0-124q-34 62 0 124z"'
    vein = line(f"M{x} {y - 8}v-92", "#ffffff", 3, 0.3)
    return turned(lit(shape, color, "f") + vein, turn, x, y)


def vase(color: str) -> str:
    """Draw a bud vase with a branch."""
    body = (
        'path d="M358 330h84c4 70 106 92 106 196 0 78-58 120-148 120s-148-42-148-120'
        'c0-104 102-126 106-196z"'
    )
    leaves = "".join(
        _leaf(x, y, turn)
        for x, y, turn in ((400, 250, 52), (402, 236, -50), (396, 172, 42), (394, 190, -46))
    )
    return (
        standing(120)
        + line("M402 340c8-80-14-130-6-220", "#5f7a57", 8)
        + leaves
        + _leaf(396, 160, -4)
        + lit(body, color)
        + mouth(44, 12, 330, lighter(color), darker(color, 0.5))
    )


def floor_vase(color: str) -> str:
    """Draw a tall vase with pampas grass."""
    plumes = "".join(
        turned(
            line("M400 330V150", "#a58d63", 6)
            + lit('path d="M400 250c-44-60-26-150 0-190 26 40 44 130 0 190z"', "#dcc9a0", "f"),
            turn,
            400,
            330,
        )
        for turn in (-24, 22, -2)
    )
    body = (
        'path d="M352 312h96c0 50 78 90 74 190-2 60-34 110-44 162H322c-10-52-42-102-44-162'
        '-4-100 74-140 74-190z"'
    )
    return (
        standing(96, 662)
        + plumes
        + lit(body, color)
        + line("M290 470q110 30 220 0M284 500q116 32 232 0", lighter(color), 5, 0.5)
        + mouth(50, 12, 312, lighter(color), darker(color, 0.5))
    )


def plant_pot(color: str) -> str:
    """Draw a plant in a pot."""
    leaves = "".join(
        scaled(_leaf(400, 420, turn, tone), size, 400, 420)
        for turn, size, tone in (
            *((-64, 1.9, "#4f7350"), (62, 1.9, "#4f7350"), (-38, 2.2, "#5f8560")),
            *((40, 2.2, "#5f8560"), (-14, 2.5, "#6f9a6c"), (16, 2.3, "#6f9a6c")),
        )
    )
    return (
        standing(136)
        + leaves
        + lit('path d="M262 440h276l-28 176q-4 30-34 30H324q-30 0-34-30z"', color)
        + lit('rect x="244" y="400" width="312" height="62" rx="16"', color)
        + line("M266 466h268", "#000000", 8, 0.18)
    )
