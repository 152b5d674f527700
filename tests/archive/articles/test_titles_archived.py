"""One article, whatever stands about its title on the pages that show it: one row, one version."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

from support.odd_titles import CATEGORY, LAYOUTS, ODD, SAMPLE, SITE, flattened

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.imports.importer import Import
from yiqihui_spider.sample.pages import article_lines
from yiqihui_spider.sample.site import SampleSite

SHOWN = ("zero-width space within", "line separator within", "br within", "soft hyphen before", "bold within")


def pages(folder: Path) -> list[Path]:
    """The same listing and its details: as HTML with odd titles, as text, and as text without titles."""
    path = SAMPLE.address(CATEGORY, 1)
    html = SAMPLE.get(path).text.replace("<head>", f'<head><link rel="canonical" href="{SITE}{path}">')
    files = {"plain.html": html, "dump.txt": SampleSite.dump(SAMPLE, CATEGORY, 1)}
    for name in SHOWN:
        odd = html
        for article in SAMPLE.on_page(CATEGORY, 1):
            odd = odd.replace(f"{article.title}</a></h3>", f"{ODD[name](article.title)}</a></h3>")
        files[f"{name}.html"] = odd
    for name, layout in LAYOUTS.items():
        files[f"{name}.txt"] = flattened(layout, str, "\n")
    for article in SAMPLE.on_page(CATEGORY, 1):
        files[f"{article.number}.txt"] = "\n".join(article_lines(article))
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in files]


def test_one_row_and_one_version(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    (tmp_path / "files").mkdir()
    for number, file in enumerate(pages(tmp_path / "files")):
        tally = Import(archive, captured_at=f"2026-07-{number + 1:02}T00:00:00+00:00").run([str(file)])
        assert (file.name, tally.unreadable.kept, tally.layout.kept) == (file.name, [], [])
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        rows = {
            (row["site_id"], row["title"], row["versions"])
            for row in db.query(
                "SELECT a.*, (SELECT count(*) FROM article_versions v WHERE v.article_id = a.id) AS versions"
                " FROM articles a"
            )
        }
    assert {(number, versions) for number, _, versions in rows} == {
        (a.number, 1) for a in SAMPLE.on_page(CATEGORY, 1)
    }
    assert all(title for _, title, _ in rows)


def test_every_odd_title_in_turn_is_no_edit(tmp_path: Path) -> None:
    archive, file = tmp_path / "out" / "a.db", tmp_path / "page.html"
    path = SAMPLE.address(CATEGORY, 1)
    html = SAMPLE.get(path).text.replace("<head>", f'<head><link rel="canonical" href="{SITE}{path}">')
    first = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for day, odd in enumerate((str, *ODD.values())):
        page = html
        for article in SAMPLE.on_page(CATEGORY, 1):
            page = page.replace(f"{article.title}</a></h3>", f"{odd(article.title)}</a></h3>")
        file.write_text(page, "utf-8")
        Import(archive, captured_at=(first + timedelta(days=day)).isoformat()).run([str(file)])
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert db.execute("SELECT count(*), max(version) FROM article_versions").fetchone() == (8, 1)
        assert db.execute("SELECT count(DISTINCT url) FROM articles").fetchone() == (8,)
        captures = db.execute("SELECT count(*) FROM captures").fetchone()[0]
    assert captures > len(ODD)
