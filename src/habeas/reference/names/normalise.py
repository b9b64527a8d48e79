"""A name in any script as a few comparable words: Latin small letters, without titles, with its light words marked.

What is light (an article, a legal form) tells names apart badly and is written or left out at will, so it counts little. It
is kept, because some names consist of nothing else.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii
from msgspec import Struct

WORDS_MAX = 24
WORD_LENGTH_MAX = 32

_PARTICLES = frozenset(
    "al el ad as ar an az at ash ul ud us ur abu abou bu ibn bin ben bint binti umm um of the and und et y e i de da do dos das del "
    "della di du des la le les los las van von der den ter ten zu af av ap mac mc st san santa for in on to s o a d l "
    "u v z oglu ogli kizi zade uulu haji hajji haj hadji hajj mullah mulla mawlawi maulawi maulvi molla sheikh shaikh "
    "shaykh sheik cheikh sayyid sayed syed said_ seyyed ustad qari hafiz imam ayatollah maulana alhaj".split()  # noqa: SIM905
)
_TITLES = frozenset(
    "mr mrs ms miss mister dr prof professor sir dame hon rev eng engr md phd dds dvm jr sr esq mba dipl ing mag "
    "dott sig sra srta herr frau mme mlle capt col maj lt gen brig".split()  # noqa: SIM905
)
_LEGAL_WORDS: dict[str, str] = {
    word: form
    for form, words in {
        "ltd": "ltd limited ltda limitada lda limitee ltdsti sti llc ooo tov too gmbh srl sarl sprl bvba bv nv doo sro "
        "spzoo oy ab aps as pte pvt private lllp llp lp ltdco kft uab sia eood ood",
        "plc": "sa ag plc spa pao ao oao zao pjsc ojsc cjsc jsc psc saa sae sal sab kgaa ad asa tbk bhd sdn anonim aktsionernoe",
        "co": "co company corp corporation inc incorporated cia compania compagnie kompaniya kampani sirketi sherkat "
        "sharikat shirkat societe sociedad obshchestvo fze fzc fzco fzllc dmcc est establishment ent enterprise "
        "enterprises group holding holdings firm firma",
    }.items()
    for word in words.split()
}
_LEGAL_PHRASES: tuple[tuple[str, str], ...] = tuple(
    sorted(
        (
            ("limited liability company", "ltd"),
            ("obshchestvo s ogranichennoy otvetstvennostyu", "ltd"),
            ("obshchestvo s ogranichennoi otvetstvennostyu", "ltd"),
            ("tovarishchestvo s ogranichennoy otvetstvennostyu", "ltd"),
            ("private limited", "ltd"),
            ("limited company", "ltd"),
            ("co ltd", "ltd"),
            ("company ltd", "ltd"),
            ("limited partnership", "ltd"),
            ("limited sirketi", "ltd"),
            ("ltd sti", "ltd"),
            ("public joint stock company", "plc"),
            ("open joint stock company", "plc"),
            ("closed joint stock company", "plc"),
            ("private joint stock company", "plc"),
            ("joint stock company", "plc"),
            ("public limited company", "plc"),
            ("publichnoe aktsionernoe obshchestvo", "plc"),
            ("otkrytoe aktsionernoe obshchestvo", "plc"),
            ("zakrytoe aktsionernoe obshchestvo", "plc"),
            ("aktsionernoe obshchestvo", "plc"),
            ("anonim sirketi", "plc"),
            ("sociedad anonima", "plc"),
            ("sa de cv", "plc"),
            ("s de rl de cv", "ltd"),
            ("s de rl", "ltd"),
            ("free zone company", "co"),
        ),
        key=lambda row: -len(row[0]),
    )
)
_PHRASE = re.compile(r"\b(?:" + "|".join(re.escape(phrase) for phrase, _ in _LEGAL_PHRASES) + r")\b")
_PHRASE_FORM = dict(_LEGAL_PHRASES)

_APOSTROPHES = re.compile(r"['`\u2018\u2019\u02bc\u02bb\u02bf\u02be\u2032\u00b4\"]")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?(?![a-z])")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u0640\u064b-\u065f]")
_SYLLABIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0002ffff]")
_ARABIC_ARTICLE = re.compile("^\u0627\u0644(?=..)")

PARTICLE_WEIGHT = 0.25
LEGAL_WEIGHT = 0.12
_LENGTH_WEIGHTS = {1: 0.35, 2: 0.7}


class Words(Struct, frozen=True, array_like=True):
    """A name as words, in the order in which a list would be read aloud: what stands before a comma comes last."""

    texts: tuple[str, ...]


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name; `()` if it has no letter and no digit. Doing it again changes nothing."""
    if "," in name:
        family, _, given = name.partition(",")
        # A comma before a legal form, or a second one, does not turn a name around.
        if "," not in given and not _is_legal(given):
            name = f"{given} {family}"
    if not name.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).replace("-", " ")
        name = " ".join(map(_latin, text.split()))
    text = _APOSTROPHES.sub("", name.lower())
    if "." in text:
        text = _DOTTED.sub(_undotted, text)
    text = " ".join(_NOT_WORD.sub(" ", text).split())
    text = _PHRASE.sub(lambda found: _PHRASE_FORM[found[0]], text)
    words = [_LEGAL_WORDS.get(word, word)[:WORD_LENGTH_MAX] for word in text.split()]
    plain = [word for word in words if word not in _TITLES] or words
    return tuple(plain[:WORDS_MAX])


def _is_legal(text: str) -> bool:
    words = _NOT_WORD.sub(" ", _DOTTED.sub(_undotted, text.lower())).split()
    return bool(words) and _PHRASE.sub("ltd", " ".join(words)) in _LEGAL_WORDS


def _undotted(found: re.Match[str]) -> str:
    """`s.a.` is a legal form and becomes `sa`; `j.r.` are initials and stay two."""
    joined = found[0].replace(".", "")
    return joined if joined in _LEGAL_WORDS else found[0].replace(".", " ")


@lru_cache(maxsize=65_536)
def _latin(word: str) -> str:
    if word.isascii():
        return word
    if _SYLLABIC.search(word):
        # Each character is a syllable of its own; which of them make a word, the joined neighbours find out.
        return " ".join(anyascii(character) for character in word)
    if article := _ARABIC_ARTICLE.match(word):
        return f"al {anyascii(word[article.end() :])}"
    return anyascii(word)


def lightness(word: str) -> float:
    """From 0 to 1: how much a word counts beside one of ordinary length that is neither particle nor legal form."""
    if word in _LEGAL_FORMS:
        return LEGAL_WEIGHT
    if word in _PARTICLES:
        return PARTICLE_WEIGHT
    return _LENGTH_WEIGHTS.get(len(word), 1.0)


_LEGAL_FORMS = frozenset(_LEGAL_WORDS.values())
