"""Whether a record is what its digests say, though tools differ in what they hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yiqihui_spider.warc.records import StoredResponse, digest_matches, hasher


@dataclass(frozen=True, slots=True)
class Verdict:
    damage: str | None = None
    warning: str | None = None


class Digests:
    """Told the block and the payload piece by piece; judges when all is read."""

    def __init__(self, block: str | None, payload: str | None) -> None:
        self._stated_block = block
        self._stated_payload = payload
        self._block = hasher(block)
        self._raw = {stated: made for stated in (block, payload) if stated and (made := hasher(stated))}
        """The payload as it stands in the record, by what may have been meant to be its digest."""

    def block(self, data: bytes) -> None:
        if self._block is not None:
            self._block.update(data)

    def payload(self, data: bytes) -> None:
        for one in self._raw.values():
            one.update(data)

    def block_matches(self) -> bool | None:
        """None where there is nothing to check, or no way to."""
        if self._block is None or self._stated_block is None:
            return None
        return digest_matches(self._stated_block, self._block.digest())

    def judge(self, record: StoredResponse) -> Verdict:
        """A right block digest proves the record. A wrong one is a browser tool's habit where the
        payload has its digest, or where it is the payload's digest itself; else it is damage. So is
        a wrong payload digest where no block digest speaks for the record."""
        block = self.block_matches()
        if block:
            return Verdict()
        known = self._payload_is(record, self._stated_payload)
        if block is None:
            wrong = known is False and record.truncated is None
            return Verdict("the record does not match its own WARC-Payload-Digest" if wrong else None)
        if known or self._payload_is(record, self._stated_block) or self._says_it_twice(record):
            return Verdict(warning="its WARC-Block-Digest is not that of the block")
        return Verdict("the record does not match its own WARC-Block-Digest")

    def _says_it_twice(self, record: StoredResponse) -> bool:
        """Of a revisit the payload is elsewhere: all that can be told is that both are the same."""
        return record.record_type == "revisit" and self._stated_block == self._stated_payload

    def _payload_is(self, record: StoredResponse, stated: str | None) -> bool | None:
        """Whether a digest is that of the payload: as stored, without its chunks, or decoded."""
        raw = self._raw.get(stated or "")
        if raw is None or stated is None or (record.record_type == "revisit" and not record.payload):
            return None
        if digest_matches(stated, raw.digest()):
            return True
        return any(digest_matches(stated, _hashed(stated, form)) for form in (record.payload, record.body))


def _hashed(stated: str, data: bytes) -> bytes:
    made: Any = hasher(stated)
    made.update(data)
    digest: bytes = made.digest()
    return digest
