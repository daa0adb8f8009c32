"""What the names and labels of a field say: normal forms, tokens, concepts, pinyin."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.connectors.base import FieldInfo
from core.mapping.synonyms import CONCEPTS

CHINESE = re.compile(r"[\u3400-\u9fff]")
TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# What stands in brackets after a label explains it: 数量(个), 仓库（必填）.
BRACKETS = re.compile(r"[(\[【<].*?[)\]】>]")


@dataclass(frozen=True)
class Named:
    """A field, read once.

    concepts   {index in CONCEPTS: rank}; rank 0 = the usual name
    pinyin     {letters: quality} its Chinese names are written with
    """

    info: FieldInfo
    order: int
    name: str
    label: str
    tokens: frozenset[str]
    bigrams: frozenset[str]
    concepts: dict[int, int]
    pinyin: dict[str, float]

    @classmethod
    def of(cls, info: FieldInfo, order: int) -> Named:
        label = str(info.label or "")
        concepts = _concepts((info.name, label))
        return cls(
            info,
            order,
            normal(info.name),
            normal(label),
            frozenset(token.lower() for token in TOKENS.findall(without_prefix(info.name))),
            _bigrams(label if CHINESE.search(label) else info.name),
            concepts,
            _spellings((info.name, label), concepts),
        )


def without_prefix(name: str) -> str:
    """An ERP user field without its U_."""
    return name[2:] if name[:2] in ("U_", "u_") else name


@lru_cache(maxsize=8192)
def normal(text: str) -> str:
    """Letters, digits and signs of any script, without case, width, blanks, punctuation and brackets."""
    text = unicodedata.normalize("NFKC", without_prefix(text)).casefold()
    bare = BRACKETS.sub("", text)
    return "".join(c for c in bare if c.isalnum()) or "".join(c for c in text if c.isalnum())


def _bigrams(text: str) -> frozenset[str]:
    text = normal(text)
    return frozenset(text[i : i + 2] for i in range(len(text) - 1)) if CHINESE.search(text) else frozenset()


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[int, int]]:
    """{normal word: {concept: rank}} of all that CONCEPTS lists."""
    index: dict[str, dict[int, int]] = defaultdict(dict)
    for number, words in enumerate(CONCEPTS):
        for group in words:
            for rank, word in enumerate(group.split()):
                index[normal(word)].setdefault(number, rank)
    return index


def _concepts(texts: Iterable[str]) -> dict[int, int]:
    """Concepts that one of the texts names; the best rank of each."""
    found: dict[int, int] = {}
    for text in texts:
        for number, rank in _index().get(normal(text), {}).items():
            found[number] = min(rank, found.get(number, rank))
    return found


def _spellings(texts: Iterable[str], concepts: dict[int, int]) -> dict[str, float]:
    """How the Chinese names of a field look in Latin letters: in full, by initials; its synonyms count less."""
    found: dict[str, float] = {}
    own = [normal(text) for text in texts if CHINESE.search(text)]
    others = [word for number in concepts for word in CONCEPTS[number][1].split()]
    for words, weight in ((own, 1.0), (others, 0.9)):
        for word in words:
            for letters, quality in _pinyin(word).items():
                found[letters] = max(found.get(letters, 0.0), quality * weight)
    return found


@lru_cache(maxsize=4096)
def _pinyin(word: str) -> dict[str, float]:
    # Imported late: its dictionaries cost memory that only the console needs.
    from pypinyin import Style, lazy_pinyin

    full = normal("".join(lazy_pinyin(word)))
    initials = normal("".join(lazy_pinyin(word, style=Style.FIRST_LETTER)))
    # Two initials are shared by hundreds of words.
    return {full: 1.0, initials: 0.9 if len(initials) > 2 else 0.65} if len(initials) > 1 else {full: 1.0}
