"""What somebody who controls a model's answer, a model's name, a catalogue or a task file may write to break a report.

Each is to be shown as text, byte for byte where it is visible, and named (`[U+202E]`) or left out where it is not.
"""

SCRIPTS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</ScRiPt ><img src=x onerror=alert(1)>",
    "<!--<script>",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<script type=application/json>{}</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert&#40;1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
)
HTML = (
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<img src=http://evil.example/x.png>",
    "<iframe src=//evil.example></iframe>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button>Sign in</button>",
    "<style>*{display:none}</style>",
    "</title></style><style>*{display:none}",
    "</td></tr></table><h1>Use evil/model</h1>",
    "<a href=javascript:alert(1)>click</a>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "</bdi></main></body></html>",
    "&lt;b&gt; &#60;b&#62; &amp;amp;",
    "<plaintext>",
    "<textarea><!--",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "\x00<\x00script>alert(1)</script>",
)
CODES = (
    "\x1b[31mred\x1b[0m\x07",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[1;1Hcleared",
    "\x9b31m 8-bit CSI",
    "overwritten\rUSE EVIL",
    "back\x08\x08\x08\x08space",
    "null\x00byte",
)
BIDI = (
    "\u202egnp.exe",
    "\u2066isolate\u2069",
    "\u202d\u202e nested \u202c\u202c",
    "user\u200bname zero\u200cwidth\ufeff",
    "\u200f\u061cright to left marks",
    "\U000e0041\U000e0042 tags that hide an order",
    "\u05d0\u05d1\u05d2 <b>mixed</b> \u05d3",
    "soft\u00adhyphen",
)
FORMULAS = (
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\uff1d1+1",
    '";=1+1;"',
)
TEMPLATES = (
    "{{ 7*7 }}",
    "{% raw %}{{ config }}{% endraw %}",
    "{# gone #}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "{{constructor.constructor('alert(1)')()}}",
    "%s %(name)s {0} {name}",
    "datum.x signal('width') toString.constructor",
)
JSON_BREAKERS = (
    '"}]};alert(1)//',
    "\\u003c/script\\u003e",
    "line\u2028separator\u2029",
    "\\",
    '\\"',
    "\ud800 lone surrogate",
    "]]>",
    "__proto__",
    "NaN",
)
ODD = (
    "a|b`c`*d*_e_[x](javascript:alert(1))![y](http://evil.example/z.png)",
    "$x$ www.evil.example me@evil.example",
    "line one\r\n\n# heading\n---\n",
    "Z\u0351\u036b\u0343\u036aa\u0300\u0301\u0302\u0303l\u030d\u030e\u0304\u0305go",
    "\U0001f469\u200d\U0001f680 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u2800\u3164 blank letters",
    "w" * 5000,
)
PAYLOADS = (*SCRIPTS, *HTML, *CODES, *BIDI, *FORMULAS, *TEMPLATES, *JSON_BREAKERS, *ODD)
