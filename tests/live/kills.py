"""Kills while a script runs: of single connections of sessions, or of whole servers, which are restarted at once."""

import contextlib
import random

import session_scripts
from sandbox_lib import sql


class Connections:
    """Now and then a session's connection to one of the servers is killed there. `count`: how many were."""

    def __init__(self, seed, share=0.8):
        self.chance, self.share, self.count = random.Random(seed), share, 0

    def strike(self, many_sessions):
        """Called while a round is under way."""
        if self.chance.random() > self.share:
            return
        server = self.chance.choice([many_sessions.primary, *many_sessions.replicas])
        victims = [row[0] for row in many_sessions.ask(server, "SHOW PROCESSLIST") if row[1] in session_scripts.USERS]
        if victims:
            with contextlib.suppress(sql.Error):      # 1094: it has gone by itself
                many_sessions.ask(server, f"KILL {self.chance.choice(victims)}")
                self.count += 1

    def most_losses(self):
        """A killed connection is one session's, and costs it one error."""
        return self.count


class Servers:
    """In `times` of so many rounds a server each, in any order: each once before one is killed again."""

    def __init__(self, seed, rounds, times):
        self.chance, self.count, self.at = random.Random(seed), 0, -1
        self.rounds, self.order = set(self.chance.sample(range(rounds), times)), []

    def strike(self, many_sessions):
        self.at += 1
        if self.at not in self.rounds:
            return
        if not self.order:
            self.order = [*many_sessions.cluster.replicas(), many_sessions.cluster.primary()]
            self.chance.shuffle(self.order)
        many_sessions.kill(self.order.pop())
        self.count += 1

    def most_losses(self):
        """Each session may have something there, and be at it when it comes back."""
        return self.count * session_scripts.SESSIONS
