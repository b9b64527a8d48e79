"""Ordinary people's names, in their own countries' scripts, from the package faker: whom a matcher should leave alone.

Faker is an optional extra (`pip install habeas[evaluate]`); its lists of names are shipped in the package.
"""

import random
from typing import Any

from habeas.domain.errors import BadInputError

WORLD = [
    "en_GB",
    "en_IN",
    "en_PK",
    "en_NG",
    "en_KE",
    "en_PH",
    "en_BD",
    "de_DE",
    "fr_FR",
    "fr_DZ",
    "it_IT",
    "es_ES",
    "es_MX",
    "es_AR",
    "es_CO",
    "pt_BR",
    "pt_PT",
    "nl_NL",
    "pl_PL",
    "cs_CZ",
    "ro_RO",
    "hu_HU",
    "sv_SE",
    "fi_FI",
    "el_GR",
    "tr_TR",
    "az_AZ",
    "uz_UZ",
    "ru_RU",
    "uk_UA",
    "bg_BG",
    "ar_SA",
    "ar_EG",
    "fa_IR",
    "he_IL",
    "hi_IN",
    "bn_BD",
    "th_TH",
    "vi_VN",
    "id_ID",
    "ja_JP",
    "ko_KR",
    "zh_CN",
    "zh_TW",
    "ha_NG",
    "sw",
]
"""One population in many countries, each as often as the other."""

_WITHOUT_SPACE = frozenset({"ja_JP", "ko_KR", "zh_CN", "zh_TW"})
_PATRONYMIC = frozenset({"ru_RU", "uk_UA"})
_TWO_FAMILY_NAMES = frozenset({"es_ES", "es_MX", "es_AR", "es_CO", "pt_BR", "pt_PT"})
SECOND_NAME = 0.25
"""How often there is a second given name, where nothing else is the custom."""


def ordinary_names(population: str, count: int, seed: int) -> list[str]:
    """Names of a population: `us`, `world` or `companies`. The same seed gives the same names.

    Raises BadInputError when faker is not there.
    """
    try:
        from faker import Faker  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise BadInputError(
            "ordinary names come from the package faker, which is not there; install habeas[evaluate]"
        ) from None
    chance = random.Random(seed)
    locales = ["en_US"] if population == "us" else WORLD
    fakers: dict[str, Any] = {locale: Faker(locale) for locale in locales}
    for faker in fakers.values():
        faker.seed_instance(chance.getrandbits(32))
    drawn = (chance.choice(locales) for _ in range(count))
    if population == "companies":
        return [fakers[locale].company() for locale in drawn]
    return [_name(fakers[locale], locale, chance) for locale in drawn]


def _name(faker: Any, locale: str, chance: random.Random) -> str:
    if locale in _WITHOUT_SPACE:
        return f"{faker.last_name()}{faker.first_name()}"
    if locale in _PATRONYMIC:
        if chance.random() < 0.5:
            return f"{faker.first_name_male()} {faker.middle_name_male()} {faker.last_name_male()}"
        return f"{faker.first_name_female()} {faker.middle_name_female()} {faker.last_name_female()}"
    given = str(faker.first_name())
    if chance.random() < SECOND_NAME:
        given = f"{given} {faker.first_name()}"
    family = str(faker.last_name())
    if locale in _TWO_FAMILY_NAMES and chance.random() < 0.7:
        family = f"{family} {faker.last_name()}"
    return f"{given} {family}"
