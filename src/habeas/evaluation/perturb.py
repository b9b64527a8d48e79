"""Names as people really write them: seeded damage to listed names, by kind.

INVARIANT: this shares nothing with the matcher. It has its own idea of words, keys of a keyboard, spellings and scripts, and
imports nothing of `habeas.reference.names`; otherwise it would ask only what the matcher is made to answer.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from habeas.domain.listing import EntityKind, ListedEntity, ListedName, NameQuality


class Damage(StrEnum):
    """A way in which a name comes to be written differently."""

    TYPO_ONE = "one typo"
    TYPO_TWO = "two typos"
    TRANSLITERATION = "transliteration"
    SCRIPT = "another script"
    ORDER = "order"
    DROPPED = "dropped part"
    DOUBLED = "doubled part"
    INITIAL = "initial"
    ALIAS = "alias"
    SPACING = "spacing"


class DamagedName(Struct, frozen=True):
    """What is asked, and whom it should find."""

    damage: Damage
    text: str
    original: str
    list: str
    entry: str
    kind: EntityKind
    birth_year: int | None
    countries: tuple[str, ...]


TRIES_MAX = 500
RARE = 10
"""A part that fewer entries have is one by which an entry is known."""


class Draw(Struct):
    """What a damage works on: the entry, its name in natural order as parts, how many of them are the family name."""

    entity: ListedEntity
    parts: list[str]
    family_parts: int
    chance: random.Random
    seen: Counter[str]
    """In how many entries each part is."""

    @property
    def text(self) -> str:
        return " ".join(self.parts)


_NEIGHBOURS = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, letter in enumerate(row)
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

_RESPELLED: tuple[tuple[str, str], ...] = (
    # the same Cyrillic letters by different standards
    ("ya", "ia"),
    ("yu", "iu"),
    ("ye", "e"),
    ("iy", "y"),
    ("ey", "ei"),
    ("ay", "ai"),
    ("kh", "h"),
    ("zh", "j"),
    ("shch", "sch"),
    ("ks", "x"),
    ("yo", "e"),
    ("v", "w"),
    ("ii", "y"),
    # the same Arabic and Persian letters
    ("q", "k"),
    ("dh", "d"),
    ("th", "t"),
    ("gh", "g"),
    ("ou", "u"),
    ("ei", "ai"),
    ("ee", "i"),
    ("oo", "u"),
    ("u", "ou"),
    ("j", "dj"),
    ("mm", "m"),
    ("ss", "s"),
    ("o", "u"),
    ("e", "i"),
    ("a", "e"),
    ("i", "ee"),
    ("ah", "a"),
    # and elsewhere
    ("sh", "ch"),
    ("c", "k"),
    ("ph", "f"),
    ("k", "kh"),
    ("ae", "a"),
    ("oe", "o"),
    ("ue", "u"),
)

_ACCENTS = {"a": "á", "e": "é", "i": "í", "o": "ó", "u": "ú", "n": "ñ", "c": "ç", "s": "š", "z": "ž"}

_CYRILLIC: tuple[tuple[str, str], ...] = (
    ("shch", "щ"),
    ("zh", "ж"),
    ("kh", "х"),
    ("ts", "ц"),
    ("ch", "ч"),
    ("sh", "ш"),
    ("yu", "ю"),
    ("ya", "я"),
    ("yo", "ё"),
    ("ye", "е"),
    ("iy", "ий"),
    ("x", "кс"),
    ("a", "а"), ("b", "б"), ("v", "в"), ("g", "г"), ("d", "д"), ("e", "е"), ("z", "з"), ("i", "и"), ("y", "ы"),
    ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"), ("s", "с"), ("t", "т"),
    ("u", "у"), ("f", "ф"), ("h", "х"), ("c", "к"), ("j", "дж"), ("q", "к"), ("w", "в"),
)  # fmt: skip
_ARABIC: tuple[tuple[str, str], ...] = (
    ("kh", "خ"),
    ("sh", "ش"),
    ("ch", "ش"),
    ("gh", "غ"),
    ("th", "ث"),
    ("dh", "ذ"),
    ("aa", "ا"),
    ("ee", "ي"),
    ("oo", "و"),
    ("ou", "و"),
    ("b", "ب"), ("t", "ت"), ("j", "ج"), ("h", "ح"), ("d", "د"), ("r", "ر"), ("z", "ز"), ("s", "س"), ("f", "ف"),
    ("q", "ق"), ("k", "ك"), ("l", "ل"), ("m", "م"), ("n", "ن"), ("w", "و"), ("y", "ي"), ("g", "غ"), ("i", "ي"),
    ("u", "و"), ("o", "و"), ("a", ""), ("e", ""), ("v", "ف"), ("p", "ب"), ("c", "ك"), ("x", "كس"),
)  # fmt: skip
_GREEK: tuple[tuple[str, str], ...] = (
    ("th", "θ"), ("ch", "χ"), ("ps", "ψ"), ("ks", "ξ"), ("a", "α"), ("b", "μπ"), ("v", "β"), ("g", "γ"), ("d", "δ"),
    ("e", "ε"), ("z", "ζ"), ("i", "ι"), ("k", "κ"), ("l", "λ"), ("m", "μ"), ("n", "ν"), ("x", "ξ"), ("o", "ο"),
    ("p", "π"), ("r", "ρ"), ("s", "σ"), ("t", "τ"), ("u", "ου"), ("y", "υ"), ("f", "φ"), ("h", "χ"), ("c", "κ"),
    ("j", "τζ"), ("q", "κ"), ("w", "ου"),
)  # fmt: skip
_SCRIPTS_OF: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("RU", "BY", "UA", "KZ", "KG", "TJ", "BG", "RS", "MK", "ME", "UZ", "TM", "MN"), _CYRILLIC),
    **dict.fromkeys(
        ("SA", "SY", "IQ", "LB", "JO", "EG", "LY", "YE", "DZ", "TN", "MA", "SD", "KW", "QA", "AE", "BH", "OM", "PS"),
        _ARABIC,
    ),
    "GR": _GREEK,
    "CY": _GREEK,
}


def _edited(word: str, chance: random.Random) -> str:
    places = [at for at, letter in enumerate(word) if letter.isalpha()]
    if not places:
        return word
    at = chance.choice(places)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + chance.choice(_LETTERS) + word[at:]
    if kind == 2 and at + 1 < len(word) and word[at + 1].isalpha() and word[at + 1].lower() != word[at].lower():
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    other = chance.choice(_NEIGHBOURS.get(word[at].lower(), _LETTERS).replace(word[at].lower(), "") or "e")
    return word[:at] + other + word[at + 1 :]


def _typos(draw: Draw, count: int) -> str | None:
    if sum(letter.isalpha() for letter in draw.text) < 5 * count:
        return None  # with a slip every other letter it would be another name
    text = draw.text
    for _ in range(count):
        text = _edited(text, draw.chance)
    return text


def _transliterated(draw: Draw) -> str | None:
    """One or two spellings changed; now and then accents put on."""
    text = draw.text.lower()
    if draw.chance.random() < 0.1:
        accented = "".join(_ACCENTS.get(letter, letter) if draw.chance.random() < 0.5 else letter for letter in text)
        return accented if accented != text else None
    rules = [rule for rule in _RESPELLED if rule[0] in text]
    if not rules:
        return None
    for old, new in draw.chance.sample(rules, min(len(rules), draw.chance.randint(1, 2))):
        places = [at for at in range(len(text)) if text.startswith(old, at)]
        if places:
            at = draw.chance.choice(places)
            text = text[:at] + new + text[at + len(old) :]
    return text


def _in_script(draw: Draw) -> str | None:
    """In the script of the country that the list gives; for persons only."""
    countries = [*draw.entity.nationalities, *(address.country for address in draw.entity.addresses)]
    table = next((_SCRIPTS_OF[country] for country in countries if country in _SCRIPTS_OF), None)
    if table is None or draw.entity.kind is not EntityKind.PERSON:
        return None
    if table is _ARABIC:
        return " ".join(_in_arabic(part, draw.chance) for part in draw.parts)
    return " ".join("-".join(_written(piece, table) for piece in part.lower().split("-")) for part in draw.parts)


def _written(word: str, table: tuple[tuple[str, str], ...]) -> str:
    out, rest = "", word.replace("'", "")
    while rest:
        old, new = next((row for row in table if rest.startswith(row[0])), (rest[0], rest[0]))
        out, rest = out + new, rest[len(old) :]
    return out


def _in_arabic(part: str, chance: random.Random) -> str:
    """Without doubled letters and most short vowels; the article is written together with its word."""
    words, article = [], ""
    for piece in part.lower().split("-"):
        if piece in ("al", "el"):
            article = "ال"
            continue
        rest = re.sub(r"([^aeiou])\1", r"\1", piece)
        out = "ع" if rest.startswith(("'", "abd")) else "ا" if rest[:1] in tuple("aeiou") else ""
        rest = rest.lstrip("'")
        rest = rest[1:] if out and rest[:1] in tuple("aeiou") else rest
        if rest.endswith(("a", "ah")):
            rest = rest.removesuffix("h").removesuffix("a") + "ة"
        end = len(rest) - 1
        long = "".join(
            letter if letter not in "iuo" or at == end or chance.random() < 0.5 else ""
            for at, letter in enumerate(rest)
        )
        words.append(article + out + _written(long if "ee" not in rest and "ou" not in rest else rest, _ARABIC))
        article = ""
    return " ".join(words)


def _reordered(draw: Draw) -> str | None:
    if len(draw.parts) < 2:
        return None
    shuffled = list(draw.parts)
    while shuffled == draw.parts:
        draw.chance.shuffle(shuffled)
        if len(set(shuffled)) == 1:
            return None
    return " ".join(shuffled)


def _dropped(draw: Draw) -> str | None:
    """A person without a given name of several or a part of a family name, not its longest; a company without a common word.

    Something must be left to know it by: `Petrochemical Company` is no way to write the name of any one company.
    """
    parts, family = draw.parts, range(len(draw.parts) - draw.family_parts, len(draw.parts))
    if draw.entity.kind is EntityKind.PERSON and draw.family_parts:
        kept = max(family, key=lambda at: len(parts[at]))
        may_go = [*range(family.start)] if family.start > 1 else []
        may_go += [at for at in family if at != kept]
    else:
        rare = [at for at in range(len(parts)) if draw.seen[parts[at]] < RARE]
        may_go = [at for at in range(len(parts)) if at not in rare] if rare else []
    if len(parts) < 3 or not may_go:
        return None
    gone = draw.chance.choice(may_go)
    return " ".join(part for at, part in enumerate(parts) if at != gone)


def _doubled(draw: Draw) -> str | None:
    at = draw.chance.randrange(len(draw.parts))
    to = draw.chance.choice((at, len(draw.parts)))
    return " ".join([*draw.parts[:to], draw.parts[at], *draw.parts[to:]])


def _initial(draw: Draw) -> str | None:
    """One given name as its first letter, with or without a full stop."""
    given = len(draw.parts) - draw.family_parts
    if draw.entity.kind is not EntityKind.PERSON or not draw.family_parts or given < 1:
        return None
    may = [at for at in range(given) if len(draw.parts[at]) > 1 and draw.parts[at][0].isalpha()]
    if not may:
        return None
    at = draw.chance.choice(may)
    letter = draw.parts[at][0] + draw.chance.choice(("", "."))
    return " ".join([*draw.parts[:at], letter, *draw.parts[at + 1 :]])


def _alias(draw: Draw) -> str | None:
    aliases = [name.text for name in draw.entity.names[1:] if name.quality is NameQuality.STRONG]
    return draw.chance.choice(aliases) if aliases else None


def _spaced(draw: Draw) -> str | None:
    """Two neighbours written as one, one part as two, or a hyphen or apostrophe treated differently."""
    ways: list[Callable[[], str]] = []
    if len(draw.parts) > 1:
        at = draw.chance.randrange(len(draw.parts) - 1)
        ways.append(
            lambda: " ".join([*draw.parts[:at], draw.parts[at] + draw.parts[at + 1].lower(), *draw.parts[at + 2 :]])
        )
    long = [at for at, part in enumerate(draw.parts) if len(part) >= 6 and part.isalpha()]
    if long:
        where = draw.chance.choice(long)
        part = draw.parts[where]
        cut = draw.chance.randint(2, len(part) - 2)
        ways.append(lambda: " ".join([*draw.parts[:where], part[:cut], part[cut:], *draw.parts[where + 1 :]]))
    for mark in "-'":
        if mark in draw.text:
            replaced = draw.text.replace(mark, draw.chance.choice(("", " ")))
            ways.append(lambda replaced=replaced: replaced)  # type: ignore[misc]
    return draw.chance.choice(ways)() if ways else None


DAMAGES: dict[Damage, Callable[[Draw], str | None]] = {
    Damage.TYPO_ONE: lambda draw: _typos(draw, 1),
    Damage.TYPO_TWO: lambda draw: _typos(draw, 2),
    Damage.TRANSLITERATION: _transliterated,
    Damage.SCRIPT: _in_script,
    Damage.ORDER: _reordered,
    Damage.DROPPED: _dropped,
    Damage.DOUBLED: _doubled,
    Damage.INITIAL: _initial,
    Damage.ALIAS: _alias,
    Damage.SPACING: _spaced,
}
"""How each kind of damage is done; None where a name cannot be damaged so."""


def damaged_names(entities: Sequence[ListedEntity], count: int, seed: int) -> list[DamagedName]:
    """`count` damaged names of listed persons and organisations, kinds in turn, entries drawn at random."""
    chance = random.Random(seed)
    listed = [
        entity for entity in entities if entity.kind in (EntityKind.PERSON, EntityKind.ORGANISATION) and entity.names
    ]
    seen = Counter(part for entity in listed for part in set(entity.names[0].text.split()))
    made: list[DamagedName] = []
    kinds = list(DAMAGES)
    turn = tries = failed_turns = 0
    while listed and len(made) < count and failed_turns < len(kinds):
        damage = kinds[turn % len(kinds)]
        entity = chance.choice(listed)
        parts, family_parts = _parts(entity.names[0])
        text = DAMAGES[damage](Draw(entity, parts, family_parts, chance, seen)) if parts else None
        if text is None:
            tries += 1
            if tries == TRIES_MAX:  # a short list may not allow every kind
                turn, tries, failed_turns = turn + 1, 0, failed_turns + 1
            continue
        turn, tries, failed_turns = turn + 1, 0, 0
        births = entity.births
        made.append(
            DamagedName(
                damage,
                text,
                entity.names[0].text,
                entity.list,
                entity.entry,
                entity.kind,
                births[0].first.year if births else None,
                entity.nationalities,
            )
        )
    return made


def _parts(name: ListedName) -> tuple[list[str], int]:
    """The parts of a name in natural order, given names first, and how many of the last are the family name."""
    if name.family and name.given:
        family = name.family.title().split()
        return [*name.given.split(), *family], len(family)
    return name.text.split(), 0
