"""What cooks and guests use, drawn in 800 × 800: each takes its color, returns its drawing."""

from inventory.demo.strokes import (
    CREAM,
    INK,
    STEEL,
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


def mug(color: str) -> str:
    """Draw an enamel mug."""
    body = 'path d="M220 262h290v318c0 46-24 66-66 66H286c-42 0-66-20-66-66z"'
    return (
        standing(160, x=365)
        + tube("M508 342c122-26 136 186 2 196", color, 40)
        + lit(body, color)
        + mouth(145, 36, 262, "#28384a", CREAM, x=365)
    )


def cups(color: str) -> str:
    """Draw a pair of espresso cups without handles."""
    body = 'path d="M280 400h240l-26 204c-4 30-20 44-48 44h-92c-28 0-44-14-48-44z"'
    cup = (
        standing(105)
        + lit(body, color)
        + mouth(120, 32, 400, lighter(color), darker("#8a6f55"))
        + flat('ellipse cx="404" cy="410" rx="96" ry="19"', "#3b2416")
        + line("M330 412c20 12 60 16 92 13", "#a9713f", 5, 0.8)
    )
    return moved(scaled(cup, 0.92), 118, -56) + moved(cup, -104, 0)


def bowl(color: str) -> str:
    """Draw a bowl."""
    body = 'path d="M150 366h500c0 150-96 268-176 280H326c-80-12-176-130-176-280z"'
    return (
        standing(150)
        + lit(body, color)
        + line("M176 446c40 40 410 40 448 0", "#ffffff", 5, 0.28)
        + mouth(250, 66, 366, lighter(color, 0.75), lighter(color, 0.45))
    )


def plate(color: str) -> str:
    """Draw a stack of plates."""
    one = (
        flat('ellipse cx="400" cy="12" rx="292" ry="92"', darker(color))
        + lit('ellipse cx="400" cy="0" rx="292" ry="92"', color)
        + flat('ellipse cx="400" cy="-2" rx="206" ry="58"', darker(color, 0.14))
        + lit('ellipse cx="400" cy="2" rx="196" ry="52"', lighter(color, 0.22), "f")
    )
    return standing(270, 622) + "".join(moved(one, 0, y) for y in (552, 510, 468))


def apron(color: str) -> str:
    """Draw an apron."""
    body = (
        'path d="M306 216q94 26 188 0l22 128c12 48 54 72 96 82l-14 244q-2 26-28 26H230'
        'q-26 0-28-26l-14-244c42-10 84-34 96-82z"'
    )
    return (
        line("M310 218c-40-150 220-150 180 0", "#8a6f55", 15)
        + line("M192 430c-60 40-70 90-54 150M608 430c60 40 70 90 54 150", "#8a6f55", 12)
        + lying(body)
        + lit(body, color, "f")
        + line("M300 216q100 26 200 0", darker(color), 7)
        + lit('path d="M296 470h208v96q0 34-34 34H330q-34 0-34-34z"', darker(color, 0.16), "f")
        + line("M296 486h208", lighter(color), 4, 0.8)
        + line("M400 488v110M350 300v150M452 320v130", "#000000", 3, 0.1)
        + "".join(flat(f'circle cx="{x}" cy="236" r="8"', "#d8b06a") for x in (316, 484))
    )


def board(color: str) -> str:
    """Draw a cutting board."""
    body = (
        'path d="M338 128a62 62 0 0 1 124 0v70q0 22 26 22h54q56 0 56 56v374q0 56-56 56H258'
        "q-56 0-56-56V276q0-56 56-56h54q26 0 26-22zM426 132a26 26 0 1 0-52 0 26 26 0 1 0 52 0z"
        '" fill-rule="evenodd"'
    )
    grain = "".join(
        line(f"M{x} 250c{bend} 130 {-bend} 260 {bend // 2} 420", darker(color), 4, 0.38)
        for x, bend in ((252, 18), (310, -22), (352, 12), (420, 26), (476, -14), (546, 12))
    )
    return (
        lying(body)
        + moved(flat(body, darker(color, 0.4)), 6, 9)
        + lit(body, color, "f")
        + grain
        + line("M386 400c-24 60 20 110 6 160M412 420c18 40-8 80 4 120", darker(color), 4, 0.38)
    )


def _handle(x: int, width: int, color: str) -> str:
    rivets = "".join(
        flat(f'circle cx="{x + width * n // 8}" cy="413" r="9"', "#ead9b4") for n in (2, 4, 6)
    )
    path = f'path d="M{x} 376h{width - 40}q40 0 40 34t-34 46q-30 10-60-2-40-12-80-4H{x}z"'
    return lit(path, color, "f") + rivets


def _knife(blade: str, edge: str, x: int, width: int, color: str) -> str:
    """Return a knife: its blade, the light along its edge, and a handle from `x` on."""
    grip = f'rect x="{x}" y="376" width="{width}" height="76" rx="30"'
    collar = lit(f'rect x="{x - 14}" y="372" width="22" height="84" rx="6"', "#9aa4ad", "f")
    steel = lit(blade, STEEL, "f") + line(edge, "#ffffff", 7, 0.75)
    return turned(lying(blade, grip) + steel + _handle(x, width, color) + collar, -32)


def chef_knife(color: str) -> str:
    """Draw a chef's knife."""
    blade = 'path d="M64 400c120-24 260-26 396-26v98q0 12-12 12H330C210 484 110 450 64 400z"'
    return _knife(blade, "M92 412c70 36 150 58 240 58h116", 470, 270, color)


def paring_knife(color: str) -> str:
    """Draw a paring knife."""
    blade = 'path d="M190 430c90-34 170-48 240-52v68q0 8-8 8H300c-50 0-84-8-110-24z"'
    return scaled(_knife(blade, "M214 434c60 12 120 12 206 12", 438, 220, color), 1.1, 400, 400)


def bread_knife(color: str) -> str:
    """Draw a bread knife."""
    waves = "q-9 16-18 0" * 20
    blade = f'path d="M84 384h386v76{waves}q-28-30-26-76z"'
    return _knife(blade, "M110 394h350", 476, 250, color)


def whetstone(color: str) -> str:
    """Draw a knife on a whetstone."""
    stone = 'rect x="150" y="330" width="500" height="190" rx="18"'
    base = 'rect x="118" y="300" width="564" height="250" rx="24"'
    blade = 'path d="M206 392c110-22 200-24 270-24v82q0 8-8 8H390c-90 0-150-24-184-66z"'
    grip = 'rect x="482" y="368" width="200" height="76" rx="30"'
    knife = lying(blade, grip) + lit(blade, STEEL, "f") + _handle(484, 200, INK)
    drops = "".join(
        flat(f'circle cx="{x}" cy="{y}" r="{r}"', "#ffffff", 0.65)
        for x, y, r in ((214, 470, 9), (262, 486, 6), (196, 430, 5), (590, 360, 7))
    )
    return (
        lying(base)
        + lit(base, "#b68a5c", "f")
        + lit(stone, color, "f")
        + flat('rect x="150" y="486" width="500" height="34" rx="14"', darker(color), 0.5)
        + drops
        + turned(knife, -14)
    )


def kettle(color: str) -> str:
    """Draw a whistling kettle."""
    body = (
        'path d="M260 384c10-76 270-76 280 0 60 60 84 130 84 200q0 62-62 62H238q-62 0-62-62'
        'c0-70 24-140 84-200z"'
    )
    spout = 'path d="M560 452c40-14 64-66 116-104l34 30c-40 40-50 120-120 164z"'
    return (
        standing(220)
        + lit(spout, darker(color, 0.12))
        + flat('ellipse cx="694" cy="362" rx="27" ry="13" transform="rotate(42 694 362)"', INK)
        + tube("M262 372c-40-240 316-240 276 0", "#5b4535", 30)
        + lit(body, color)
        + line("M262 384c30 26 246 26 276 0", "#000000", 6, 0.22)
        + lit('path d="M316 344c20-34 148-34 168 0z"', color)
        + lit('circle cx="400" cy="306" r="22"', "#5b4535", "o")
    )


def teapot(color: str) -> str:
    """Draw a teapot."""
    return (
        standing(150)
        + tube("M246 420c-150-60-160 170 14 154", color, 34)
        + lit('path d="M556 500c70-6 56-130 132-152l34 22c-60 36-40 170-160 206z"', color)
        + flat('ellipse cx="705" cy="360" rx="21" ry="9" transform="rotate(32 705 360)"', INK, 0.7)
        + lit('path d="M306 616h188l14 30H292z"', darker(color))
        + lit('ellipse cx="400" cy="486" rx="196" ry="150"', color)
        + flat('ellipse cx="400" cy="352" rx="104" ry="24"', "#000000", 0.22)
        + lit('path d="M300 350c16-70 184-70 200 0-30 20-170 20-200 0z"', color)
        + lit('circle cx="400" cy="282" r="25"', color, "o")
    )


def pan(color: str) -> str:
    """Draw a cast-iron pan from above."""
    grip = 'path d="M520 340l176-104q34-16 52 10t-6 50L566 410z"'
    rim = 'circle cx="370" cy="420" r="256"'
    hole = 'ellipse cx="706" cy="266" rx="20" ry="12" transform="rotate(-30 706 266)"'
    return (
        lying(rim, grip)
        + lit(grip, color, "f")
        + flat(hole, "#e2eae4")
        + lit(rim, color, "f")
        + flat('circle cx="370" cy="420" r="234"', darker(color, 0.55))
        + lit('circle cx="372" cy="424" r="214"', lighter(color, 0.1), "o")
        + line("M230 350a170 170 0 0 1 90-80", "#ffffff", 12, 0.3)
    )


def spoon(color: str) -> str:
    """Draw a pair of wooden spoons."""
    head, stem = (
        'ellipse cx="400" cy="200" rx="76" ry="104"',
        'path d="M384 290h32l10 390q-26 22-52 0z"',
    )
    one = (
        lying(head, stem)
        + lit(stem, color)
        + lit(head, color)
        + lit('ellipse cx="402" cy="196" rx="54" ry="78"', darker(color, 0.18), "i")
        + line("M400 330v320", darker(color), 3, 0.4)
    )
    return turned(one, 17, 400, 600) + turned(one, -17, 400, 600)


def brush(color: str) -> str:
    """Draw a dish brush."""
    bristles = "".join(
        line(f"M{x} 476L{400 + (x - 400) * 1.34:.0f} 640", shade, 10)
        for row, shade in ((0, "#d9c8a2"), (9, "#efe3c6"))
        for x in range(292 + row, 512, 18)
    )
    return (
        standing(160)
        + bristles
        + lit('path d="M366 400c0-60 10-240 10-268a24 24 0 0 1 48 0c0 28 10 208 10 268z"', color)
        + lit('path d="M272 470c0-66 60-92 128-92s128 26 128 92q-128 40-256 0z"', color)
        + line("M374 160q26-16 52 0", INK, 4, 0.3)
    )


def mills(color: str) -> str:
    """Draw a pair of mills for salt and pepper."""

    def one(wood: str) -> str:
        return (
            standing(74)
            + lit('path d="M338 646c-18-110 26-150 22-250h80c-4 100 40 140 22 250z"', wood)
            + lit('path d="M346 384c-26-76 8-120 54-120s80 44 54 120z"', wood)
            + flat('rect x="352" y="382" width="96" height="16" rx="4"', STEEL)
            + lit('circle cx="400" cy="252" r="20"', STEEL, "o")
        )

    return moved(one(lighter(color, 0.4)), 100, -26) + moved(scaled(one(color), 1.12), -84, 0)


def rolling_pin(color: str) -> str:
    """Draw a rolling pin."""
    roll = 'rect x="190" y="330" width="420" height="140" rx="30"'
    left = 'path d="M190 384h-34q-14 0-30-12-50-14-56 28t56 28q16-12 30-12h34z"'
    right = 'path d="M610 384h34q14 0 30-12 50-14 56 28t-56 28q-16-12-30-12h-34z"'
    grain = line("M230 372c90 14 200-8 340 4M220 412c120-12 220 14 350 2", darker(color), 4, 0.4)
    top = line("M216 352h368", "#ffffff", 10, 0.4)
    low = flat('rect x="190" y="424" width="420" height="46" rx="23"', "#000000", 0.14)
    wood = lit(left, darker(color, 0.2), "f") + lit(right, darker(color, 0.2), "f")
    return turned(lying(roll, left, right) + wood + lit(roll, color, "f") + grain + low + top, -35)


def tray(color: str) -> str:
    """Draw a round serving tray from above, with a cup on it."""
    rim = 'circle cx="400" cy="400" r="280"'
    grain = "".join(
        line(f"M{x} {400 - half}c14 90-14 {half} 0 {2 * half}", darker(color), 4, 0.32)
        for x, half in ((240, 170), (310, 215), (372, 232), (440, 228), (505, 205), (566, 160))
    )
    cup = (
        lying('circle cx="470" cy="350" r="80"')
        + lit('circle cx="470" cy="350" r="80"', CREAM, "f")
        + flat('circle cx="470" cy="350" r="64"', "#5c3a22")
        + line("M430 328a50 50 0 0 1 30-24", "#c99a62", 8, 0.8)
    )
    return (
        lying(rim)
        + lit(rim, darker(color, 0.12), "f")
        + lit('circle cx="404" cy="405" r="250"', lighter(color, 0.12), "f")
        + grain
        + cup
    )


def carafe(color: str) -> str:
    """Draw a glass carafe with water and a stopper."""
    body = (
        'path d="M352 240c0 130-112 150-112 300q0 106 92 106h136q92 0 92-106'
        'c0-150-112-170-112-300z"'
    )
    water = 'path d="M252 478c-8 26-12 40-12 62q0 106 92 106h136q92 0 92-106 0-22-12-62z"'
    return (
        standing(150)
        + flat(body, color, 0.3)
        + flat(water, color, 0.55)
        + f'<{body} fill="url(#s)"/>'
        + flat('ellipse cx="400" cy="478" rx="148" ry="24"', lighter(color), 0.75)
        + line("M290 520c-8 50 4 76 22 92M372 270c-2 60-24 96-50 130", "#ffffff", 12, 0.7)
        + flat('ellipse cx="400" cy="242" rx="48" ry="12"', lighter(color), 0.9)
        + lit('path d="M364 234c0-20-14-40-14-62q0-18 20-18h60q20 0 20 18c0 22-14 42-14 62z"', WOOD)
    )


def scale(color: str) -> str:
    """Draw a kitchen scale with a bowl of lemons."""
    lemons = "".join(
        lit(f'ellipse cx="{x}" cy="{y}" rx="60" ry="50"', "#e9bf3a", "o")
        for x, y in ((330, 322), (460, 318), (396, 280))
    )
    return (
        standing(210)
        + lit('path d="M236 486h328l44 130q8 30-22 30H214q-30 0-22-30z"', color)
        + lit('rect x="300" y="540" width="200" height="66" rx="14"', "#1f2a30", "f")
        + line("M338 556v34M366 556h26v17h-26v17h26M426 556h26v34h-26zM426 573h26", "#9fe0c8", 6)
        + lit('rect x="372" y="450" width="56" height="40"', "#9aa4ad")
        + lemons
        + lit('path d="M196 330h408c-8 84-70 126-140 126H336c-70 0-132-42-140-126z"', STEEL)
        + line("M220 346h360", "#ffffff", 6, 0.7)
    )
