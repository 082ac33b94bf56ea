"""What people try when text is shown in a browser: each would set ``window.hit`` if it ran; WORD must be kept."""

WORD = "留下的字"

XSS = tuple(
    f"{WORD}{attack}"
    for attack in (
        "<script>window.hit=1</script>",
        "<img src=x onerror=window.hit=1>",
        '<img src="/api/v1/media/00000000000000000000000000000000" onerror="window.hit=1">',
        "<svg onload=window.hit=1>",
        "<svg><script>window.hit=1</script></svg>",
        "<svg><a xlink:href='javascript:window.hit=1'><text>x</text></a></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1></style></mglyph></table></mtext></math>",
        "<iframe src='javascript:parent.hit=1'></iframe>",
        "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
        "<a href='javascript:window.hit=1' class=attack>点</a>",
        "<a href=' &#106;avascript:window.hit=1' class=attack>点</a>",
        "<a href='java\tscript:window.hit=1' class=attack>点</a>",
        "<a href='data:text/html,<script>opener.hit=1</script>'>点</a>",
        "<body onload=window.hit=1>",
        "<details open ontoggle=window.hit=1>",
        "<input autofocus onfocus=window.hit=1>",
        "<video><source onerror=window.hit=1></video>",
        "<object data='javascript:window.hit=1'></object>",
        "<form action='javascript:window.hit=1'><button>点</button></form>",
        "<style>@import 'javascript:window.hit=1';</style>",
        "<div style='background:url(javascript:window.hit=1)'>x</div>",
        "<meta http-equiv=refresh content='0;url=javascript:window.hit=1'>",
        "<base href='javascript:window.hit=1//'>",
        "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'></noscript>",
        "<template><img src=x onerror=window.hit=1></template>",
        '"><script>window.hit=1</script>',
        "'><img src=x onerror=window.hit=1>",
        "</textarea><script>window.hit=1</script>",
        "</title><script>window.hit=1</script>",
        "{{constructor.constructor('window.hit=1')()}}",
    )
)
