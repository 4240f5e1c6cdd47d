"""Words that mean harm wherever they are printed: to pages, tables, terminals."""

from __future__ import annotations

MARKUP = (
    "<script>document.title = 'ran'</script>",
    "</script></title><img src=x onerror=alert(1)>",
    "\"quoted\" 'name' <!-- &lt; ]]> &#x41;",
    r"\input{/etc/passwd}",
    r"\immediate\write18{touch ran} \end{document} ^^5cinput",
    "50% & _co_ #1 $x$ ~ ^",
    '#read("/etc/passwd")',
    '"); #panic("x',
    ']) #include "/etc/passwd" //',
    "{{7*7}} {% raw %} << 7*7 >> <% x %> <# y #>",
    "$(touch ran) `touch ran` ; rm x | y && z",
    '```mermaid graph TD; A-->B; click A "javascript:x" ```',
    "[a](javascript:x) ![b](file:///etc/passwd) <https://x> | a | b |",
    "--- *** # Title > quote - item 1. one",
)
FORMULAS = ("=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", " =1+1", "＝1+1")
UNSEEN = (
    "bell\x07 escape\x1b[31m back\x08 nul\x00 unit\x1f delete\x7f c1\x9b31m",
    "right\u202eto left\u202c mark\u200f\u200e isolate\u2066x\u2069",
    "zero\u200bwidth\ufeff sep\u2028arate\u2029d",
    "a\r\nb\nc\td",
)
LONG = "long " * 50
ALL = (*MARKUP, *FORMULAS, *UNSEEN, LONG)
