"""Tests of harness_peer.py and example.sh: python -m unittest discover harness/peers"""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
import zipfile

import numpy as np

import harness_peer
from driver import HERE, Driver

WALK = """
    def walk(instance, params, stop):
        x = instance["x0"].copy()
        for step in range(1, stop.max_iter + 1):
            x *= params.rate
            yield Iterate(step, {"x": x}, work=2 * step)
            if stop.reached(abs(x).max()):
                return "solved"
"""


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.instance = os.path.join(folder.name, "instance.npz")
        np.savez(self.instance, x0=np.array([4.0, -8.0]))
        self.script = os.path.join(folder.name, "method.py")

    def write(self, code, run="walk"):
        head = "import os, sys\nimport harness_peer\nfrom harness_peer import Iterate, Result\n"
        with open(self.script, "w") as file:
            file.write(head + textwrap.dedent(code) + f"\nif __name__ == '__main__':\n    harness_peer.run({run})\n")

    def peer(self, code, run="walk", **cell):
        self.write(code, run)
        peer = Driver(["python", self.script], self.instance, params={"rate": 0.5}, **cell)
        self.addCleanup(peer.__exit__)
        return peer


class Conversations(Files):
    def test_iterates_are_shown_one_by_one_until_harness_has_enough(self):
        peer = self.peer(WALK)
        ready = peer.receive()
        self.assertIn("numpy", ready["ready"])
        self.assertGreater(ready["import_s"], 0)
        seen = []

        def go(message):
            seen.append(peer.arrays(message)["x"].tolist())
            return message["step"] < 3

        iterates, end = peer.solve(100, tol=1e-9, iterates=True, go=go)
        self.assertEqual([i["step"] for i in iterates], [1, 2, 3])
        self.assertEqual([i["work"] for i in iterates], [2, 4, 6])
        self.assertEqual(seen, [[2, -4], [1, -2], [0.5, -1]])
        self.assertEqual((end["end"], end["step"]), ("stopped", 3))
        self.assertNotIn("solution", end)
        self.assertEqual(peer.finish(), (0, ""))

    def test_a_timed_sample_makes_exactly_the_steps_asked_for_and_each_solve_starts_anew(self):
        peer = self.peer(WALK)
        peer.receive()
        for _ in range(2):
            iterates, end = peer.solve(3)
            self.assertEqual((iterates, end["end"], end["step"]), ([], "max_iter", 3))
            self.assertEqual(peer.arrays(end)["x"].tolist(), [0.5, -1])
        self.assertEqual(peer.finish(), (0, ""))

    def test_the_end_of_a_generator_is_the_end_of_the_solve(self):
        peer = self.peer(WALK)
        peer.receive()
        iterates, end = peer.solve(100, tol=1.0, iterates=True)
        self.assertEqual((len(iterates), end["end"], end["step"]), (3, "solved", 3))
        self.assertEqual(peer.arrays(end)["x"].tolist(), [0.5, -1])

    def test_a_generator_that_never_ends_is_ended_at_the_step_limit(self):
        peer = self.peer(
            """
            def walk(instance, params, stop):
                step = 0
                try:
                    while True:
                        step += 1
                        yield Iterate(step, lambda: {"x": [step]})
                finally:
                    print("closed after", step)
            """
        )
        peer.receive()
        _, end = peer.solve(5)
        self.assertEqual((end["end"], end["step"], peer.arrays(end)["x"].tolist()), ("max_iter", 5, [5]))
        self.assertEqual(peer.finish(), (0, "closed after 5\n"))

    def test_a_method_that_fails_before_its_first_step_ends_without_an_iterate(self):
        peer = self.peer(
            """
            def walk(instance, params, stop):
                yield Iterate(0, instance)
                return "numerical"
            """
        )
        peer.receive()
        iterates, end = peer.solve(5, iterates=True)
        self.assertEqual((iterates, end["end"], end["step"]), ([], "numerical", 0))
        self.assertEqual(peer.arrays(end)["x0"].tolist(), [4, -8])

    def test_a_function_that_counts_its_steps_is_asked_for_that_many(self):
        peer = self.peer(
            """
            def solve(instance, params, stop):
                steps = min(stop.max_iter, 4) if stop.tol else stop.max_iter
                return Result({"x": instance["x0"] * params["rate"] ** steps}, steps=steps, counters={"calls": 1})
            """,
            run="solve",
        )
        peer.receive()
        _, end = peer.solve(100, tol=1e-9, iterates=True)
        self.assertEqual((end["end"], end["step"], end["counters"]), ("solved", 4, {"calls": 1}))
        _, end = peer.solve(4)
        self.assertEqual((end["end"], end["step"], peer.arrays(end)["x"].tolist()), ("max_iter", 4, [0.25, -0.5]))

    def test_a_function_that_counts_no_steps_gets_the_cells_stop_rule_every_time(self):
        peer = self.peer(
            "def solve(instance, params, stop):\n    return {'asked': [stop.max_iter, stop.tol]}",
            run="solve",
            stop={"max_iter": 50, "tol": 1e-3},
        )
        peer.receive()
        _, first = peer.solve(50, tol=1e-3, iterates=True)
        self.assertEqual((first["end"], first["step"]), ("solved", 1))
        _, again = peer.solve(first["step"])
        self.assertEqual(again["step"], 1)
        self.assertEqual(peer.arrays(again)["asked"].tolist(), [50, 1e-3])

    def test_methods_go_by_name_and_know_the_cell(self):
        code = """
            def load(cell):
                return {"library": "1.2"}

            def threads(instance, params, stop):
                return {"threads": [harness_peer.cell.threads, harness_peer.cell.seed]}
        """
        peer = self.peer(code, run="{'threads': threads}, load", method="threads", threads=3)
        self.assertEqual(peer.receive()["ready"]["library"], "1.2")
        self.assertEqual(peer.arrays(peer.solve(1)[1])["threads"].tolist(), [3, 7])

    def test_the_usual_generators_start_from_the_seed_in_every_solve(self):
        code = """
            import random, numpy
            def draw(instance, params, stop):
                return {"x": [random.random(), numpy.random.random()]}
        """
        draws = []
        for seed in (2**63 + 1, 2**63 + 1, 5):
            peer = self.peer(code, run="draw", seed=seed)
            peer.receive()
            draws += [peer.arrays(peer.solve(1)[1])["x"].tolist() for _ in range(2)]
        self.assertEqual(draws[:4], [draws[0]] * 4)
        self.assertNotEqual(draws[0], draws[4])

    def test_arrays_of_any_layout_are_written_row_by_row_and_uncompressed(self):
        code = """
            import numpy
            def solve(instance, params, stop):
                return {"m": numpy.asfortranarray([[1.0, 2.0], [3.0, 4.0]]), "eta": 5.0}
        """
        peer = self.peer(code, run="solve")
        peer.receive()
        _, end = peer.solve(1)
        arrays = peer.arrays(end)
        self.assertTrue(arrays["m"].flags.c_contiguous)
        self.assertEqual((arrays["m"].tolist(), arrays["eta"].shape), ([[1, 2], [3, 4]], ()))
        with zipfile.ZipFile(peer.path(end)) as file:
            self.assertEqual({entry.compress_type for entry in file.infolist()}, {zipfile.ZIP_STORED})

    def test_other_file_formats_are_handed_through(self):
        code = """
            def solve(instance, params, stop):
                with open(instance) as file, open(harness_peer.cell.folder + "/out.txt", "w") as out:
                    out.write(file.read().upper())
                return "out.txt"
        """
        self.instance = os.path.join(os.path.dirname(self.instance), "instance.txt")
        with open(self.instance, "w") as file:
            file.write("text")
        peer = self.peer(code, run="solve")
        peer.receive()
        _, end = peer.solve(1)
        with open(peer.path(end)) as file:
            self.assertEqual(file.read(), "TEXT")


