"""What plays, what one reads and what one gives, drawn in 800 × 800."""

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
    moved,
    standing,
    tube,
    turned,
)

DARK = "#23282e"


def speaker(color: str) -> str:
    """Draw a loudspeaker."""

    def cone(y: int, r: int) -> str:
        return (
            flat(f'circle cx="400" cy="{y}" r="{r + 12}"', darker(color, 0.45))
            + flat(f'circle cx="400" cy="{y}" r="{r}"', "#15181c")
            + lit(f'circle cx="400" cy="{y}" r="{r - 14}"', "#343b43", "i")
            + lit(f'circle cx="400" cy="{y}" r="{r // 3}"', "#59636e", "o")
        )

    return (
        standing(160, 670)
        + flat('path d="M538 140l50 26v480l-50 24z"', darker(color, 0.5))
        + lit('rect x="240" y="132" width="310" height="538" rx="24"', color, "f")
        + cone(274, 62)
        + cone(488, 122)
        + flat('circle cx="286" cy="634" r="6"', "#f2c46a")
    )


def tower(color: str) -> str:
    """Draw a tall loudspeaker with three ways."""
    return (
        standing(120, 708)
        + flat('path d="M478 92l40 22v560l-40 26z"', darker(color, 0.5))
        + lit('rect x="290" y="84" width="200" height="616" rx="20"', color, "f")
        + "".join(
            flat(f'circle cx="390" cy="{y}" r="{r + 8}"', darker(color, 0.5))
            + lit(f'circle cx="390" cy="{y}" r="{r}"', "#343b43", "i")
            + lit(f'circle cx="390" cy="{y}" r="{r // 3}"', "#c08a5a", "o")
            for y, r in ((170, 34), (288, 52), (444, 76), (606, 76))
        )
        + lit('rect x="270" y="694" width="250" height="18" rx="6"', DARK, "f")
    )


def headphones(color: str) -> str:
    """Draw headphones."""
    ear = (
        lit('rect x="232" y="430" width="52" height="206" rx="26"', DARK, "f")
        + lit('path d="M244 420q-106 6-106 113t106 113q20 0 20-20V440q0-20-20-20z"', color, "f")
        + line("M172 480q-22 52 0 106", "#ffffff", 8, 0.4)
    )
    return (
        standing(240, 654)
        + tube("M198 470c-30-420 434-420 404 0", DARK, 34)
        + line("M262 232c70-74 206-74 276 0", color, 40)
        + line("M262 224c70-74 206-74 276 0", lighter(color), 8, 0.6)
        + ear
        + f'<g transform="translate(800 0) scale(-1 1)">{ear}</g>'
    )


def charger(color: str) -> str:
    """Draw a wireless charger with a telephone on it."""
    phone = 'rect x="290" y="130" width="220" height="440" rx="38"'
    pad = 'circle cx="400" cy="440" r="210"'
    return (
        line("M400 640c0 60 90 40 150 100", DARK, 14)
        + lying(pad)
        + lit(pad, color, "f")
        + turned(
            lying(phone)
            + lit(phone, "#1b2026", "f")
            + lit('rect x="304" y="146" width="192" height="408" rx="26"', "#33455c", "f")
            + flat('path d="M410 270l-54 92h38l-10 76 60-100h-40z"', "#ffd98a"),
            12,
        )
    )


def book(color: str) -> str:
    """Draw a bound book."""
    cover = 'path d="M246 118h308q14 0 14 14v520q0 14-14 14H246q-22 0-22-22V140q0-22 22-22z"'
    return turned(
        lying(cover)
        + moved(flat(cover, darker(color, 0.4)), 16, 18)
        + flat('path d="M240 640h340v34H250z"', "#efe4cc")
        + flat('path d="M560 140h20v520h-20z"', "#efe4cc")
        + lit(cover, color, "f")
        + flat('path d="M224 140q0-22 22-22h22v548h-22q-22 0-22-22z"', "#000000", 0.16)
        + line("M330 206h176M352 238h132", CREAM, 13, 0.95)
        + '<circle cx="418" cy="436" r="104" fill="none" stroke="#fffaf2" stroke-width="7"/>'
        + line("M360 452c0 66 116 66 116 0zM352 452h132M392 420c-10-22 10-26 0-48M420 420"
               "c-10-22 10-26 0-48M448 420c-10-22 10-26 0-48", CREAM, 8)
        + line("M378 600h80", CREAM, 8, 0.8),
        -6,
    )  # fmt: skip


