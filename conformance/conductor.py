"""Runs a plan: starts instances, drives each scenario once, and writes what was seen into the record.

Two lanes at most work at a time. The main launch goes first, its timed scenarios alone; then the second lane starts the
next launch while the first is still driven. A timed scenario of any launch works alone. A main launch that does not
become ready cancels the others, and a profile that is found absent those that it alone needs. Nothing here judges, and
no other module starts or stops an instance during a trial.
"""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import threading
import time
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any

from seatrial.conformance.allowance import Allowance, driving_seconds
from seatrial.conformance.boot_watch import watch_boot
from seatrial.conformance.discovery import discover
from seatrial.conformance.drive import Drive
from seatrial.conformance.events import Event, EventKind
from seatrial.conformance.expect import Unobserved
from seatrial.conformance.options import OPTION_OF_INPUT
from seatrial.conformance.presence import Presences
from seatrial.conformance.quiet import Quiet
from seatrial.conformance.subject.launcher import EngineError, SubjectError
from seatrial.conformance.subject.plan import Voyage, VoyagePlan, plan_voyages, wanted_scenarios
from seatrial.conformance.timebook import TimeBook, Work
from seatrial.conformance.verdict import Untested
from seatrial.conformance.wire.rawhttp import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seatrial.conformance.boot import Boot
    from seatrial.conformance.contract import Catalogue
    from seatrial.conformance.evidence import Record, TrialFacts
    from seatrial.conformance.options import TrialOptions
    from seatrial.conformance.result import Plan
    from seatrial.conformance.samples import Sample, SamplesSeen
    from seatrial.conformance.scenario import Scenario
    from seatrial.conformance.subject.launcher import Instance, Launcher
    from seatrial.conformance.subject.logs import LogSummary
    from seatrial.conformance.wire.redact import Redactor

__all__ = ["Conductor"]

PATIENCE_FACTOR, PATIENCE_EXTRA = 5.0, 60.0
"""A later start may take so many times the main one's seconds, and so many seconds more."""


