"""A page as one HTML file to print: no script, no link, nothing that is fetched from anywhere."""

from collections.abc import Iterator
from html import escape

from nskeys.wording.page import Chapter, Code, Commands, Page, Pairs, Part, Words

_STYLE = """
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em;
  color: #000; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; border-bottom: 1px solid #000; margin-top: 1.6em; }
section { break-inside: auto; } h2 { break-after: avoid; }
dl { display: grid; grid-template-columns: 9em 1fr; gap: .15em .8em; break-inside: avoid; }
dt { color: #444; } dd { margin: 0; overflow-wrap: anywhere; }
dd, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #000; padding: .3em .8em;
  break-inside: avoid; }
.mark { font-weight: bold; }
figure { margin: .6em 0; break-inside: avoid; } figcaption { font-size: .85em; color: #444; }
svg { width: 28mm; height: 28mm; }
@page { margin: 18mm; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_html(page: Page) -> str:
    """The whole file. Control characters never reach it: every text of a page is safe already."""
    title = escape(page.title)
    body = "\n".join(line for chapter in page.chapters for line in _chapter(chapter))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(chapter.title)}</h2>"
    for part in chapter.parts:
        yield _part(part)
    yield "</section>"


def _part(part: Part) -> str:
    if isinstance(part, Words):
        return f'<p class="mark">! {escape(part.text)}</p>' if part.mark else f"<p>{escape(part.text)}</p>"
    if isinstance(part, Pairs):
        pairs = (f"<dt>{escape(label)}</dt><dd>{escape(words)}</dd>" for label, words in part.pairs)
        return "<dl>\n" + "\n".join(pairs) + "\n</dl>"
    if isinstance(part, Commands):
        return "<pre>" + escape("\n".join(part.lines)) + "</pre>"
    return _code(part)


def _code(part: Code) -> str:
    import segno  # here, for it is needed by this one page and by nothing that is in a hurry

    drawn = segno.make_qr(part.text, error="m").svg_inline(omitsize=True, title=part.label)
    return f"<figure>{drawn}<figcaption>{escape(part.label)}</figcaption></figure>"