def tablet(color: str) -> str:
    """Draw an e-book on a reader."""
    body = 'rect x="210" y="110" width="380" height="560" rx="36"'
    text = "".join(
        line(f"M280 {y}h{240 if n % 4 != 3 else 150}", "#7d7568", 7, 0.75)
        for n, y in enumerate(range(412, 590, 24))
    )
    return turned(
        lying(body)
        + lit(body, "#2b3036", "f")
        + lit('rect x="240" y="144" width="320" height="474" rx="8"', "#f6efdf", "f")
        + flat('rect x="280" y="184" width="240" height="180" rx="8"', color)
        + line("M340 268c0 60 120 60 120 0zM330 268h140M382 240c-8-18 8-20 0-36M418 240"
               "c-8-18 8-20 0-36", CREAM, 8)
        + text
        + flat('circle cx="400" cy="644" r="10"', "#59636e"),
        5,
    )  # fmt: skip


def notebook(color: str) -> str:
    """Draw a notebook with an elastic band and a pencil."""
    cover = 'rect x="210" y="130" width="350" height="520" rx="22"'
    pencil = (
        lit('rect x="604" y="190" width="30" height="330"', "#e0a53a", "s")
        + flat('path d="M604 520h30l-15 56z"', "#ecd6ae")
        + flat('path d="M613 552h12l-6 24z"', INK)
        + flat('rect x="604" y="166" width="30" height="28" rx="6"', "#c58b8b")
    )
    return (
        turned(lying('rect x="604" y="166" width="30" height="400"') + pencil, 16, 619, 370)
        + lying(cover)
        + moved(flat(cover, "#efe4cc"), 10, 11)
        + lit(cover, color, "f")
        + flat('path d="M232 130h20v520h-20q-22 0-22-22V152q0-22 22-22z"', "#000000", 0.16)
        + line("M506 132v516", darker(color, 0.5), 13)
        + lit('rect x="300" y="226" width="150" height="86" rx="6"', CREAM, "f")
        + line("M324 258h102M324 284h66", INK, 5, 0.4)
    )


def card(color: str) -> str:
    """Draw a gift card in its envelope."""
    envelope = 'rect x="140" y="330" width="520" height="320" rx="16"'
    gift = 'rect x="180" y="170" width="440" height="280" rx="26"'
    bow = line("M400 300c-96-104-150 6 0 0 150 6 96-104 0 0z", CREAM, 17) + line(
        "M400 300l-44 76M400 300l44 76", CREAM, 17
    )
    return turned(
        lying(envelope)
        + flat(envelope, "#d9c39a")
        + turned(lying(gift) + lit(gift, color, "f") + line("M180 300h440", CREAM, 17) + bow, -3)
        + lit('path d="M140 390l260 130 260-130v244q0 16-16 16H156q-16 0-16-16z"', "#f0e2c4", "f")
        + line("M148 644l190-150M652 644L462 494", "#b99f6e", 5, 0.5),
        -5,
    )


def box(color: str) -> str:
    """Draw a gift box."""
    ribbon = darker("#fffaf2", 0.06)
    bow = "M400 284c-60-120-210-110-150-30 26 30 90 34 150 30 60 4 124 0 150-30 60-80-90-90-150 30z"
    return (
        standing(200)
        + lit('rect x="208" y="366" width="384" height="280" rx="8"', color, "f")
        + flat('rect x="208" y="366" width="384" height="26"', "#000000", 0.18)
        + lit('rect x="366" y="366" width="68" height="280"', ribbon, "f")
        + lit('rect x="184" y="288" width="432" height="92" rx="10"', lighter(color, 0.1), "f")
        + lit('rect x="366" y="288" width="68" height="92"', CREAM, "f")
        + lit(f'path d="{bow}"', CREAM, "f")
        + flat('path d="M384 274c-50-64-120-60-100-24 16 20 60 24 100 24z"', darker(ribbon, 0.2))
        + flat('path d="M416 274c50-64 120-60 100-24-16 20-60 24-100 24z"', darker(ribbon, 0.2))
        + lit('rect x="370" y="254" width="60" height="46" rx="16"', CREAM, "f")
    )


def hamper(color: str) -> str:
    """Draw a gift set: a lined basket with a bow, filled to the brim."""
    weave = "".join(
        line(f"M{214 + n} {y}h44", darker("#b98a56"), 8, 0.45)
        for row, y in enumerate(range(478, 630, 30))
        for n in range(30 * (row % 2), 340, 62)
    )
    return (
        standing(210)
        + tube("M232 430c-40-330 376-330 336 0", "#b98a56", 24)
        + lit('ellipse cx="318" cy="372" rx="74" ry="84"', lighter(color), "o")
        + lit('rect x="392" y="250" width="64" height="190" rx="18"', color)
        + lit('rect x="408" y="214" width="32" height="50" rx="8"', WOOD)
        + lit('ellipse cx="508" cy="384" rx="68" ry="72"', darker(color, 0.1), "o")
        + lit('path d="M186 430h428l-40 188q-6 28-34 28H260q-28 0-34-28z"', "#c99a62")
        + weave
        + lit('path d="M180 404q220 44 440 0l6 58q-30 36-74 0-38 38-76 4-38 36-76 2-40 34-78-2-38 '
              '34-76-4-44 34-72-4z"', CREAM, "f")
    )  # fmt: skip
