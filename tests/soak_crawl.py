"""Real crawls of a site that will not hold still, compared with what the site really lists.

    make soak                                     200 scenarios
    python tests/soak_crawl.py --count 50 --seed 7
    python tests/soak_crawl.py --seed 7 --count 1 -v    one again, told as it goes

A scenario is a small site of random shape and some runs over it: articles come, go, come back,
move and change before every run and at any request in it, the server fails, runs are killed.
After each run the archive must agree with the listing as it stood when page 1 was last read, and
after two quiet full walks with the whole site.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from support import faults as wrong
from support.crawling import Crawl, Field, Nursery, check_archive, nursery
from support.faults import Fault, Faults, serve_faulty
from support.listing_faults import FAULTS, Wrong

from yiqihui_spider.completeness.walk import most_reads
from yiqihui_spider.sample.article import Article, invent_many
from yiqihui_spider.sample.server import SampleServer
from yiqihui_spider.sample.site import SampleSite

CATEGORIES = ("社群", "购物资讯")
RETRIES = 2


class Broken(AssertionError):
    """The archive and the site disagree."""


def article_path(number: int) -> str:
    return f"/news/view/{number}.html"


def expect(condition: bool, words: str) -> None:
    if not condition:
        raise Broken(words)


@dataclass
class World(Faults):
    """The site, what befalls it at each request, and what was listed at the last look at page 1."""

    dice: random.Random = field(default_factory=random.Random)
    site: SampleSite = field(default_factory=SampleSite)
    back_dating: bool = False
    """Whether articles that were deleted come back to their old places."""
    pinned: int = 0
    """So many articles stay on top; new ones come in below them."""
    restless: float = 0.0
    """How likely something changes before a request for a listing page is answered."""
    faulty: float = 0.0
    listed: dict[str, frozenset[int]] = field(default_factory=dict)
    """By category: the listing when page 1 was last answered."""
    ever: dict[str, set[int]] = field(default_factory=lambda: {name: set() for name in CATEGORIES})
    lasting: dict[str, Wrong] = field(default_factory=dict)
    """What an address answers at every request, until the site has calmed down."""
    texts: Counter[int] = field(default_factory=Counter)
    """How many texts have stood under a number. A new article may have the number of one that was deleted."""
    deleted: list[Article] = field(default_factory=list)
    most_pages: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    answered_wrong: int = 0

    def take(self, path: str) -> Fault | None:
        listing = self.listing(path)
        if listing is not None and self.dice.random() < self.restless:
            self.happen()
        fault = self.befalls(path) if path != "/robots.txt" else None
        if listing is not None:
            category, page = listing
            self.most_pages[category] = max(self.most_pages.get(category, 1), self.site.pages(category))
            if page == 1 and self.shows_it(path, fault):
                self.listed[category] = frozenset(self.site.listings[category])
        return fault.fault if fault else None

    def befalls(self, path: str) -> Wrong | None:
        fault: Wrong | None = None
        if self.dice.random() < self.faulty:
            fault = self.lasting.get(path) or self.dice.choice((*FAULTS, self.other_article()))
            if self.dice.random() < 0.2:
                self.lasting[path] = fault
            self.tell(f"  {path}: {fault.name}")
        elif self.faulty and path in self.lasting:
            fault = self.lasting[path]
            self.tell(f"  {path}: {fault.name}, still")
        self.answered_wrong += fault is not None
        return fault

    def shows_it(self, path: str, wrongly: Wrong | None) -> bool:
        """Whether an answer shows what is asked for, as it stands: not every fault gets in its way."""
        if wrongly is None or wrongly.readable:
            return True
        right, fault = self.site.get(path).body, wrongly.fault
        if isinstance(fault, wrong.Tamper):
            return fault.change(self.site.get(path)).body == right
        return isinstance(fault, wrong.Instead) and self.site.get(fault.target).body == right

    def other_article(self) -> Wrong:
        number = self.any_listed()
        return Wrong("another article", wrong.Instead(article_path(number)) if number else wrong.EMPTY)

    def listing(self, path: str) -> tuple[str, int] | None:
        path, _, query = path.partition("?")
        return self.site._which_listing(path, query)

    def tell(self, words: str) -> None:
        self.told.append(words)

    # --- what can happen -------------------------------------------------------------------

    def happen(self) -> None:
        kinds: list[Callable[[], str]] = [
            self.publish, self.publish, self.publish, self.delete, self.delete, self.delete_from_one,
            self.edit, self.bump, self.republish, self.add_to_category, self.resize,
        ]  # fmt: skip
        if self.back_dating:
            kinds += [self.restore, self.restore]
        self.tell(f"  {self.dice.choice(kinds)()}")
        for category, numbers in self.site.listings.items():
            self.ever[category].update(numbers)

    def any_listed(self) -> int | None:
        numbers = sorted({n for listing in self.site.listings.values() for n in listing})
        return self.dice.choice(numbers) if numbers else None

    def publish(self) -> str:
        chosen = self.dice.choice([CATEGORIES, CATEGORIES[:1], CATEGORIES[1:]])
        number = self.site.publish(*chosen).number
        self.texts[number] += 1
        for name in chosen:
            self.site.listings[name].remove(number)
            self.site.listings[name].insert(self.pinned, number)
        return f"publish {number} in {'+'.join(chosen)}"

    def delete(self) -> str:
        number = self.any_listed()
        if number is None:
            return "nothing to delete"
        self.deleted.append(self.site.delete(number))
        return f"delete {number}"

    def delete_from_one(self) -> str:
        number = self.any_listed()
        both = [n for n in (number,) if n and all(n in listing for listing in self.site.listings.values())]
        if not both:
            return self.delete()
        category = self.dice.choice(CATEGORIES)
        self.site.delete(both[0], category)
        return f"delete {both[0]} from {category}"

    def edit(self) -> str:
        number = self.any_listed()
        if number is None:
            return "nothing to edit"
        article = self.site.articles[number]
        self.texts[number] += 1
        self.site.edit(
            number, blocks=(*article.blocks[:1], f"第{len(self.told)}次修订。", *article.blocks[1:])
        )
        return f"edit {number}"

    def bump(self) -> str:
        number = self.any_listed()
        if number is not None:
            self.site.bump(number, self.dice.randrange(1, 50))
        return f"views of {number}"

    def republish(self) -> str:
        """A newer date, and to the head with it."""
        number = self.any_listed()
        if number is None:
            return "nothing to republish"
        newest = max(self.site.articles.values(), key=lambda a: a.published)
        places = [name for name, listing in self.site.listings.items() if number in listing]
        for name in places:
            self.site.listings[name].remove(number)
            self.site.listings[name].insert(0, number)
        self.site.edit(number, published=f"{newest.published[:17]}{(int(newest.published[17:]) + 1) % 60:02}")
        return f"republish {number}"

    def add_to_category(self) -> str:
        """At the head of a category that did not list it."""
        number = self.any_listed()
        name = self.dice.choice(CATEGORIES)
        if number is None or number in self.site.listings[name]:
            return "nothing to move"
        self.site.edit(number, categories=(*self.site.articles[number].categories, name))
        self.site.listings[name].insert(0, number)
        return f"add {number} to {name}"

    def resize(self) -> str:
        if self.dice.random() < 0.8:
            return self.bump()
        self.site.page_size = self.dice.choice([2, 3, 4, 5])
        return f"{self.site.page_size} a page"

    def restore(self) -> str:
        if not self.deleted:
            return "nothing to restore"
        article = self.deleted.pop(self.dice.randrange(len(self.deleted)))
        self.site.insert(article)
        return f"restore {article.number}"


def new_world(dice: random.Random) -> World:
    size = dice.choice([0, 1, 3, 6, 9, 12, 15])
    articles = [
        replace(a, categories=dice.choice([CATEGORIES, CATEGORIES[:1], CATEGORIES[1:]]))
        for a in invent_many(size)
    ]
    site = SampleSite.of(articles)
    site.page_size = dice.choice([2, 3, 4, 5])
    site.window = dice.choice([1, 3, 5, 99])
    site.pager = dice.choice(["numbers", "numbers", "numbers", "next"])
    site.beyond = dice.choice(["last", "empty", "404"])
    site.etag = dice.random() < 0.3
    site.last_modified = dice.random() < 0.2
    site.bare_first = dice.random() < 0.3
    site.addresses = dice.choice(["query", "query", "path"])
    world = World(dice=dice, site=site, back_dating=dice.random() < 0.3, pinned=dice.choice([0, 0, 0, 1]))
    world.texts.update(site.articles.keys())
    for category, numbers in site.listings.items():
        world.ever[category].update(numbers)
    return world


# --- a scenario --------------------------------------------------------------------------------


@dataclass
class Scenario:
    world: World
    crawls: Field
    details: bool = False
    """Whether any run so far fetched details."""
    tally: Counter[str] = field(default_factory=Counter)

    def play(self) -> None:
        dice = self.world.dice
        for number in range(dice.randrange(2, 6)):
            self.world.tell(f"run {number + 1}")
            for _ in range(dice.choice([0, 0, 1, 1, 2, 4])):
                with self.crawls.server.guard:
                    self.world.happen()
            self.world.restless = dice.choice([0, 0, 0.1, 0.3, 0.6])
            self.world.faulty = dice.choice([0, 0, 0, 0.05, 0.2])
            self.run(*self.options(), kill=dice.random() < 0.3)
        self.calm_down()

    def options(self) -> list[str]:
        dice = self.world.dice
        options = dice.choice(
            [[], [], [], ["--mode", "full"], ["--mode", "incremental"], ["--full-every", "0"]]
        )
        options = [*options]
        if dice.random() < 0.6:
            options.append("--no-details")
        if dice.random() < 0.15:
            options += ["--category", dice.choice(CATEGORIES)]
        return options

    def run(self, *options: str, kill: bool = False) -> Crawl:
        world, crawls = self.world, self.crawls
        crawls.asked()
        world.most_pages.clear()
        world.answered_wrong = 0
        settings = {"RETRY_TIMES": RETRIES, "RETRY_BACKOFF": "0.005", "DOWNLOAD_TIMEOUT": "30"}
        gaps = len(self.todo())
        running = crawls.begin(*options, **settings)
        if kill:
            moment = world.dice.randrange(1, 25)
            while len(crawls.server.paths) < moment and not running.over:
                time.sleep(0.001)
            time.sleep(world.dice.uniform(0, 0.03))
            running.kill()
        done = running.wait()
        killed = done.code == -signal.SIGKILL
        world.tell(f"  {' '.join(options)} -> {done.code} {done.lines}")
        self.tally["killed" if killed else f"exit {done.code}"] += 1
        expect("Traceback" not in done.err, done.err)
        codes = (0, 1, 3, 4, 75) if "/news/: " in done.err else (0, 3, 4, 75)
        expect(killed or done.code in codes, f"exit code {done.code}: {done.err}")
        expect(killed or done.code == 0 or bool(done.lines), f"exit code {done.code} and not a word why")
        expect(world.answered_wrong > 0 or done.code != 4, f"exit code 4 without a fault: {done.lines}")
        self.polite(gaps)
        if not world.back_dating:
            self.compare_certified()
        return done

    def todo(self) -> list[tuple[str, str]]:
        return self.crawls.todo() if self.crawls.archive.exists() else []

    def polite(self, gaps: int) -> None:
        """No more requests than a walk may cost; what failed before, once more."""
        asked = self.crawls.asked()
        world = self.world
        for category, pages in world.most_pages.items():
            reads = sum(1 for path in asked if (found := world.listing(path)) and found[0] == category)
            most = most_reads(pages) + gaps + 1 + 2 * world.answered_wrong
            expect(reads <= most, f"{reads} requests for the {pages} pages of {category}, {most} allowed")
        views = Counter(path for path in asked if "/view/" in path)
        for path, count in views.items():
            expect(count <= 1 + RETRIES + 2, f"{path} was asked for {count} times")
        self.tally["requests"] += len(asked)

    # --- the oracle ------------------------------------------------------------------------

    def places(self, category: str) -> dict[int, str | None]:
        """What was ever listed in a category, and since when it is missing there."""
        sql = """
            SELECT a.site_id, p.missing_since FROM article_categories p JOIN articles a ON a.id = p.article_id
            WHERE p.category = ? AND EXISTS (
              SELECT 1 FROM sightings s JOIN captures c ON c.id = s.capture_id
              WHERE s.article_id = a.id AND s.category = p.category AND c.kind = 'listing')
        """
        return dict(self.crawls.rows(sql, category))

    def compare_certified(self) -> None:
        """The last walk of each category, if certified: nothing missed, nothing falsely missing."""
        sql = """
            SELECT category, certified, mode FROM walks w
            WHERE id = (SELECT max(id) FROM walks WHERE category = w.category)
              AND finished_at IS NOT NULL AND finished_at >= (SELECT max(started_at) FROM runs)
        """
        if not self.crawls.archive.exists():
            return
        for category, certified, mode in self.crawls.rows(sql):
            places, listed = self.places(category), self.world.listed.get(category, frozenset())
            self.tally[f"{mode} {'certified' if certified else 'not'}"] += 1
            if certified:
                present = {number for number, missing in places.items() if missing is None}
                expect(listed <= present, f"{category} certified, but missed {sorted(listed - present)}")
            ever = self.world.ever[category]
            expect(places.keys() <= set().union(*self.world.ever.values()), f"{category}: never were {ever}")
        self.no_false_absence()

    def no_false_absence(self) -> None:
        """Who is missing or gone stood in no listing when that was last looked at."""
        away = {n for (n,) in self.crawls.rows("SELECT site_id FROM articles WHERE state <> 'present'")}
        standing = frozenset().union(*self.world.listed.values())
        # An article that came back is found by the next certified walk of its category.
        last = {
            category
            for category, certified in self.crawls.rows(
                "SELECT category, certified FROM walks GROUP BY category HAVING id = max(id)"
            )
            if certified
        }
        seen = frozenset().union(*(self.world.listed[c] for c in last if c in self.world.listed))
        expect(not away & seen & standing, f"present on the site, away in the archive: {sorted(away & seen)}")

    def calm_down(self) -> None:
        world = self.world
        world.restless = world.faulty = 0
        world.lasting.clear()
        world.tell("quiet")
        clean = 0
        for attempt in range(8):
            done = self.run("--mode", "full")
            clean = clean + 1 if done.code == 0 else 0
            if clean >= 2 and attempt >= 2:
                break
            if any("not believed" in line for line in done.lines):
                self.a_day_passes()
                continue
            lines = [line for line in done.lines if not re.search(r"404 Not Found|addresses are still", line)]
            expect(not lines or attempt == 0, f"on a quiet site: {lines}")
        expect(done.code == 0, f"never quiet: {done.lines}")
        self.compare_whole()
        cheap = self.run()
        expect(cheap.code == 0, f"nothing new: {cheap.lines}")

    def a_day_passes(self) -> None:
        """For the listings that lost most of what they had: that takes time to be believed."""
        with contextlib.closing(sqlite3.connect(self.crawls.archive)) as db, db:
            db.execute(
                "UPDATE walks SET finished_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', finished_at, '-1 day')"
                " WHERE reasons LIKE '%not believed%'"
            )

    def compare_whole(self) -> None:
        site, crawls = self.world.site, self.crawls
        for category, numbers in site.listings.items():
            present = {n for n, missing in self.places(category).items() if missing is None}
            expect(present == set(numbers), f"{category}: archive {sorted(present)}, site {sorted(numbers)}")
        standing = {n for listing in site.listings.values() for n in listing}
        rows = crawls.rows("SELECT site_id, state, body, views, detail_at, published_at FROM articles")
        given_up = {path for path, _ in self.todo()}
        expect(len({row[0] for row in rows}) == len(rows), "doubled or unnumbered articles")
        for number, state, body, views, detail_at, published in rows:
            expect(state == ("present" if number in standing else "gone"), f"{number} is {state}")
            if number in standing:
                article = site.articles[number]
                expect("".join(body.split()) == "".join(article.fused.split()), f"{number} has an old text")
                expect(views == article.views, f"{number} has {views} views, not {article.views}")
                known = detail_at is not None or article_path(number) in given_up
                expect(known, f"{number} was never read on its own page")
                expect(published[:19].replace("T", " ") == article.published, f"{number}: {published}")
        expect({row[0] for row in rows} >= standing, "an article is not in the archive at all")
        for number, versions in crawls.rows(
            "SELECT a.site_id, count(*) FROM article_versions v JOIN articles a ON a.id = v.article_id"
            " GROUP BY a.site_id"
        ):
            most = self.world.texts[number]
            expect(versions <= most, f"{number} has {versions} versions, and had {most} texts at most")
        open_ones = crawls.rows(
            "SELECT count(*) FROM absences b JOIN articles a ON a.id = b.article_id"
            " WHERE b.returned_at IS NULL AND a.state = 'present'"
        )
        expect(open_ones == [(0,)], "an absence stays open though the article is back")
        twice = (
            "SELECT count(*) FROM article_versions v JOIN article_versions w USING (article_id, content_hash)"
        )
        expect(crawls.rows(twice + " WHERE w.version = v.version + 1") == [(0,)], "the same version twice")
        order = (
            "SELECT count(*) FROM absences WHERE NOT (last_seen_at <= missing_at AND missing_at <= coalesce("
        )
        expect(crawls.rows(order + "gone_at, missing_at))") == [(0,)], "an absence with its dates awry")
        check_archive(crawls.archive)


def play(seed: int, home: Nursery, folder: Path, *, verbose: bool) -> tuple[Counter[str], str | None]:
    """One scenario; what was counted, and what went wrong."""
    world = new_world(random.Random(seed))
    server: SampleServer
    with serve_faulty(world.site, world) as server:
        scenario = Scenario(world, Field(folder / f"{seed}" / "a.db", server, home))
        problem: str | None = None
        try:
            scenario.play()
        except AssertionError as error:
            problem = str(error) or repr(error)
    if verbose or problem:
        print(f"--- seed {seed}: {world.site.pager}, window {world.site.window}, {world.site.beyond}")
        print("\n".join(world.told))
    return scenario.tally, problem


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder to leave the archives in")
    asked = parser.parse_args()
    tally: Counter[str] = Counter()
    failed: dict[int, str] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        home_folder = asked.keep or Path(folder)
        home_folder.mkdir(parents=True, exist_ok=True)
        with nursery(home_folder) as home:
            for seed in range(asked.seed, asked.seed + asked.count):
                counted, problem = play(seed, home, home_folder, verbose=asked.verbose)
                tally += counted
                if seed % 20 == asked.seed % 20:
                    print(f"seed {seed}, {time.monotonic() - began:.0f} s", flush=True)
                if problem:
                    failed[seed] = problem
                    print(f"FAILED seed {seed}: {problem}", flush=True)
    print(
        f"{asked.count} scenarios from seed {asked.seed} in {time.monotonic() - began:.0f} s: {dict(tally)}"
    )
    for seed, problem in failed.items():
        print(f"FAILED: python {Path(__file__).name} --seed {seed} --count 1 -v   # {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
