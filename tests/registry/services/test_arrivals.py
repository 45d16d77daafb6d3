"""Whose turn it is among followers: few are told at once, many together, all ever."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.guardianship import Office
from registry.bootstrap import Registry
from registry.services import arrivals as module
from registry.services.arrivals import CROWD, MANY, MORE_ROUNDS, SHARE_S, Arrivals
from tests.support.registry import child_id, opened, submission, submit
from tests.support.skipping import SkippingLoop
from tests.support.stories import FATHER, born

ENDLESS_S = 1e9
EVER_S = 3_600.0
NAMES = itertools.count()
Told = list[tuple[float, int]]
"""What one follower was told: when, and up to which position."""
Story = Callable[[Arrivals], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder: Path = tmp_path_factory.mktemp("arrivals")
    with opened(folder) as found:
        yield found


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> SkippingLoop:
    """Give a loop whose clock is the followers' clock too."""
    made = SkippingLoop()
    monkeypatch.setattr(module, "time", made)
    return made


def append(registry: Registry) -> int:
    child = child_id(f"child {next(NAMES)}")
    asked = born(child, "2010-03-01", FATHER)
    by = submission(asked, child, "xuzhou-police", Office.POLICE)
    return submit(registry, by).position


def arrive(registry: Registry, arrivals: Arrivals) -> None:
    """Append an entry, and say so as the thread that watches does."""
    append(registry)
    arrivals.wake()


def play(loop: SkippingLoop, registry: Registry, story: Story) -> None:
    """Run a story to its end; then nobody is counted, waits or is to be woken."""

    async def played() -> None:
        arrivals = Arrivals(registry.log)
        try:
            await story(arrivals)
            assert arrivals.pace_s == 0
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert loop.due() == 0
        finally:
            arrivals.stop()
            arrivals.close()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(played())


async def follow(arrivals: Arrivals, registry: Registry, told: Told) -> None:
    """Be told up to the head whenever it moved, until a stop."""
    clock = asyncio.get_running_loop().time
    at = registry.log.head().position
    async with arrivals.reading():
        while True:
            await arrivals.after(at, ENDLESS_S, lambda: False)
            if arrivals.stopping:
                return
            async with arrivals.turn():
                at = registry.log.head().position
                told.append((clock(), at))
            await arrivals.paced(clock())


@asynccontextmanager
async def following(
    arrivals: Arrivals, registry: Registry, count: int
) -> AsyncIterator[list[Told]]:
    """Have followers; after the block they are asked to end, and all have ended."""
    told: list[Told] = [[] for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        for one in told:
            group.create_task(follow(arrivals, registry, one))
        await asyncio.sleep(0)
        yield told
        arrivals.stop()


def test_few_followers_are_told_of_each_entry_at_the_moment_it_comes(
    loop: SkippingLoop, registry: Registry
) -> None:
    came: Told = []

    async def story(arrivals: Arrivals) -> None:
        async with following(arrivals, registry, 4) as told:
            for _ in range(20):
                await asyncio.sleep(0.01)
                arrive(registry, arrivals)
                came.append((loop.time(), registry.log.head().position))
            await asyncio.sleep(1)
            assert told == [came] * 4

    play(loop, registry, story)


def test_many_followers_are_told_of_several_entries_together(
    loop: SkippingLoop, registry: Registry
) -> None:
    async def story(arrivals: Arrivals) -> None:
        async with following(arrivals, registry, 200) as told:
            begun, pace_s = loop.time(), arrivals.pace_s
            for _ in range(40):
                await asyncio.sleep(0.005)
                arrive(registry, arrivals)
            took_s, head = loop.time() - begun, registry.log.head().position
            await asyncio.sleep(pace_s)
            for one in told:
                assert one[-1][1] == head
                assert len(one) <= took_s / pace_s + 2
                times = [time for time, _ in one]
                for before, after in itertools.pairwise(times):
                    assert after - before >= pace_s - 1e-6
            assert max(map(len, told)) < 40 / 3

    play(loop, registry, story)


def test_even_of_many_whoever_was_not_told_lately_is_told_at_once(
    loop: SkippingLoop, registry: Registry
) -> None:
    async def story(arrivals: Arrivals) -> None:
        async with following(arrivals, registry, 200) as told:
            await asyncio.sleep(1)
            arrive(registry, arrivals)
            came = loop.time()
            await asyncio.sleep(1)
            assert told == [[(came, registry.log.head().position)]] * 200

    play(loop, registry, story)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    readers=st.integers(1, 300),
    pauses=st.lists(st.sampled_from([0.0, 0.001, 0.02, 0.3]), min_size=1, max_size=8),
)
def test_whatever_comes_when_everybody_is_told_of_all_of_it(
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    readers: int,
    pauses: list[float],
) -> None:
    loop = SkippingLoop()
    monkeypatch.setattr(module, "time", loop)

    async def story(arrivals: Arrivals) -> None:
        async with following(arrivals, registry, readers) as told:
            for pause_s in pauses:
                await asyncio.sleep(pause_s)
                arrive(registry, arrivals)
            last, head = loop.time(), registry.log.head().position
            pace_s = arrivals.pace_s
            await asyncio.sleep(EVER_S)
            for one in told:
                assert one[-1][1] == head
                assert one[-1][0] <= last + pace_s + 1e-6

    play(loop, registry, story)


