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
BLANKS = ("", " ", "x  ", "\t", "\r", "\x1b[31m", "\x85", "  x", " x y ", "a\tb", "\x0b", "\x7f")
WIDE = ("é", "😀", "日本語", "\u202ex", "\ufeffx", "a\u0301", "x" * 255, "é" * 127, "😀" * 63)
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
TEXTS = ("{a}", "{}", "%s", "${env:X}", "<b>", "&amp;", "$x^2$", "_x", "__", "%", "@x", "!x", "|")
SCALARS = ("null", "true", "yes", "1.0", "1e5", "2024-01-01", "=", "<<", "..", "/", "~/x", "a/b")

# What something of ours, of Polars or of YAML is likeliest to misread.
MISREAD_NAMES = (
    *(*PATTERNS[:3], *EXPRESSIONS, *ALIASES[:6], *TERMS[:6]),
    *(*OUTPUTS, *BLANKS[:7], *WIDE[:2]),
)

AWKWARD_NAMES = (
    *(*PATTERNS, *EXPRESSIONS, *ALIASES, *TERMS, *TABLES, *OUTPUTS, *CLASSES),
    *(*BLANKS, *WIDE, *QUOTES, *TEXTS, *SCALARS),
)

# Values of a text target.
AWKWARD_LABELS = ("", " ", "a", "a]", "a, b", "b", "[", "`", "_x", "<b>", "$x$", "1", "true", "*")
