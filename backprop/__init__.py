"""The mathematics: the language of lines, its operations, and what can be read from them."""
