"""``python -m core.bench.load FILE --rate 50``: open-loop load from a file of prepared requests.

FILE has one JSON {"url", "body"} a line. Requests leave on a fixed timetable whether or not earlier ones were answered,
and latency counts from the time each was due. Prints {"rate", "done", "p50", "p99", "max", "bad"} (milliseconds).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

import aiohttp


async def load(calls: list[dict[str, str]], rate: float) -> dict[str, Any]:
    """Send all calls at ``rate`` a second."""
    times: list[float] = []
    bad = 0
    connector = aiohttp.TCPConnector(limit=256)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:

        async def one(call: dict[str, str], due: float) -> None:
            nonlocal bad
            try:
                async with session.post(call["url"], data=call["body"], headers=headers) as answer:
                    await answer.read()
                    bad += answer.status != 200
            except (aiohttp.ClientError, TimeoutError, OSError):
                bad += 1
            times.append((time.perf_counter() - due) * 1000)

        start, tasks = time.perf_counter() + 0.2, []
        for number, call in enumerate(calls):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(call, due)))
        await asyncio.gather(*tasks)
        seconds = time.perf_counter() - start
    times.sort()
    at = {f"p{p}": round(times[min(len(times) - 1, len(times) * p // 100)], 1) for p in (50, 95, 99)}
    return {"rate": rate, "done": round(len(calls) / seconds, 1), **at, "max": round(times[-1], 1), "bad": bad}


def main() -> None:
    parser = argparse.ArgumentParser(prog="core.bench.load", description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--rate", type=float, required=True)
    options = parser.parse_args()
    calls = [json.loads(line) for line in Path(options.file).read_text().splitlines()]
    print(json.dumps(asyncio.run(load(calls, options.rate))))  # noqa: T201 - this is its output


if __name__ == "__main__":
    main()
