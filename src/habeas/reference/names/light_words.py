"""Words that tell names apart badly, as tables: particles, titles, and the legal forms of companies.

All in Latin small letters without accents, which is how they look once a name has been carried over.
"""

PARTICLES = frozenset(
    """
    a abou abu ad af al alhaj an and ap ar as ash at av ayatollah az ben bin bint binti cheikh d da das de del della den
    der di do dos du e ed el et for hadji haj haji hajj hajji i ibn in kizi l la las le les los mac maulana maulavi maulawi
    maulvi mawlawi mc mulla mullah molla o of oglu ogli on s san santa sayed sayyid seyyed shaikh shaykh sheik sheikh
    st syed the to u ud ul um umm und ur us ustad uulu v van von y z zade zu ten ter
    """.split()  # noqa: SIM905 - read across
)
"""Articles, words of descent, and titles that go with names for life. They count little, and are kept: some names are nothing
else.
"""

TITLES = frozenset(
    """
    brig capt col dame dds dott dr dvm eng engr esq frau gen herr hon ing jr lt mag maj mba md miss mister mlle mme mr mrs
    ms phd prof professor rev sig sir sra srta sr
    """.split()  # noqa: SIM905 - read across
)
"""Forms of address and degrees, which go from a person's name unless nothing else is there."""

_LIMITED = """
    ab aps as bv bvba doo eood gmbh kft lda limitada limited limitee llc llp lllp lp ltd ltda nv
    ogranichennoi ogranichennoy ood ooo otvetstvennostyu oy private pte pvt rl sarl sia spzoo sprl srl sro sti too tov
    tovarishchestvo uab liability
"""
_STOCK = """
    ad ag aktsionernoe anonim ao asa bhd cjsc closed cv joint jsc kgaa oao ojsc open pao pjsc plc psc public sa saa sab sae sal
    sdn spa stock tbk zao
"""
_COMPANY = """
    cia co compagnie compania company corp corporation dmcc ent enterprise enterprises est establishment firm firma fzc fzco
    fze fzllc group groupe grupo grupp gruppa gruppe holding holdings inc incorporated kampani kompaniya obshchestvo sharikat
    sherkat shirkat sirketi sociedad societe
"""
LEGAL_WORDS: dict[str, str] = {
    word: form for form, words in (("ltd", _LIMITED), ("plc", _STOCK), ("co", _COMPANY)) for word in words.split()
}
"""Words of legal forms, each with the one of three that it is taken for: of limited liability, with shares, any company."""

LEGAL_PHRASES: dict[str, str] = {
    "limited liability company": "ltd",
    "obshchestvo s ogranichennoy otvetstvennostyu": "ltd",
    "obshchestvo s ogranichennoi otvetstvennostyu": "ltd",
    "tovarishchestvo s ogranichennoy otvetstvennostyu": "ltd",
    "private limited": "ltd",
    "limited company": "ltd",
    "co ltd": "ltd",
    "company ltd": "ltd",
    "limited partnership": "ltd",
    "limited sirketi": "ltd",
    "ltd sti": "ltd",
    "s de rl de cv": "ltd",
    "s de rl": "ltd",
    "public joint stock company": "plc",
    "open joint stock company": "plc",
    "closed joint stock company": "plc",
    "private joint stock company": "plc",
    "joint stock company": "plc",
    "public limited company": "plc",
    "publichnoe aktsionernoe obshchestvo": "plc",
    "otkrytoe aktsionernoe obshchestvo": "plc",
    "zakrytoe aktsionernoe obshchestvo": "plc",
    "aktsionernoe obshchestvo": "plc",
    "anonim sirketi": "plc",
    "sociedad anonima": "plc",
    "sa de cv": "plc",
    "free zone company": "co",
}
"""Legal forms of several words."""