class Faults(Files):
    def test_what_a_method_prints_never_reaches_the_channel(self):
        peer = self.peer(
            """
            import subprocess
            def load(cell):
                os.write(1, b"from C while loading\\n")
            def walk(instance, params, stop):
                print("from Python")
                os.write(1, b"from C\\n")
                subprocess.run(["sh", "-c", "echo from a child; cat"], check=True)
                assert sys.stdin.read() == ""
                yield Iterate(1, {"x": [1]})
            """,
            run="walk, load",
        )
        self.assertIn("ready", peer.receive())
        self.assertEqual(peer.solve(1)[1]["end"], "max_iter")
        code, errors = peer.finish()
        self.assertEqual(code, 0)
        for line in ("from C while loading\n", "from Python\n", "from C\n", "from a child\n"):
            self.assertIn(line, errors)

    def test_an_exception_is_an_error_in_one_sentence_with_its_traceback_on_stderr(self):
        for code in (
            "def walk(instance, params, stop):\n    raise ValueError('no such\\nsecond line')",
            "def walk(instance, params, stop):\n    yield Iterate(1, {'x': [1]})\n    raise ValueError('no such')",
        ):
            peer = self.peer(code)
            peer.receive()
            self.assertEqual(peer.solve(9, iterates=True)[1], {"error": "ValueError: no such"})
            code, errors = peer.finish()
            self.assertEqual(code, 1)
            self.assertIn("Traceback", errors)

    def test_what_cannot_be_loaded_or_is_misspelt_is_said_instead_of_ready(self):
        walk = "def walk(instance, params, stop):\n    return {}\n"
        cases = (
            (
                walk + "def load(cell):\n    import no_such_library",
                "walk, load",
                {},
                "No module named 'no_such_library'",
            ),
            (walk, "{'walk': walk}", {"method": "wlak"}, "there is no method `wlak`; this peer has walk"),
            (walk, "{'walk': walk, 'run': walk}", {"method": ""}, "which method? this peer has walk, run; name one: "),
            (walk, "walk", {"harness": 2}, "version 2"),
        )
        for code, run, cell, expected in cases:
            peer = self.peer(code, run=run, **cell)
            self.assertIn(expected, peer.receive()["error"])
            self.assertEqual(peer.finish()[0], 1)
        peer = self.peer("def walk(instance, params, stop):\n    return params.rats", stop={})
        peer.receive()
        self.assertIn("no parameter `rats`; given are rate", peer.solve(1)[1]["error"])

    def test_what_is_no_answer_is_a_sentence_that_names_file_and_method_without_a_traceback(self):
        arrays = "a dict of the solution's arrays by name"
        cases = (
            ("pass", {}, f"method.py: walk returned None; expected {arrays}"),
            ("pass", {"solution": "P, or x and y"}, "method.py: walk returned None; expected a dict with P, or x and y"),
            ("return [1, 2]", {}, f"method.py: walk returned a value of type list; expected {arrays}"),
            ("return Result(None)", {}, f"method.py: walk returned None; expected {arrays}"),
            ("yield Iterate(1, lambda: None)", {}, f"method.py: walk yielded None; expected {arrays}"),
            ("yield 5", {}, f"method.py: walk yielded a value of type int; expected Iterate(step, {arrays})"),
            ("yield from ()", {}, "method.py: walk ended without an iterate"),
        )
        for body, cell, expected in cases:
            peer = self.peer(f"def walk(instance, params, stop):\n    {body}", **cell)
            peer.receive()
            self.assertEqual(peer.solve(9, iterates=True)[1], {"error": expected})
            self.assertEqual(peer.finish(), (1, ""))

    def test_an_instance_cannot_be_changed_by_accident(self):
        peer = self.peer("def walk(instance, params, stop):\n    instance['x0'] *= 2")
        peer.receive()
        self.assertIn("read-only", peer.solve(1)[1]["error"])

    def test_the_end_of_input_ends_the_peer_whatever_it_waits_for(self):
        peer = self.peer(WALK)
        self.assertIn("ready", peer.receive())
        self.assertEqual(peer.finish(), (0, ""))
        peer = self.peer(WALK)
        peer.receive()
        peer.send({"solve": 0, "max_iter": 5, "tol": None, "iterates": True})
        self.assertEqual(peer.receive()["step"], 1)
        self.assertEqual(peer.finish(), (0, ""))

    def test_sigterm_ends_a_method_in_foreign_code_and_says_where_it_was(self):
        meeting = os.path.join(os.path.dirname(self.script), "meeting")
        os.mkfifo(meeting)
        peer = self.peer(
            f"""
            def walk(instance, params, stop):
                print("last words")
                open({meeting!r}, "w").close()
                os.read(os.pipe()[0], 1)
            """
        )
        peer.receive()
        peer.send({"solve": 0, "max_iter": 5, "tol": None, "iterates": True})
        with open(meeting) as method:  # opens when the method does
            method.read()
        peer.process.send_signal(signal.SIGTERM)
        self.assertEqual(peer.process.wait(), -signal.SIGTERM)
        self.assertIn("in walk", peer.errors())
        self.assertIn("last words", peer.errors())


