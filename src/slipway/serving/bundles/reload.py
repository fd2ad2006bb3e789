"""A thread that looks for new bundles while the server answers."""

import threading

from slipway.serving.bundles.models import Models


class Reloader:
    """Refreshes models when it is asked to, and every so often.

    Args:
        models: The models.
        seconds: Time between two looks; 0: only when asked.
    """

    def __init__(self, models: Models, seconds: float) -> None:
        self._models = models
        self._seconds = seconds or None
        self._asked = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="slipway-reload", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Has the models refreshed soon; never waits."""
        self._asked.set()

    def close(self) -> None:
        """Ends the thread once it has nothing under way."""
        self._closing = True
        self._asked.set()

    def _run(self) -> None:
        while True:
            self._asked.wait(self._seconds)
            self._asked.clear()
            if self._closing:
                return
            self._models.refresh()
