"""How people's words are seen: normalised, cut, read aloud as pinyin, split into asks.

Plain functions on plain text, free of Rasa, so that each can be tested and measured by itself.
"""
