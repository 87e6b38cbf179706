"""Harness's side of the peer protocol, for tests of peers: starts one, asks it, and keeps what it answers."""

import json
import os
import subprocess
import sys
import tempfile

from harness_peer import THREADS

HERE = os.path.dirname(os.path.abspath(__file__))


class Driver:
    """A peer at work. `command` is what peers.yaml says, `python` this interpreter."""

    def __init__(self, command, instance, cwd=None, **cell):
        self.folder = tempfile.TemporaryDirectory()
        stop = {"metric": "error", "tol": None, "max_iter": 100, "budget_s": 60, **cell.pop("stop", {})}
        self.hello = {"harness": 1, "instance": instance, "folder": self.folder.name, "method": None, "params": {}}
        self.hello.update({"seed": 7, "threads": 1, "device": "cpu", "dtype": "f64", "stop": stop, **cell})
        command = [sys.executable if word == "python" else word for word in command]
        self.stderr = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": HERE, **{name: str(self.hello["threads"]) for name in THREADS}},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            text=True,
            encoding="utf-8",
        )
        self.solves = 0
        self.send(self.hello)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.stderr.close()
        self.folder.cleanup()

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def receive(self):
        """The next message; None when there are no more."""
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def path(self, message):
        return os.path.join(self.folder.name, message["solution"])

    def arrays(self, message):
        import numpy

        with numpy.load(self.path(message)) as file:
            return {name: file[name] for name in file.files}

    def solve(self, max_iter, tol=None, iterates=False, go=lambda message: True):
        """One solve: its iterates and its end, or what came instead. `go` looks at an iterate, and says whether to go on."""
        self.send({"solve": self.solves, "max_iter": max_iter, "tol": tol, "iterates": iterates})
        self.solves += 1
        iterates = []
        while True:
            message = self.receive()
            if message is None or "step" not in message or "end" in message:
                return iterates, message
            iterates.append(message)
            self.send({"go": bool(go(message))})

    def finish(self):
        """Ends the input; the exit code and standard error."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        assert not rest, f"the peer went on talking: {rest}"
        return self.process.wait(), self.errors()

    def errors(self):
        self.stderr.seek(0)
        return self.stderr.read()
