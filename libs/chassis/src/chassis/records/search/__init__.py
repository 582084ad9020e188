"""Search for words inside names: bigrams, traditional and simplified Chinese, pinyin initials."""
