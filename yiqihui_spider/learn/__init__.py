"""Learns a site's profile from its pages, and proves it with the reader itself. Pure.

:func:`learn` is the way in: pages, and what is known of the articles on them, give a :class:`Lesson`:
the profile, the proof, and what stands against it."""

from yiqihui_spider.learn.key import AnswerKey, Known
from yiqihui_spider.learn.lesson import Lesson, Verdict
from yiqihui_spider.learn.search import learn
from yiqihui_spider.learn.sights import Page

__all__ = ["AnswerKey", "Known", "Lesson", "Page", "Verdict", "learn"]
