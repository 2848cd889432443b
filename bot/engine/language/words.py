"""Cutting Chinese into words, with a dictionary out of the knowledge base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import jieba

from policy_kb import KnowledgeBase

jieba.setLogLevel("WARNING")


def domain_words(knowledge: KnowledgeBase) -> list[str]:
    """The words that a general dictionary cuts apart: terms, their ordinary forms, labels, phrases."""
    words: set[str] = set()
    for term in knowledge.vocabulary:
        words.update((term.term, *term.also))
    for measure in knowledge.measures.values():
        words.update((measure.label, *measure.phrases))
    return sorted(word for word in words if 2 <= len(word) <= 8)


class WordCutter:
    """A jieba tokenizer of its own: jieba's module-level dictionary is shared by the whole process."""

    def __init__(self, words: Iterable[str]) -> None:
        self._jieba = jieba.Tokenizer()
        self._jieba.initialize()
        for word in words:
            self._jieba.add_word(word)

    def spans(self, text: str) -> Iterator[tuple[str, int]]:
        """Each word with the index of its first character."""
        for word, start, _end in self._jieba.tokenize(text):
            if word.strip():
                yield word, start

    def cut(self, text: str) -> list[str]:
        return [word for word, _ in self.spans(text)]