class Conductor:
    """Drives one subject through one plan.

    Args:
        launcher: prepared; the conductor does not close it.
        options: of the trial.
        catalogue: of the profiles judged.
        ids: of the clauses that will be judged.
        record: where observations go.
        redactor: masks secrets before anything is recorded.
    """

    def __init__(
        self,
        launcher: Launcher,
        options: TrialOptions,
        catalogue: Catalogue,
        ids: Iterable[str],
        *,
        record: Record,
        redactor: Redactor,
    ) -> None:
        self._launcher, self._options, self._record, self._redactor = launcher, options, record, redactor
        names, alive = wanted_scenarios(catalogue, record.facts, ids)
        self._presences = Presences(catalogue)
        self._voyages: VoyagePlan = plan_voyages(names, record.facts, main=alive, first=self._presences.scenarios)
        self._quiet = Quiet()
        self._stopping = threading.Event()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._done: set[str] = set()
        self._grew = threading.Condition()
        self._finished = False
        self._thread: threading.Thread | None = None
        self._origin = time.monotonic()
        self._times = TimeBook(self._origin)
        self._samples: SamplesSeen | None = None
        self._known: tuple[Sample, ...] = ()
        self._main_ready: float | None = None
        self._allowance = Allowance(self._spend)
        self._given_up = "the trial was given up"
        self._lanes_open = threading.Event()
        self._afloat: dict[str, Instance] = {}
        self.starts = 0
        self.fatal: Exception | None = None

    @property
    def plan(self) -> Plan:
        """What will be started, waited for and driven."""
        return self._voyages.printed()

    def start(self) -> None:
        """Begin; returns at once."""
        self._origin = time.monotonic()
        self._times = TimeBook(self._origin)
        self._record.add("plan", "", self.plan)
        self._thread = threading.Thread(target=self._conduct, name="seatrial-conductor", daemon=True)
        self._thread.start()

    def wait_for(self, scenarios: Iterable[str], on_event: Callable[[Event], None]) -> None:
        """Block until some observations are recorded, or everything is over; events are delivered meanwhile.

        Raises:
            SubjectError: the subject cannot be started, through the user's mistake.
            EngineError: the engine failed.
        """
        wanted = set(scenarios)
        while True:
            self._deliver(on_event)
            with self._grew:
                if self._finished or wanted <= self._done:
                    break
                self._grew.wait(0.1)
        self._deliver(on_event)
        if self.fatal is not None:
            raise self.fatal

    def finish(self, on_event: Callable[[Event], None]) -> None:
        """Block until everything is driven and every instance is gone."""
        while self._thread is not None and self._thread.is_alive():
            self._deliver(on_event)
            self._thread.join(0.1)
        self._deliver(on_event)

    def cancel(self) -> None:
        """Give up: scenarios end early, instances are removed. Returns once nothing of this trial runs any more."""
        self._stopping.set()
        self._lanes_open.set()
        for instance in list(self._afloat.values()):
            instance.stop()
        if self._thread is not None:
            self._thread.join(30.0)

    def _deliver(self, on_event: Callable[[Event], None]) -> None:
        while True:
            try:
                on_event(self._events.get_nowait())
            except queue.Empty:
                return

    def _tell(self, kind: EventKind, launch: str = "", scenario: str = "", detail: str = "") -> None:
        self._events.put(Event(kind, time.monotonic() - self._origin, launch, scenario, detail))

    def _conduct(self) -> None:
        try:
            self._leave_out()
            for scenario in self._voyages.static:
                self._drive_static(scenario)
            self._sail_all()
        except (SubjectError, EngineError) as error:
            self.fatal = error
        except Exception:  # noqa: BLE001  whatever broke the conductor must reach the report, not a dead thread
            self._record.add_crashed("conductor", "", traceback.format_exc())
        finally:
            self._allowance.close()
            self._record.add("times", "", self._times.times(round(time.monotonic() - self._origin, 3)))
            self._tell(EventKind.DONE, detail=str(self.fatal or ""))
            with self._grew:
                self._finished = True
                self._grew.notify_all()

    def _leave_out(self) -> None:
        for scenario, why in self._voyages.left_out:
            kind, option = Untested.OUT_OF_REACH, ""
            if (scenario.soak or scenario.inputs) and self._voyages.voyages:
                kind, option = Untested.MISSING_INPUT, _option(scenario, self._record.facts.inputs)
            self._unobserved(scenario.name, "", Unobserved(kind, why, option))

    def _sail_all(self) -> None:
        voyages = deque(self._voyages.voyages)
        if not voyages:
            self._unobserve_harness(Untested.OUT_OF_REACH, "nothing is started")
            return
        main = voyages.popleft()
        beside = threading.Thread(target=self._sail_others, args=(voyages,), name="seatrial-lane-2", daemon=True)
        if self._launcher.parallel:
            beside.start()
        try:
            self._sail(main, is_main=True)
        finally:
            self._lanes_open.set()
        self._sail_others(voyages)
        if self._launcher.parallel:
            beside.join()

    def _sail_others(self, voyages: deque[Voyage]) -> None:
        self._lanes_open.wait()
        while True:
            try:
                voyage = voyages.popleft()
            except IndexError:
                return
            if why := self._pointless(voyage):
                self._unobserve(voyage, why, is_main=False)
                continue
            try:
                self._sail(voyage, is_main=False)
            except (SubjectError, EngineError) as error:
                self.fatal = error
                self._stopping.set()
            except Exception:  # noqa: BLE001  one launch that breaks must not take the others along
                for scenario in voyage.scenarios:
                    self._crashed(scenario.name, voyage.spec.name, traceback.format_exc())

    def _pointless(self, voyage: Voyage) -> str:
        """Why a launch would show nothing: the profile that alone needs it is absent. Waits until that is known."""
        clause = self._presences.asked_before(voyage.scenarios)
        if not clause:
            return ""
        wanted = set(self._presences.scenarios_of(clause))
        with self._grew:
            self._grew.wait_for(lambda: wanted <= self._done or self._stopping.is_set())
        return f"{clause} does not hold" if self._presences.absent(clause, self._record) else ""

    def _sail(self, voyage: Voyage, *, is_main: bool) -> None:
        if self._stopping.is_set():
            self._unobserve(voyage, f"{self._given_up} before this launch", is_main=is_main)
            return
        with contextlib.ExitStack() as start:
            start.enter_context(self._quiet.working())
            self._sail_off(voyage, start.close, is_main=is_main)

    def _sail_off(self, voyage: Voyage, started: Callable[[], None], *, is_main: bool) -> None:
        name = voyage.spec.name
        self._tell(EventKind.LAUNCHING, name)
        instance = self._launcher.launch(voyage.spec)
        self.starts += 1
        self._afloat[name] = instance
        self._record.add(f"address@{name}", name, instance.address)
        origin = time.monotonic() - instance.now()
        client = Client(
            instance.address, origin=origin, mask=self._redactor, verify=not self._options.insecure,
            horizon=self._allowance.horizon,
        )  # fmt: skip
        try:
            if voyage.starting:
                self._drive_all(voyage, instance, client, None, is_main=is_main)
            else:
                boot = self._boot(voyage, instance, client, is_main=is_main)
                started()
                if self._began(voyage, client, boot, is_main=is_main):
                    self._drive_all(voyage, instance, client, boot, is_main=is_main)
        finally:
            instance.stop()
            self._afloat.pop(name, None)
            self._record.add(f"log@{name}", name, self._masked(instance.logs.summary()))
            self._tell(EventKind.STOPPED, name)

    def _masked(self, log: LogSummary) -> LogSummary:
        lines = tuple(dataclasses.replace(line, text=self._redactor.mask_text(line.text)) for line in log.lines)
        return dataclasses.replace(log, lines=lines)

    def _boot(self, voyage: Voyage, instance: Instance, client: Client, *, is_main: bool) -> Boot:
        name = voyage.spec.name
        began = time.monotonic()
        boot = watch_boot(instance, client, self._facts_of_start(is_main=is_main), self._stopping)
        self._times.note(Work.START, name, began, time.monotonic())
        self._seen("boot" if is_main else f"boot@{name}", name, boot)
        if boot.ready:
            self._tell(EventKind.READY, name, detail=f"200 after {boot.ready_at:.1f} s")
        else:
            self._tell(EventKind.NOT_READY, name, detail=str(boot.end))
        return boot

    def _began(self, voyage: Voyage, client: Client, boot: Boot, *, is_main: bool) -> bool:
        """Take in how a launch started; whether it is driven. Only the main one must be ready for that."""
        name = voyage.spec.name
        if is_main:
            if not boot.ready:
                self._unobserve(voyage, f"the main launch did not become ready ({boot.end})", is_main=False)
                self._unobserved("samples", name, Unobserved(Untested.PREREQUISITE, "the main launch is not ready"))
                self._stopping.set()
                return False
            self._main_ready = boot.ready_at
            self._allowance.begin(
                self._options.driving_timeout or driving_seconds(self.plan, soak=self._record.facts.soak),
                start=boot.ready_at or 0.0,
                launches=len(self._voyages.voyages) - 1,
            )
            self._discover(client, name)
        return True

    def _discover(self, client: Client, launch: str) -> None:
        samples, self._known = discover(client, self._options, self._record.facts)
        if self._stopping.is_set():
            self._unobserved("samples", launch, Unobserved(Untested.PREREQUISITE, self._given_up))
            return
        self._samples = samples
        self._allowance.know(samples)
        self._seen("samples", launch, samples)

    def _spend(self) -> None:
        self._given_up = f"the subject used up the {self._allowance.seconds:.0f} s that it may be driven"
        self._stopping.set()

    def _facts_of_start(self, *, is_main: bool) -> TrialFacts:
        """A start that takes many times what the main one took has hung: it is not waited for the whole window."""
        facts = self._record.facts
        if is_main or self._main_ready is None:
            return facts
        patience = PATIENCE_FACTOR * self._main_ready / facts.scale + PATIENCE_EXTRA
        return dataclasses.replace(facts, window=min(facts.window, patience))

    def _drive_all(
        self, voyage: Voyage, instance: Instance, client: Client, boot: Boot | None, *, is_main: bool
    ) -> None:
        over = threading.Event()
        beside = [
            threading.Thread(
                target=self._drive, args=(s, instance, client, boot, over), name=f"seatrial-{s.name}", daemon=True
            )
            for s in voyage.scenarios
            if s.alongside
        ]
        for thread in beside:
            thread.start()
        rest = [s for s in voyage.scenarios if not s.alongside and not s.ends]
        for scenario in rest:
            if is_main and not scenario.timed:
                self._lanes_open.set()
            self._drive(scenario, instance, client, boot, over)
        over.set()
        if is_main:
            self._lanes_open.set()
        for thread in beside:
            thread.join()
        for scenario in voyage.scenarios:
            if scenario.ends and not scenario.alongside:
                self._drive(scenario, instance, client, boot, over)

    def _drive(
        self, scenario: Scenario, instance: Instance, client: Client, boot: Boot | None, over: threading.Event
    ) -> None:
        name = instance.spec.name
        if self._stopping.is_set():
            self._unobserved(scenario.name, name, Unobserved(Untested.PREREQUISITE, self._given_up))
            return
        drive = Drive(
            instance, client, facts=self._record.facts, options=self._options, boot=boot, samples=self._samples,
            known=self._known, stopping=self._stopping, over=over,
        )  # fmt: skip
        with self._room_for(scenario):
            self._tell(EventKind.DRIVING, name, scenario.name)
            began = time.monotonic()
            self._run(scenario, name, drive)
            ended = time.monotonic()
        if not scenario.alongside:
            work = Work.START if scenario.starting else Work.DRIVE  # what such a scenario drives is the start itself
            self._times.note(work, scenario.name, began, ended, without=drive.waits)
        self._tell(EventKind.DROVE, name, scenario.name, f"{ended - began:.1f} s")

    def _room_for(self, scenario: Scenario) -> contextlib.AbstractContextManager[None]:
        """What runs alongside others lasts as long as they do, so nobody waits for it."""
        if scenario.alongside:
            return contextlib.nullcontext()
        return self._quiet.alone() if scenario.timed else self._quiet.working()

    def _run(self, scenario: Scenario, launch: str, drive: Drive) -> None:
        began = time.monotonic()
        try:
            seen = scenario.run(drive)
        except Unobserved as gap:
            self._unobserved(scenario.name, launch, gap)
        except Exception:  # noqa: BLE001  a scenario that breaks is the harness's fault, and is reported as such
            if self._stopping.is_set():
                self._unobserved(scenario.name, launch, Unobserved(Untested.PREREQUISITE, self._given_up))
            else:
                self._crashed(scenario.name, launch, traceback.format_exc())
        else:
            if self._stopping.is_set() and launch:
                # What was cut short looks like silence of the subject, which it was not.
                self._unobserved(scenario.name, launch, Unobserved(Untested.PREREQUISITE, self._given_up))
                return
            waited = sum(end - begin for begin, end in drive.waits)
            self._seen(scenario.name, launch, seen, took=time.monotonic() - began, waited=waited)
        for begin, end in drive.waits:
            self._times.note(Work.WAIT, scenario.name, begin, end)

    def _drive_static(self, scenario: Scenario) -> None:
        drive = Drive(
            None, None, facts=self._record.facts, options=self._options, boot=None, samples=None, known=(),  # type: ignore[arg-type]  # a static scenario has no instance
            stopping=self._stopping, over=threading.Event(),
        )  # fmt: skip
        self._tell(EventKind.DRIVING, "", scenario.name)
        self._run(scenario, "", drive)
        self._tell(EventKind.DROVE, "", scenario.name)

    def _unobserve(self, voyage: Voyage, why: str, *, is_main: bool) -> None:
        for scenario in voyage.scenarios:
            self._unobserved(scenario.name, voyage.spec.name, Unobserved(Untested.PREREQUISITE, why))
        if is_main:
            self._unobserve_harness(Untested.PREREQUISITE, why)

    def _unobserve_harness(self, kind: Untested, why: str) -> None:
        for name in ("boot", "samples"):
            self._unobserved(name, "main", Unobserved(kind, why))

    def _seen(self, scenario: str, launch: str, value: Any, *, took: float = 0.0, waited: float = 0.0) -> None:
        self._record.add(scenario, launch, value, took=took, waited=waited)
        self._mark(scenario)

    def _unobserved(self, scenario: str, launch: str, why: Unobserved) -> None:
        self._record.add_unobserved(scenario, launch, why)
        self._mark(scenario)

    def _crashed(self, scenario: str, launch: str, text: str) -> None:
        self._record.add_crashed(scenario, launch, text)
        self._mark(scenario)

    def _mark(self, scenario: str) -> None:
        with self._grew:
            self._done.add(scenario)
            self._grew.notify_all()


def _option(scenario: Scenario, offered: frozenset[str]) -> str:
    if scenario.soak:
        return OPTION_OF_INPUT["soak"]
    return next((OPTION_OF_INPUT[name] for name in scenario.inputs if name not in offered), "")