class Channel:
    """Answers from a list; keeps what is sent, with the clock's state at each call."""

    def __init__(self, requests):
        self.requests, self.sent, self.ran = list(requests), [], []

    def receive(self):
        self.ran.append(harness_peer._clock.since is not None)
        return self.requests.pop(0)

    def send(self, message):
        self.ran.append(harness_peer._clock.since is not None)
        self.sent.append(message)


class Clocks(unittest.TestCase):
    """On a clock that moves only when a test moves it."""

    def setUp(self):
        self.time = 0.0
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        saved = harness_peer._now, harness_peer.cell, harness_peer._write
        self.addCleanup(lambda: vars(harness_peer).update(zip(("_now", "cell", "_write"), saved)))
        harness_peer._now = lambda: (self.time, 2 * self.time)
        harness_peer.cell = harness_peer.SimpleNamespace(params=harness_peer.Params(), folder=folder.name)
        harness_peer._write = self.write

    def write(self, arrays, *_):
        self.time += 1000
        if callable(arrays):
            arrays()
        return "file"

    def spend(self, seconds):
        self.time += seconds

    def solve(self, method, requests=(), iterates=False, max_iter=2):
        channel = Channel(requests)
        stop = harness_peer.Stop(max_iter=max_iter, tol=None, metric=None, budget_s=None, iterates=iterates)
        harness_peer._solve(channel, method, {}, stop)
        self.assertEqual(channel.ran, [False] * len(channel.ran), "the clock stands still while harness is talked to")
        return [(m["time_s"], m["cpu_s"], m["compile_s"]) for m in channel.sent]

    def test_the_clock_runs_in_the_method_only(self):
        def method(instance, params, stop):
            self.spend(1)
            for step in (1, 2):
                self.spend(2)
                yield harness_peer.Iterate(step, lambda: self.spend(100))

        self.assertEqual(self.solve(method, [{"go": True}] * 2, iterates=True), [(3, 6, 0), (5, 10, 0), (5, 10, 0)])
        self.assertEqual(self.solve(method), [(5, 10, 0)])

    def test_a_plain_function_is_on_the_clock_as_a_whole(self):
        def method(instance, params, stop):
            self.spend(3)
            return lambda: self.spend(100)

        self.assertEqual(self.solve(method), [(3, 6, 0)])

    def test_compiling_and_what_is_no_part_of_the_method_are_kept_apart(self):
        def method(instance, params, stop):
            self.spend(1)
            with harness_peer.off_clock():
                self.spend(10)
                with harness_peer.compiling():
                    self.spend(20)
                self.spend(30)
            self.spend(2)
            with harness_peer.compiling():
                self.spend(40)
            return {}

        self.assertEqual(self.solve(method), [(3, 6, 60)])

    def test_a_rerun_from_the_beginning_is_timed_by_itself_and_time_never_goes_back(self):
        def method(instance, params, stop):
            self.spend(7)
            for step, seconds in ((1, 3), (2, 2), (3, 5)):
                harness_peer.restart_clock()
                self.spend(seconds)
                yield harness_peer.Iterate(step, {})

        times = self.solve(method, [{"go": True}] * 3, iterates=True, max_iter=3)
        self.assertEqual(times, [(3, 6, 0), (3, 6, 0), (5, 10, 0), (5, 10, 0)])


