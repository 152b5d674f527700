"""Ask the reading room of an archive for its front page, in this process; without a server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from yiqihui_spider.serving.app import make_datasette


async def front_page(archive: Path) -> None:
    answer = await make_datasette(archive).client.get("/")
    assert answer.status_code == 200, answer.text
    assert "社群" in answer.text


if __name__ == "__main__":
    asyncio.run(front_page(Path(sys.argv[1])))
