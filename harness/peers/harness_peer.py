"""Lets a method written in Python run as a peer of harness: the protocol of docs/peers.md, and the clock.

    import harness_peer

    def solve(instance, params, stop):
        x = ...                          # from instance["C"], params.rate, stop.max_iter, stop.tol
        return {"x": x}

    if __name__ == "__main__":
        harness_peer.run(solve)

`instance` holds the arrays of the instance file, read-only; `params` the parameters of peers.yaml; `stop` says when to end.
A method that yields `Iterate(step, arrays)` instead of returning arrays shows harness how it converges, and is ended by it.
By hand, without harness: python harness_peer.py my_method.py instance.npz max_iter=100 rate=0.1
Python 3.9 or later, and numpy.
"""

import contextlib
import faulthandler
import inspect
import json
import os
import random
import runpy
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Optional

VERSION = 1
STARTED = time.perf_counter()
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)  # set by harness: libraries read them when loaded

cell: Any = None  # the first message: method, params, seed, threads, device, dtype, folder
_clock: Any = None  # of the solve under way
_trial: Any = None  # takes harness's part when a person tries a method out


@dataclass
class Stop:
    """When a solve ends: after `max_iter` steps, or at `tol` in harness's `metric`. Without a `tol` all steps are made."""

    max_iter: int
    tol: Optional[float]
    metric: Optional[str]
    budget_s: Optional[float]
    iterates: bool  # whether iterates are looked at; if not, only the last one counts

    def reached(self, value):
        return self.tol is not None and value <= self.tol


@dataclass
class Iterate:
    """The state after `step` steps. `arrays` may be a function that makes them: it is called off the clock, and only if they
    are looked at. They must not change before the method goes on, nor after its last iterate."""

    step: int
    arrays: Any
    work: Optional[float] = None
    counters: Optional[dict] = None


@dataclass
class Result:
    """What a method without iterates may return instead of bare arrays. If it does not count its `steps`, the solve is one
    step, and is always given the cell's own stop rule."""

    arrays: Any
    steps: Optional[int] = None
    work: Optional[float] = None
    status: Optional[str] = None
    counters: Optional[dict] = None


class Params(dict):
    """Parameters by name: `params.rate` or `params["rate"]`."""

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(f"there is no parameter `{name}`; given are {', '.join(self) or 'none'}")


class Misuse(Exception):
    """What a person can put right by the sentence alone: it is told without a traceback."""


def _now():
    return time.perf_counter(), time.process_time()


class _Clock:
    """Seconds of solving, wall and CPU of all threads, and seconds of compiling."""

    def __init__(self):
        self.wall = self.cpu = self.compile = 0.0
        self.told = (0.0, 0.0)
        self.since = None

    def tell(self):
        """Wall and CPU seconds. A rerun that was quicker than a shorter one before it took no less than that."""
        self.told = max(self.told[0], self.wall), max(self.told[1], self.cpu)
        return self.told

    @contextlib.contextmanager
    def runs(self, runs=True):
        """Runs or stands still within, and is afterwards as it was before."""
        before = self.since is not None
        self.switch(runs)
        try:
            yield
        finally:
            self.switch(before)

    def switch(self, on):
        now = _now()
        if self.since is not None:
            self.wall += now[0] - self.since[0]
            self.cpu += now[1] - self.since[1]
        self.since = now if on else None


def off_clock():
    """Stops the clock for what is not part of the method: `with off_clock():` calibrate, convert, move data into place."""
    return _clock.runs(False)


@contextlib.contextmanager
def compiling():
    """Counts as compiling, not as solving."""
    with off_clock():
        start = _now()[0]
        yield
        _clock.compile += _now()[0] - start


def restart_clock():
    """For a method that cannot go on from an iterate, and makes the next one by more steps from the beginning."""
    _clock.switch(_clock.since is not None)
    _clock.wall = _clock.cpu = 0.0