def test_however_many_follow_their_messages_take_no_more_than_their_share_of_time(
    loop: SkippingLoop, registry: Registry
) -> None:
    async def story(arrivals: Arrivals) -> None:
        paces = [arrivals.pace_s]
        async with AsyncExitStack() as stack:
            for _ in range(3 * MANY):
                await stack.enter_async_context(arrivals.reading())
                paces.append(arrivals.pace_s)
        assert paces == sorted(paces)
        for readers, pace_s in enumerate(paces):
            assert pace_s >= readers * SHARE_S - 1e-9
        # As many more as MANY wait longer than their number alone would have them.
        assert paces[MANY] == pytest.approx(MANY * SHARE_S)
        assert paces[3 * MANY] > 3 * paces[MANY]

    play(loop, registry, story)


def test_a_stop_lets_everybody_end_and_nobody_waits_for_his_pace_any_more(
    loop: SkippingLoop, registry: Registry
) -> None:
    async def story(arrivals: Arrivals) -> None:
        async with following(arrivals, registry, 100):
            await asyncio.sleep(1)
            pace_s, stopped = arrivals.pace_s, loop.time()
            arrive(registry, arrivals)
            await asyncio.sleep(0)
            arrivals.stop()
        assert loop.time() <= stopped + pace_s + 1e-6
        before = loop.time()
        async with AsyncExitStack() as stack:
            for _ in range(100):
                await stack.enter_async_context(arrivals.reading())
            await arrivals.paced(before)
        assert loop.time() == before

    play(loop, registry, story)


@pytest.mark.parametrize("where", ["after", "paced", "turn", "in turn", "anywhere"])
def test_a_follower_who_is_gone_leaves_nothing_and_delays_nobody(
    loop: SkippingLoop, registry: Registry, where: str
) -> None:
    async def wait(arrivals: Arrivals) -> None:
        async with arrivals.reading():
            match where:
                case "after":
                    head = registry.log.head().position
                    await arrivals.after(head, ENDLESS_S, lambda: False)
                case "paced":
                    await arrivals.paced(loop.time() + EVER_S)
                case "turn":
                    async with arrivals.turn():
                        pass
                case "in turn":
                    async with arrivals.turn():
                        await asyncio.sleep(EVER_S)
                case _:
                    await follow(arrivals, registry, [])

    async def story(arrivals: Arrivals) -> None:
        async with following(arrivals, registry, 3) as told:
            hold = AsyncExitStack()
            if where == "turn":
                await hold.enter_async_context(arrivals.turn())
            gone = [asyncio.create_task(wait(arrivals)) for _ in range(50)]
            await asyncio.sleep(0.5)
            assert arrivals.pace_s > 50 * SHARE_S
            for one in gone:
                one.cancel()
            await hold.aclose()
            ended = await asyncio.gather(*gone, return_exceptions=True)
            assert all(isinstance(one, asyncio.CancelledError) for one in ended)
            assert arrivals.pace_s == pytest.approx(3 * SHARE_S)
            arrive(registry, arrivals)
            came = loop.time()
            await asyncio.sleep(1)
            assert told == [[(came, registry.log.head().position)]] * 3

    play(loop, registry, story)


def test_between_two_turns_of_many_the_loop_goes_round_more_often(
    registry: Registry,
) -> None:
    async def rounds(readers: int) -> int:
        """Count how often others came in between two turns that follow each other."""
        arrivals = Arrivals(registry.log)
        seen, begun = 0, list[int]()

        async def others() -> None:
            nonlocal seen
            while len(begun) < 2:
                seen += 1
                await asyncio.sleep(0)

        async def reader() -> None:
            async with arrivals.turn():
                begun.append(seen)

        try:
            async with AsyncExitStack() as stack:
                for _ in range(readers):
                    await stack.enter_async_context(arrivals.reading())
                await asyncio.gather(reader(), reader(), others())
        finally:
            arrivals.stop()
            arrivals.close()
        return begun[1] - begun[0]

    few, more, many, most = (
        asyncio.run(rounds(count)) for count in (1, CROWD, 3 * CROWD, 30 * CROWD)
    )
    assert 1 <= few < more < many == most == few + MORE_ROUNDS


def test_what_another_thread_appends_wakes_whoever_waits(registry: Registry) -> None:
    async def waited() -> None:
        arrivals = Arrivals(registry.log)
        head = registry.log.head().position
        try:
            waiting = [
                asyncio.create_task(arrivals.after(head, math.inf, lambda: False))
                for _ in range(20)
            ]
            position = await asyncio.to_thread(append, registry)
            await asyncio.gather(*waiting)  # not at all, were nobody woken
            assert position == registry.log.head().position == head + 1
        finally:
            arrivals.stop()
            arrivals.close()

    asyncio.run(waited())


@pytest.mark.parametrize("by", ["a stop", "an end of his own", "his time"])
def test_whoever_waits_for_nothing_returns_on(
    loop: SkippingLoop, registry: Registry, by: str
) -> None:
    async def story(arrivals: Arrivals) -> None:
        over = False
        timeout_s = 5.0 if by == "his time" else ENDLESS_S
        head = registry.log.head().position
        waiting = asyncio.create_task(arrivals.after(head, timeout_s, lambda: over))
        await asyncio.sleep(4)
        arrivals.wake()  # for others
        await asyncio.sleep(0.5)
        assert not waiting.done()
        match by:
            case "a stop":
                arrivals.stop()
            case "an end of his own":
                over = True
                arrivals.wake()
        await waiting
        assert loop.time() == pytest.approx(5.0 if by == "his time" else 4.5)

    play(loop, registry, story)
