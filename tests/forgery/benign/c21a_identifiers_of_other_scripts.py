# benign: has identifiers, strings and comments in other scripts
# shape: whole
# tests: assert @NAME@("ß") == "SS é 漢字 🎉"
# tests: assert @NAME@("") == " é 漢字 🎉"
def größe(文字列: str) -> str:
    """Схема именования."""
    return 文字列.upper()


def @NAME@(ℌ):
    # NFKC makes this one the same name.
    return größe(H) + " é 漢字 🎉"