def run(methods, load=None):
    """Serves harness until it asks no more. `methods` is a function `(instance, params, stop)`, or several by the names that
    peers.yaml gives as `method`. `load(cell)` imports what needs to know the cell, or prints when it is imported; it may
    return names and versions to be kept with the results."""
    if _trial:
        try:
            return _serve(_trial, methods, load)
        except Misuse as error:
            sys.exit(f"harness_peer: {error}")
    faulthandler.enable()
    # SIGTERM ends it at once, in the midst of foreign code too, and standard error says where it was.
    faulthandler.register(signal.SIGTERM, chain=True)
    channel = _Pipes()
    try:
        _serve(channel, methods, load)
    except BrokenPipeError:
        sys.exit(1)  # harness is gone
    except Misuse as error:
        channel.send({"error": str(error)})
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        channel.send({"error": f"{type(error).__name__}: {reason}"})
        sys.exit(1)


class _Pipes:
    """Messages on what were standard input and output. From now on what anyone prints, from C too, goes to standard error."""

    def __init__(self):
        self.requests = os.fdopen(os.dup(0), encoding="utf-8")
        self.answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout.flush()
        sys.stdout = sys.stderr
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)

    def receive(self):
        line = self.requests.readline()
        return json.loads(line) if line else None

    def send(self, message):
        self.answers.write(json.dumps(message, allow_nan=False) + "\n")
        self.answers.flush()


def _serve(channel, methods, load):
    global cell, numpy
    hello = channel.receive()
    if hello is None:
        return
    if hello["harness"] != VERSION:
        raise RuntimeError(
            f"harness speaks version {hello['harness']} of the protocol, harness_peer.py version {VERSION}"
        )
    cell = SimpleNamespace(**{**hello, "params": Params(hello["params"])})
    versions = (load(cell) if load else None) or {}
    import numpy

    versions = {"python": sys.version.split()[0], "numpy": numpy.__version__, **versions}
    import_s = max(time.perf_counter() - STARTED, time.process_time())
    if isinstance(methods, dict):
        if not cell.method:
            raise Misuse(
                f"which method? this peer has {', '.join(methods)}; name one: `method: NAME` in the peers file, "
                "method=NAME on the command line of harness_peer.py"
            )
        if cell.method not in methods:
            raise Misuse(f"there is no method `{cell.method}`; this peer has {', '.join(methods)}")
        methods = methods[cell.method]
    instance = _read(cell.instance)
    channel.send({"ready": versions, "import_s": import_s})
    rule, counts_steps = cell.stop, True
    for message in iter(channel.receive, None):
        # A method that counts no steps cannot be asked for a number of them.
        max_iter, tol = (message if counts_steps else rule)["max_iter"], (message if counts_steps else rule)["tol"]
        stop = Stop(max_iter, tol and float(tol), rule.get("metric"), rule.get("budget_s"), message["iterates"])
        random.seed(cell.seed)
        numpy.random.seed(cell.seed % 2**32)
        counts_steps = _solve(channel, methods, instance, stop)


def _solve(channel, method, instance, stop):
    """One solve; whether the method counts its steps."""
    global _clock
    _clock = _Clock()
    with _clock.runs():
        answer = method(instance, cell.params, stop)
    if inspect.isgenerator(answer):
        _follow(channel, method, answer, stop)
        return True
    result = answer if isinstance(answer, Result) else Result(answer)
    counts_steps = result.steps is not None
    last = Iterate(result.steps if counts_steps else 1, result.arrays, result.work, result.counters)
    status = result.status or ("max_iter" if counts_steps and result.steps >= stop.max_iter else "solved")
    channel.send({"end": status, **_message(last), "solution": _write(last.arrays, method, "returned")})
    return counts_steps


def _kind(value):
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _expected():
    names = getattr(cell, "solution", None)
    return f"a dict with {names}" if names else "a dict of the solution's arrays by name"


def _place(method):
    """The file and the name of a method."""
    code = getattr(method, "__code__", None)
    file = os.path.basename(code.co_filename) + ": " if code else ""
    return file + getattr(method, "__name__", "the method")


