"""Names of columns that something could misread: patterns, our own words, signs, blanks."""

PATTERNS = ("*", "^x$", "^.*$", "a.b", "$", "(", "x+y", "a|b", "?", "~")
EXPRESSIONS = ("count", "len", "literal", "rows", "values", "first", "has", "side", "level")
ALIASES = (
    "label",
    "row",
    "text",
    "bad",
    "cluster",
    "0",
    "1",
    "missing x",
    "unseen x",
    "infinite x",
)
TERMS = ("intercept", "(intercept)", "g[b]", "g[lev1]", "g", "missing", "`x`", "`", "missing[x]")
TABLES = ("term", "class", "strength", "coefficient", "estimate", "self", "name", "None", "nan")
OUTPUTS = ("split", "target", "linear_predictor", "probability", "predicted_class", "model", "id")
CLASSES = ("probability[a]", "predicted_class[a]", "id_probability", "run", "metric")
BLANKS = ("", " ", "  x", "x  ", " x y ", "\t", "a\tb", "\r", "\x0b", "\x1b[31m", "\x7f", "\x85")
WIDE = ("é", "日本語", "😀", "\u202ex", "\ufeffx", "a\u0301", "x" * 255, "é" * 127, "😀" * 63)
QUOTES = (
    "'",
    '"',
    "it's",
    'say "x"',
    "\\",
    "\\n",
    "a,b",
    "a, b",
    "a;b",
    "a=b",
    "a: b",
    "#x",
    "- x",
)
TEXTS = (
    "{a}",
    "{}",
    "%s",
    "${env:X}",
    "<b>",
    "&amp;",
    "$x^2$",
    "$",
    "_x",
    "__",
    "%",
    "@x",
    "!x",
    "|",
)
SCALARS = ("null", "true", "yes", "1.0", "1e5", "2024-01-01", "=", "<<", "..", "/", "~/x", "a/b")

AWKWARD_NAMES = tuple(
    dict.fromkeys(
        PATTERNS
        + EXPRESSIONS
        + ALIASES
        + TERMS
        + TABLES
        + OUTPUTS
        + CLASSES
        + BLANKS
        + WIDE
        + QUOTES
        + TEXTS
        + SCALARS
    )
)