class ByHand(Files):
    def test_a_method_runs_outside_harness(self):
        self.write(WALK)
        tool = os.path.join(HERE, "harness_peer.py")
        command = [sys.executable, tool, self.script, self.instance, "rate=0.5", "max_iter=3", "tol=1e-9"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertEqual(len(lines), 5, lines)
        self.assertTrue(lines[3].startswith("step 3  time_s "), lines)
        solution = lines[4].partition("solution ")[2]
        with np.load(solution) as file:
            self.assertEqual(file["x"].tolist(), [0.5, -1])
        os.remove(solution)
        os.rmdir(os.path.dirname(solution))


    def test_several_methods_and_none_named_is_a_sentence_without_a_traceback(self):
        self.write("def walk(instance, params, stop):\n    pass", run="{'walk': walk, 'hop': walk}")
        tool = os.path.join(HERE, "harness_peer.py")
        command = [sys.executable, tool, self.script, self.instance]
        told = subprocess.run(command, check=False, capture_output=True, text=True)
        expected = (
            "harness_peer: which method? this peer has walk, hop; name one: `method: NAME` in the peers file, "
            "method=NAME on the command line of harness_peer.py\n"
        )
        self.assertEqual((told.returncode, told.stdout, told.stderr), (1, "", expected))


class Shell(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.instance = os.path.join(folder.name, "instance.txt")

    def peer(self, rows):
        with open(self.instance, "w") as file:
            file.write(rows)
        peer = Driver(["sh", os.path.join(HERE, "example.sh")], self.instance)
        self.addCleanup(peer.__exit__)
        return peer

    def test_the_example_walks(self):
        peer = self.peer("5\n")
        self.assertIn("ready", peer.receive())
        left = []

        def go(message):
            with open(peer.path(message)) as file:
                left.append(int(file.read()))
            return left[-1] > 2

        iterates, end = peer.solve(100, tol=0.4, iterates=True, go=go)
        self.assertEqual((left, end), ([4, 3, 2], {"end": "stopped", "step": 3}))
        self.assertEqual(peer.solve(3), ([], {"end": "max_iter", "step": 3, "solution": "left"}))
        self.assertEqual(peer.solve(100, iterates=True)[1], {"end": "solved", "step": 5, "solution": "left"})
        self.assertEqual(peer.finish(), (0, ""))

    def test_the_example_says_what_is_wrong(self):
        peer = self.peer("")
        self.assertIn("cannot be read", peer.receive()["error"])
        self.assertEqual(peer.finish()[0], 1)


if __name__ == "__main__":
    unittest.main()