def _follow(channel, method, generator, stop):
    """Hands on what the generator yields. The clock runs inside the generator only."""
    last, status, solution = None, "max_iter", None
    while last is None or last.step < stop.max_iter:
        try:
            with _clock.runs():
                last = next(generator)
        except StopIteration as end:
            if last is None:
                raise Misuse(f"{_place(method)} ended without an iterate") from None
            status = end.value or "solved"
            break
        if not isinstance(last, Iterate):
            raise Misuse(f"{_place(method)} yielded {_kind(last)}; expected Iterate(step, {_expected()})")
        if stop.iterates and last.step > 0:
            solution = _write(last.arrays, method, "yielded")
            channel.send({**_message(last), "solution": solution})
            answer = channel.receive()
            if answer is None or not answer["go"]:
                generator.close()
                if answer:
                    channel.send({"end": "stopped", **_message(last)})
                return
    generator.close()
    solution = solution or _write(last.arrays, method, "yielded")
    channel.send({"end": status, **_message(last), "solution": solution})


def _message(iterate):
    wall, cpu = _clock.tell()
    message = {"step": int(iterate.step), "time_s": wall, "cpu_s": cpu, "compile_s": _clock.compile}
    if iterate.work is not None:
        message["work"] = float(iterate.work)
    if iterate.counters:
        message["counters"] = {name: int(count) for name, count in iterate.counters.items()}
    return message


def _read(path):
    """The arrays of an .npz file; of a file in another format its path."""
    if not path.endswith(".npz"):
        return path
    with numpy.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    for array in arrays.values():
        array.flags.writeable = False  # every solve starts from the same
    return arrays


def _write(arrays, method, gave):
    """Writes arrays into harness's folder; the file's name. A text is the name of a file that the method wrote there."""
    arrays = arrays() if callable(arrays) else arrays
    if isinstance(arrays, str):
        return arrays
    if not isinstance(arrays, dict):
        raise Misuse(f"{_place(method)} {gave} {_kind(arrays)}; expected {_expected()}")
    path = os.path.join(cell.folder, "solution.npz")
    numpy.savez(path, **{name: numpy.asarray(array, order="C") for name, array in arrays.items()})
    return "solution.npz"


class _Trial:
    """Harness's part, for a person at a terminal: one solve, and each iterate a line."""

    def __init__(self, instance, given):
        rule = {"max_iter": 1000, "tol": None, "metric": None, "budget_s": None}
        rule.update((name, given.pop(name)) for name in list(given) if name in rule)
        hello = {"harness": VERSION, "instance": instance, "folder": tempfile.mkdtemp(), "stop": rule}
        hello.update({"method": None, "seed": 0, "threads": 1, "device": "cpu", "dtype": "f64"})
        hello.update((name, given.pop(name)) for name in list(given) if name in hello)
        solve = {"solve": 0, "iterates": given.pop("iterates", True), **rule}
        self.folder, self.requests = hello["folder"], [{**hello, "params": given}, solve]

    def receive(self):
        return self.requests.pop(0) if self.requests else None

    def send(self, message):
        if "step" in message and "end" not in message:
            self.requests.append({"go": True})
        elif "end" in message:
            message["solution"] = os.path.join(self.folder, message["solution"])
        shown = {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in message.items()}
        print("  ".join(f"{name} {value}" for name, value in shown.items()))


def try_out(script, instance, *settings):
    """Runs the peer `script` on an instance file, outside harness. `settings` are texts `name=value`: `max_iter`, `tol`,
    `method`, `seed`, `threads`, `iterates`, and the peer's own parameters."""
    global _trial
    given = {}
    for name, _, text in (setting.partition("=") for setting in settings):
        try:
            given[name] = json.loads(text)
        except ValueError:
            given[name] = text
    os.environ.update({name: str(given.get("threads", 1)) for name in THREADS})
    _trial = _Trial(os.path.abspath(instance), given)
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    sys.modules["harness_peer"] = sys.modules["__main__"]
    if len(sys.argv) < 3:
        sys.exit("usage: python harness_peer.py METHOD.py INSTANCE.npz [name=value …]")
    try_out(*sys.argv[1:])
