"""What the demo shop sells: tables that people can read and edit. Quantities are units.

Days are counted from the day on which the shop is made, so that the demo never grows old.
"""

from dataclasses import dataclass, field

STORE_NAME = "Oranje & Co"
LOW_STOCK_EMAIL = "stock@oranje.example"

WAREHOUSES = (("main", "Rotterdam", 1), ("antwerp", "Antwerp", 2), ("eindhoven", "Eindhoven", 3))
"""Code, name and priority."""

SELLERS = (("sofie", "Studio Sofie", "sofie"), ("bram", "Houtwerk Bram", "bram"))
"""Code, name and login."""

TIMEFRAMES = (
    ("Standard", "1–2 days", "2–3 weeks"),
    ("Made to order", "3–5 days", "4–6 weeks"),
    ("By e-mail", "at once", "at once"),
)
"""Name, text when in stock, text when out of stock; the first is the store's."""


@dataclass(frozen=True, slots=True)
class DemoVariant:
    """One SKU: its option, color, price in euro, and units in Rotterdam, Antwerp and Eindhoven.

    `kind` and `timeframe` are the product's unless given; `release_days` among the settings counts
    from today.
    """

    sku: str
    option: str
    color: str
    price: str
    stock: tuple[int, int, int] = (0, 0, 0)
    settings: dict[str, object] = field(default_factory=dict)
    kind: str = ""
    timeframe: str = ""


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product, its words, its picture, and its variants."""

    title: str
    brand: str
    kind: str
    tint: str
    description: str
    variants: tuple[DemoVariant, ...]
    seller: str = ""
    timeframe: str = ""
    settings: dict[str, object] = field(default_factory=dict)


V, P = DemoVariant, DemoProduct
ALLOW: dict[str, object] = {"backorders": "allow"}
NOTIFY: dict[str, object] = {"backorders": "notify"}
UNTRACKED: dict[str, object] = {"track_inventory": False}

PRODUCTS = (
    P("Enamel Mug", "Emaille Zaandam", "mug", "table",
      "Two layers of enamel on steel: light, tough, and happy on a camp fire.",
      (V("MUG-WHT", "Colour: White", "#e9e4da", "12.95", (14, 6, 0)),
       V("MUG-BLU", "Colour: Blue", "#34617f", "12.95", (0, 0, 0), ALLOW),
       V("MUG-RED", "Colour: Red", "#b8472e", "12.95", (3, 0, 0), {"only_x_left_threshold": 5}),
       V("MUG-GRN", "Colour: Green", "#5f7a57", "12.95", (0, 0, 9)))),
    P("Stoneware Bowl", "Kleiwerk", "bowl", "kitchen",
      "Thrown by hand in Delft and glazed inside only, so that every bowl is a little different.",
      (V("BOWL-S", "Size: S", "#7f9a8f", "14.50", (25, 0, 0)),
       V("BOWL-M", "Size: M", "#2f6f73", "18.50", (7, 4, 0)),
       V("BOWL-L", "Size: L", "#3f5568", "24.00", (0, 0, 0))), settings=ALLOW),
    P("Dinner Plates, set of 3", "Kleiwerk", "plate", "table",
      "Wide rims and a soft matt glaze. They stack, and they may go into the dishwasher.",
      (V("PLATE-SAND", "Colour: Sand", "#d9c3a0", "39.00", (12, 3, 0)),
       V("PLATE-OCEAN", "Colour: Ocean", "#4a6a8a", "39.00", (2, 0, 0), {"notify_below": 4}))),
    P("Linen Apron", "Spinnerij Leiden", "apron", "kitchen",
      "Washed linen with two deep pockets and straps that cross at the back.",
      (V("APRON-SLATE", "Colour: Slate", "#4a5a6a", "49.00", (9, 2, 0)),
       V("APRON-RUST", "Colour: Rust", "#a5522f", "49.00"),
       V("APRON-OLIVE", "Colour: Olive", "#6b7d4f", "49.00", (4, 0, 0), {"backorders": "no"})),
      settings=NOTIFY),
    P("Oak Board", "Houtwerk Bram", "board", "kitchen",
      "One piece of oak, oiled three times. It grows more beautiful with every loaf of bread.",
      (V("BOARD-OAK-S", "Size: 35 cm", "#c98f5a", "32.00", (5, 0, 0)),
       V("BOARD-OAK-L", "Size: 50 cm", "#b67d48", "45.00", (0, 0, 0), ALLOW)),
      seller="bram", timeframe="Made to order"),
    P("Walnut Board", "Houtwerk Bram", "board", "kitchen",
      "Dark walnut from a felled avenue, with a groove for the juice.",
      (V("BOARD-WAL", "", "#6b4a33", "64.00", (3, 0, 0)),), seller="bram"),
    P("Chef's Knife", "Sleutel", "chef_knife", "kitchen",
      "Twenty centimetres of carbon steel, forged thick at the heel and thin at the tip.",
      (V("KNIFE-CHEF", "", "#3b3430", "89.00", (25, 0, 0),
         {"backorders": "allow", "out_of_stock_threshold": -50, "notify_below": 10,
          "only_x_left_threshold": 5}),)),
    P("Paring Knife", "Sleutel", "paring_knife", "kitchen",
      "Small, light and very sharp: the knife that everybody reaches for.",
      (V("KNIFE-PAR-BLK", "Handle: Black", "#2b2b2d", "29.00", (18, 6, 4)),
       V("KNIFE-PAR-OLI", "Handle: Olive wood", "#8a7a45", "36.00", (6, 0, 0)))),
    P("Bread Knife", "Sleutel", "bread_knife", "kitchen",
      "Long waves that go through a crust without crushing the crumb.",
      (V("KNIFE-BREAD", "", "#7a3b2a", "59.00", (0, 11, 0)),)),
    P("Knife Sharpening", "Sleutel", "whetstone", "kitchen",
      "Send us your knife, and it comes back as sharp as on its first day.",
      (V("SVC-SHARPEN", "", "#596472", "9.50", settings=UNTRACKED),), timeframe="Made to order"),
    P("Whistling Kettle", "Emaille Zaandam", "kettle", "kitchen",
      "Two litres, for gas and induction. It calls you when the tea can be made.",
      (V("KETTLE-CRM", "Colour: Cream", "#d8c9a8", "54.00", (8, 0, 0)),
       V("KETTLE-BLK", "Colour: Black", "#33373b", "54.00", (0, 0, 0), ALLOW))),
    P("Teapot", "Kleiwerk", "teapot", "table",
      "A round pot for six cups that pours without a drop on the cloth.",
      (V("TEAPOT-TER", "Colour: Terracotta", "#b8472e", "46.00", (6, 3, 0)),
       V("TEAPOT-SEA", "Colour: Sea", "#2f6f73", "46.00", (1, 0, 0),
         {"only_x_left_threshold": 3}))),
    P("Cast-Iron Pan", "Gieterij Ulft", "pan", "kitchen",
      "Seasoned with linseed oil. Your grandchildren will argue over who gets it.",
      (V("PAN-24", "Size: 24 cm", "#4d4d50", "69.00", (10, 5, 0)),
       V("PAN-28", "Size: 28 cm", "#3a3a3c", "84.00", (0, 0, 0), ALLOW))),
    P("Wooden Spoons, pair", "Houtwerk Bram", "spoon", "kitchen",
      "Cherry wood, carved along the grain, one for stirring and one for tasting.",
      (V("SPOON-CHERRY", "", "#a8653c", "16.00", (40, 10, 0)),), seller="bram"),
    P("Dish Brush", "Borstelhuis", "brush", "kitchen",
      "Tampico bristles on beech. The head can be changed, the handle stays.",
      (V("BRUSH-NAT", "Colour: Natural", "#c9a06a", "7.95", (55, 20, 10)),
       V("BRUSH-BLU", "Colour: Blue", "#4a6a8a", "7.95", (30, 0, 0)))),
    P("Salt & Pepper “Duo”", "Houtwerk Bram", "mills", "table",
      "Two mills of ash with a ceramic heart that never dulls.",
      (V("SP-DUO", "", "#c8b48e", "58.00", (0, 0, 0), NOTIFY),), seller="bram"),
    P("Table Lamp “Schiedam”", "Lichtstad", "lamp", "home",
      "A linen shade on turned beech, with a dimmer in the cord.",
      (V("LAMP-LINEN", "Shade: Linen", "#d9c9a9", "119.00", (4, 2, 0)),
       V("LAMP-MOSS", "Shade: Moss", "#66774e", "119.00", (0, 0, 0), ALLOW),
       V("LAMP-PLUM", "Shade: Plum", "#7d4f6d", "119.00", (2, 0, 0)))),
    P("Rolling Pin", "Houtwerk Bram", "rolling_pin", "kitchen",
      "Turned from one piece, heavy enough to do half of the work. Wipe it, never soak it.",
      (V("ROLL-BEECH", "Wood: Beech", "#d0a06c", "27.00", (12, 0, 0)),
       V("ROLL-WAL", "Wood: Walnut", "#7a563c", "38.00", settings=ALLOW)), seller="bram"),
    P("Serving Tray", "Houtwerk Bram", "tray", "table",
      "A round tray with a raised rim, forty centimetres across. Coffee for four fits on it.",
      (V("TRAY-OAK", "Wood: Oak", "#c98f5a", "56.00", (6, 2, 0)),
       V("TRAY-WAL", "Wood: Walnut", "#7a563c", "68.00", (2, 0, 0),
         {"only_x_left_threshold": 3})), seller="bram"),
    P("Water Carafe", "Glasblazerij Leerdam", "carafe", "table",
      "Blown from recycled glass, one litre, with a stopper of ash.",
      (V("CARAFE-CLR", "Glass: Clear", "#8fbcc4", "34.00", (17, 6, 0)),
       V("CARAFE-SMK", "Glass: Smoke", "#857f78", "34.00", (0, 3, 0)))),
    P("Kitchen Scale", "Audiowerk", "scale", "tech",
      "Weighs to the gram up to five kilos, and charges by USB-C. The bowl is part of it.",
      (V("SCALE-CHALK", "Colour: Chalk", "#d8d2c6", "59.00", (13, 4, 0)),
       V("SCALE-COAL", "Colour: Coal", "#4a4f55", "59.00", (5, 0, 0), {"notify_below": 8}))),
    P("Wireless Charger “Dok”", "Audiowerk", "charger", "tech",
      "A stone of cast aluminium with a felt foot. Put the phone down, that is all.",
      (V("DOK-SAND", "Colour: Sand", "#d8cbb0", "49.00", (20, 0, 0)),
       V("DOK-BLK", "Colour: Black", "#4a4f55", "49.00", settings=ALLOW))),
    P("Linen Cushion", "Studio Sofie", "cushion", "home",
      "Stonewashed linen with a feather inside. The cover comes off for the wash.",
      (V("CUSHION-PET", "Colour: Petrol", "#2f6f73", "39.00", (9, 3, 0)),
       V("CUSHION-OCH", "Colour: Ochre", "#d9a13b", "39.00", settings=ALLOW),
       V("CUSHION-ROSE", "Colour: Rose", "#c58b8b", "39.00", (4, 0, 0)),
       V("CUSHION-MOSS", "Colour: Moss", "#66774e", "39.00", (0, 6, 0))), seller="sofie"),
    P("Plant Pot", "Studio Sofie", "plant_pot", "home",
      "Thick walls, a hole in the bottom and a saucer that fits. The plant is a suggestion.",
      (V("POT-TER", "Glaze: Terracotta", "#b8653f", "26.00", (18, 0, 6)),
       V("POT-SEA", "Glaze: Sea", "#3f7f86", "29.00", (7, 0, 0)),
       V("POT-CHALK", "Glaze: Chalk", "#d8d2c6", "29.00")), seller="sofie"),
    P("Kitchen Chair “No. 4”", "Houtwerk Bram", "chair", "home",
      "Four legs, a bent back and a wool seat. It has looked like this since 1958.",
      (V("CHAIR-MUS", "Seat: Mustard", "#d9a13b", "189.00", (6, 0, 0)),
       V("CHAIR-PET", "Seat: Petrol", "#2f6f73", "189.00", (0, 0, 0), ALLOW)),
      seller="bram", timeframe="Made to order"),
    P("Wall Clock", "Lichtstad", "clock", "home",
      "Silent sweep, glass front, numbers left out on purpose.",
      (V("CLOCK-RED", "Rim: Red", "#b8472e", "44.00", (15, 0, 0)),
       V("CLOCK-OAK", "Rim: Oak", "#c98f5a", "52.00", (3, 0, 0), {"notify_below": 5}))),
    P("Soy Candle", "Studio Sofie", "candle", "home",
      "Poured in small batches: fig, cedar, and a little smoke. It burns for forty hours.",
      (V("CANDLE-FIG", "Scent: Fig", "#7d4f6d", "24.00", (20, 5, 0)),
       V("CANDLE-CEDAR", "Scent: Cedar", "#5f7a57", "24.00", (0, 0, 0), ALLOW),
       V("CANDLE-CITRUS", "Scent: Citrus", "#e0a53a", "24.00", (9, 0, 0))), seller="sofie"),
    P("Hammam Towels, set of 3", "Studio Sofie", "towel", "home",
      "Flat weave, long fringe: they dry you twice and themselves overnight.",
      (V("TOWEL-ROSE", "Colour: Rose", "#c58b8b", "42.00", (11, 0, 0)),
       V("TOWEL-INK", "Colour: Ink", "#33455c", "42.00", (5, 5, 0))), seller="sofie"),
    P("Bud Vase", "Studio Sofie", "vase", "home",
      "Small enough for one branch, heavy enough to stay where it is.",
      (V("VASE-HONEY", "Glaze: Honey", "#e0a53a", "27.00", (8, 0, 0)),
       V("VASE-NIGHT", "Glaze: Night", "#33455c", "27.00", (0, 0, 0))), seller="sofie"),
    P("Floor Vase", "Studio Sofie", "floor_vase", "home",
      "Sixty centimetres of stoneware for branches that need room.",
      (V("VASE-XL", "", "#8a6f55", "145.00", (1, 0, 0), {"only_x_left_threshold": 2}),),
      seller="sofie"),
    P("Serving Bowl", "Studio Sofie", "bowl", "table",
      "Wide and low, for salads that are made for everybody.",
      (V("SERVE-WHT", "Glaze: White", "#d8d2c6", "48.00", (7, 0, 0)),
       V("SERVE-CLAY", "Glaze: Clay", "#b06a45", "48.00", (4, 1, 0))), seller="sofie"),
    P("Bookshelf Speaker “Echo 5”", "Audiowerk", "speaker", "tech",
      "A birch box, a silk dome, and more bass than the size admits. Sold by the piece.",
      (V("SPK-E5-MOSS", "Colour: Moss", "#5f7a57", "229.00", (6, 0, 0)),
       V("SPK-E5-SAND", "Colour: Sand", "#cdb891", "229.00", (0, 0, 0), ALLOW))),
    P("Headphones “Stil”", "Audiowerk", "headphones", "tech",
      "Closed, light and repairable: every part has a number and a price.",
      (V("HP-STIL-TAN", "Colour: Tan", "#c08a5a", "149.00", (10, 8, 0)),
       V("HP-STIL-BLK", "Colour: Black", "#2b2f35", "149.00", (22, 0, 5)))),
    P("Headphones “Stil 2”", "Audiowerk", "headphones", "tech",
      "The next Stil: the same comfort, half the noise of the train.",
      (V("HP-STIL2-BLU", "Colour: Blue", "#4a6a8a", "179.00",
         settings={"allow_preorders": True, "release_days": 28, "out_of_stock_threshold": -60}),
       V("HP-STIL2-SND", "Colour: Sand", "#cdb891", "179.00",
         settings={"allow_preorders": True, "release_days": 28, "out_of_stock_threshold": -40}))),
    P("Speaker “Echo 7”", "Audiowerk", "tower", "tech",
      "Three ways, one box. The first hundred are numbered.",
      (V("SPK-E7", "", "#33455c", "449.00",
         settings={"allow_preorders": True, "release_days": 49,
                   "out_of_stock_threshold": -100}),)),
    P("The Dutch Kitchen", "Uitgeverij Fornuis", "book", "paper",
      "One hundred and twenty recipes between the sea and the rivers, with stories.",
      (V("BOOK-DUTCH", "Hardcover", "#2f6f73", "34.50", (26, 0, 0)),
       V("BOOK-DUTCH-E", "E-book", "#4a8a8f", "14.99", settings=UNTRACKED, kind="tablet",
         timeframe="By e-mail"))),
    P("Bread, Slowly", "Uitgeverij Fornuis", "book", "paper",
      "Flour, water, salt and patience. The new edition explains rye.",
      (V("BOOK-BREAD", "Hardcover", "#b8472e", "29.95",
         settings={"allow_preorders": True, "release_days": 14}),)),
    P("Sourdough in a Weekend", "Uitgeverij Fornuis", "tablet", "paper",
      "Six lessons on video, and a starter that you make yourself. Watch it as often as you like.",
      (V("CLASS-BREAD", "Online class", "#b8472e", "39.00", settings=UNTRACKED),),
      timeframe="By e-mail"),
    P("Notebook", "Uitgeverij Fornuis", "notebook", "paper",
      "Thread-sewn, 192 pages, paper that likes a fountain pen.",
      (V("NOTE-RED", "Colour: Red", "#a63d2f", "17.50", (60, 20, 20)),
       V("NOTE-OCH", "Colour: Ochre", "#d9a13b", "17.50", (2, 0, 0)),
       V("NOTE-BLU", "Colour: Blue", "#34617f", "17.50", (0, 0, 0)))),
    P("Gift Card €25", "Oranje & Co", "card", "paper",
      "It arrives by e-mail in a minute and never expires.",
      (V("GIFT-25", "", "#d9622b", "25.00", settings=UNTRACKED),), timeframe="By e-mail"),
    P("Gift Card €50", "Oranje & Co", "card", "paper",
      "It arrives by e-mail in a minute and never expires.",
      (V("GIFT-50", "", "#2f6f73", "50.00", settings=UNTRACKED),), timeframe="By e-mail"),
    P("Gift Wrapping", "Oranje & Co", "box", "paper",
      "Recycled paper, cotton ribbon, and a card with your words.",
      (V("SVC-WRAP", "", "#b06a45", "3.50", settings=UNTRACKED),)),
    P("Tea for Two", "Oranje & Co", "box", "table",
      "A teapot, two enamel mugs and our paper: a present that is done.",
      (V("SET-TEA", "", "#2f6f73", "69.00"),)),
    P("Breakfast Set", "Oranje & Co", "hamper", "kitchen",
      "Two bowls, two white mugs and a pair of cherry spoons.",
      (V("SET-BREAKFAST", "", "#d9a13b", "64.00"),)),
    P("Cook's Set", "Oranje & Co", "box", "kitchen",
      "The chef's knife, the big oak board and a year of sharpening.",
      (V("SET-COOK", "", "#7a3b2a", "139.00"),)),
    P("Wool Blanket", "Spinnerij Leiden", "blanket", "home",
      "Woven from wool that would have been thrown away. Heavy, in the good way.",
      (V("BLANKET-GRY", "Colour: Grey", "#7d8288", "98.00", (8, 0, 0),
         {"out_of_stock_threshold": 2}),
       V("BLANKET-RED", "Colour: Red", "#a63d2f", "98.00", (2, 0, 0),
         {"out_of_stock_threshold": 2}))),
    P("Pot Holder, pair", "Spinnerij Leiden", "pot_holder", "kitchen",
      "Quilted cotton with a loop, tested on our own cast iron.",
      (V("HOLDER-STR", "Pattern: Stripe", "#4a6a8a", "13.00", (34, 12, 0)),
       V("HOLDER-DOT", "Pattern: Dot", "#b8472e", "13.00", (0, 0, 16)))),
    P("Espresso Cups, set of 2", "Kleiwerk", "cups", "table",
      "Thick walls, small volume, no handle to break off.",
      (V("ESP-CHALK", "Colour: Chalk", "#d8d2c6", "22.00", (16, 4, 0)),
       V("ESP-COAL", "Colour: Coal", "#3a3a3c", "22.00", (4, 0, 0), ALLOW))),
)  # fmt: skip

BUNDLES = {
    "SET-TEA": (("TEAPOT-TER", 1), ("MUG-WHT", 2), ("SVC-WRAP", 1)),
    "SET-BREAKFAST": (("BOWL-S", 2), ("MUG-WHT", 2), ("SPOON-CHERRY", 1)),
    "SET-COOK": (("KNIFE-CHEF", 1), ("BOARD-OAK-L", 1), ("SVC-SHARPEN", 1)),
}
"""The components of each bundle, and how many units of them."""

LEVELS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("MUG-GRN", "eindhoven", {"in_stock": False}),
    ("HOLDER-DOT", "eindhoven", {"in_stock": False}),
    ("KETTLE-BLK", "main", {"backorder_threshold": 5}),
    ("KETTLE-BLK", "antwerp", {"backorder_threshold": 0}),
    ("KETTLE-BLK", "eindhoven", {"backorder_threshold": 0}),
    ("NOTE-RED", "antwerp", {"notify_below": 25}),
)
"""SKU, warehouse, and the settings of that stock level."""

OPENED, SOLD_OUT, MOVED = -45, -30, -28
"""The days on which the shelves were filled, the market was held, and the transfer was made."""

SOLD_OUT_SKUS = (
    *("MUG-BLU", "BOWL-L", "APRON-RUST", "BOARD-OAK-L", "KETTLE-BLK", "PAN-28", "SP-DUO"),
    *("LAMP-MOSS", "CHAIR-PET", "CANDLE-CEDAR", "VASE-NIGHT", "SPK-E5-SAND", "NOTE-BLU"),
)
"""What was on the shelves in Rotterdam once, and is not any more."""

TRANSFER = ("T-118", "main", "antwerp", (("MUG-WHT", 4), ("NOTE-RED", 10), ("PAN-24", 2)))
"""Reference, from, to, and units of each SKU."""

DELIVERIES = (
    ("PO-2031", "Sleutel Solingen", "main", -20, "received", (("KNIFE-PAR-BLK", 10),)),
    ("PO-2028", "Spinnerij Leiden", "main", -30, "canceled", (("APRON-RUST", 24),)),
    ("PO-2036", "Gieterij Ulft", "main", -4, "late", (("PAN-28", 10),)),
    ("PO-2039", "Lichtstad", "antwerp", 6, "partly_received",
     (("LAMP-LINEN", 6), ("LAMP-MOSS", 6))),
    ("PO-2041", "Emaille Zaandam BV", "main", 9, "expected", (("MUG-BLU", 48), ("KETTLE-BLK", 12))),
    ("PO-2044", "Uitgeverij Fornuis", "main", 12, "expected", (("BOOK-BREAD", 80),)),
    ("PO-2042", "Kleiwerk Delft", "main", 16, "expected", (("BOWL-L", 20), ("PLATE-OCEAN", 12))),
    ("PO-2046", "Studio Sofie", "main", 19, "expected", (("CUSHION-OCH", 24),)),
    ("PO-2043", "Audiowerk NV", "antwerp", 24, "expected",
     (("HP-STIL2-BLU", 60), ("HP-STIL2-SND", 40))),
    ("PO-2047", "Audiowerk NV", "antwerp", 45, "expected", (("SPK-E7", 40), ("DOK-BLK", 30))),
)  # fmt: skip
"""Reference, supplier, warehouse, days from today, state, and units of each SKU."""
