"""The seed's way of one cycle, to compare: aiohttp, 30 connections, gather in two phases. Prints one JSON line a round.

Arguments: the URL of the API, the number of rounds. It parses what it gets and keeps it in memory; it stores nothing.
"""
import asyncio
import json
import resource
import sys
import time

import aiohttp

BASE, ROUNDS = sys.argv[1], int(sys.argv[2])
WHO = {"user": "bench", "secret": "bench"}


async def fetch(session, path, **query):
    for attempt in range(3):
        try:
            async with session.get(BASE + path, params={**WHO, **query}, timeout=aiohttp.ClientTimeout(total=30)) as response:
                response.raise_for_status()
                return await response.json()
        except Exception:
            if attempt == 2:
                return {}
            await asyncio.sleep(2 ** attempt)


def one(body):
    results = body.get("results") or [{}]
    return results[0] if isinstance(results, list) else {}


async def cycle():
    began, cpu = time.perf_counter(), time.process_time()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=30)) as session:
        live = await fetch(session, "/match/detail_live")
        listed = time.perf_counter()
        ids = [match["id"] for match in live["results"]]
        details, odds = await asyncio.gather(
            asyncio.gather(*(fetch(session, "/match/recent/list", uuid=i) for i in ids)),
            asyncio.gather(*(fetch(session, "/odds/history", uuid=i) for i in ids)),
        )
        matches = [one(body) for body in details]
        teams = {match.get(side) for match in matches for side in ("home_team_id", "away_team_id")} - {None}
        competitions = {match.get("competition_id") for match in matches} - {None}
        await asyncio.gather(
            asyncio.gather(*(fetch(session, "/team/additional/list", uuid=i) for i in teams)),
            asyncio.gather(*(fetch(session, "/competition/additional/list", uuid=i) for i in competitions)),
            fetch(session, "/country/list"),
        )
    ended = time.perf_counter()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"total": ended - began, "enrich": ended - listed, "cpu": time.process_time() - cpu, "rss": rss}), flush=True)


async def main():
    for _ in range(ROUNDS):
        await cycle()


asyncio.run(main())
