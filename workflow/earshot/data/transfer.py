"""One file over HTTP, taken up again at the byte where it stopped.

requests speaks HTTP (certificates, proxies, redirects, time-outs), the `Retry` of urllib3 decides whether and when to
ask again (growing pauses, Retry-After), tqdm reports progress. By hand is what none of them does: Range and If-Range.
"""

import json
import logging
import re
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ReadTimeoutError
from urllib3.util import Retry

from earshot import __version__

logger = logging.getLogger(__name__)

CHUNK = 1 << 18  # bytes
WORTH = 1 << 20  # bytes; with so many new ones a connection that is cut counts as the first again
LOG_INTERVAL = 10.0  # seconds
RETRIED = (408, 429, 500, 502, 503, 504)
HTML = "what comes is an HTML page (a log-in, a notice, an error), not the data"
ELSEWHERE = "Set `mirror` to another address or `data_dir` to a folder that has the file, or put the file there by hand"
FREE_SPACE = "Free some and start again: what has arrived is kept"


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, in seconds, and how not to be a burden to it.

    `stall_timeout` bounds the time without a byte. There are `attempts` without progress, with pauses of 0, 2, 4, ...
    times `backoff`; no pause, also none that the server asks for by Retry-After, is longer than `longest_wait`.
    All processes of the machine that share a state folder have at most `per_host` connections to a host.
    """

    connect_timeout: float = 15.0
    stall_timeout: float = 60.0
    attempts: int = 6
    backoff: float = 1.0
    longest_wait: float = 120.0
    per_host: int = 2


class Broken(Exception):
    """A fault that no further attempt mends, and what a person can do about it."""

    def __init__(self, fault: str, remedy: str = ELSEWHERE):
        super().__init__(fault)
        self.fault, self.remedy = fault, remedy


class _Again(Exception):
    """This attempt failed, and another may not. `answer` is urllib3's, where it may say when to come back."""

    def __init__(self, fault: str, answer: Any = None):
        super().__init__(fault)
        self.answer = answer


class _Policy(Retry):
    """A Retry that bounds Retry-After as it bounds its own pauses, and takes an unreadable one for none."""

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            return min(super().parse_retry_after(retry_after), self.backoff_max)
        except InvalidHeader:
            return 0.0


def transfer(url: str, partial: Path, record: IO[str], *, patience: Patience, has_checksum: bool) -> bool:
    """Bring what is missing of the file at `url` to `partial`, and tell whether its bytes stem from several answers.

    `record` is open to read and to append; it keeps what the server said of the file from one run to the next.
    `has_checksum` says that a splice of two different files would be noticed, so that a server need not vouch for it.
    Raises Broken where the server has no such file or the patience ends, OSError where the disk fails.
    """
    fresh = policy = _Policy(
        patience.attempts - 1,
        status_forcelist=RETRIED,
        backoff_factor=patience.backoff,
        backoff_max=patience.longest_wait,
    )
    furthest = _size(partial)
    with requests.Session() as session:
        session.headers.update({"User-Agent": f"earshot/{__version__}", "Accept-Encoding": "identity"})
        attempt = _Attempt(session, url, partial, record, patience, has_checksum)
        while True:
            try:
                return attempt.make(policy)
            except _Again as again:
                fault, answer = str(again), again.answer
            except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
                fault, answer = _cause(error, patience), None
                if isinstance(error, requests.exceptions.SSLError):
                    raise Broken(fault) from error
            except requests.RequestException as error:  # an address that no further attempt makes right
                raise Broken(str(error)) from error
            if _size(partial) >= furthest + WORTH:
                policy, furthest = fresh, _size(partial)
            try:
                policy = policy.increment("GET", url, error=_Again(fault))
            except MaxRetryError as error:
                arrived = f"with {_size(partial)} bytes there, in the last of {patience.attempts} attempts"
                raise Broken(f"{fault}, {arrived}") from error
            logger.warning("%s: %s; trying again", url, fault)
            policy.sleep(answer)


@dataclass
class _Attempt:
    """One request at a time for what is missing of a file."""

    session: requests.Session
    url: str
    partial: Path
    record: IO[str]
    patience: Patience
    has_checksum: bool

    def make(self, policy: Retry) -> bool:
        """Ask for the missing bytes and write what comes. Tell whether there were bytes before."""
        known = _read(self.record)
        resumable = known.get("url") == self.url and (known.get("validator") or self.has_checksum)
        offset = _size(self.partial) if resumable else 0
        if offset and offset == known.get("bytes"):
            return True
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        if offset and known.get("validator"):
            headers["If-Range"] = known["validator"]
        timeout = (self.patience.connect_timeout, self.patience.stall_timeout)
        with self.session.get(self.url, headers=headers, stream=True, timeout=timeout) as answer:
            status = f"the server answers {answer.status_code} {answer.reason}"
            if policy.is_retry("GET", answer.status_code):
                raise _Again(status, answer.raw)
            if answer.status_code not in (200, 206, 416):
                raise Broken(status)
            if answer.ok and answer.headers.get("Content-Type", "").startswith("text/html"):
                raise Broken(HTML)
            if answer.status_code == 200:  # the whole file, even where a part was asked for
                self.partial.unlink(missing_ok=True)
                offset, length = 0, answer.headers.get("Content-Length")
                known = {"url": self.url, "validator": _validator(answer), "bytes": int(length) if length else None}
                _write(self.record, known)
            elif not _continues(answer, offset, known):
                self.partial.unlink(missing_ok=True)
                raise _Again("the file there is no longer the same")
            self.receive(answer, offset, known.get("bytes"))
        return offset > 0

    def receive(self, answer: requests.Response, offset: int, total: int | None) -> None:
        """Append the body of `answer` to the partial file of `offset` bytes."""
        missing, free = (total or 0) - offset, shutil.disk_usage(self.partial.parent).free
        if missing > free:
            raise Broken(f"{missing} bytes are to come, the disk of {self.partial.parent} has {free}", FREE_SPACE)
        with self.partial.open("ab") as file, _progress(self.url, offset, total) as progress:
            while chunk := answer.raw.read1(CHUNK, decode_content=False):  # what is there, without waiting for more
                file.write(chunk)
                progress.update(len(chunk))
        if total is not None and _size(self.partial) != total:  # urllib3 sees that an answer is whole, but not a splice
            raise _Again(f"there are {_size(self.partial)} bytes of {total}")


def _size(partial: Path) -> int:
    return partial.stat().st_size if partial.exists() else 0


def _validator(answer: requests.Response) -> str | None:
    """Return by what If-Range tells whether a file is still the same: a strong ETag, or else the time of its change."""
    tag = answer.headers.get("ETag", "W/")
    return answer.headers.get("Last-Modified") if tag.startswith("W/") else tag


def _continues(answer: requests.Response, offset: int, known: dict[str, Any]) -> bool:
    """Tell whether `answer` brings the bytes from `offset` on of the file that is known."""
    span = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return (
        answer.status_code == 206
        and span is not None
        and int(span[1]) == offset
        and _validator(answer) in (None, known.get("validator"))
    )


def _cause(error: BaseException, patience: Patience) -> str:
    """Put the innermost reason of a failed connection in words."""
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {patience.connect_timeout:g} s"
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
        return f"no byte came for {patience.stall_timeout:g} s"
    inner = [getattr(error, "reason", None), *error.args]
    reasons = [reason for reason in inner if isinstance(reason, BaseException)]
    return _cause(reasons[-1], patience) if reasons else f"the connection failed ({error})"


def _read(record: IO[str]) -> dict[str, Any]:
    """Return what the server said of the partial file (url, validator, bytes); nothing where a kill left no record."""
    record.seek(0)
    with suppress(ValueError):
        return dict(json.load(record))
    return {}


def _write(record: IO[str], known: dict[str, Any]) -> None:
    record.truncate(0)  # it is open to append, so this writes it from its start
    json.dump(known, record)
    record.flush()


class _LogLines:
    """A stream that turns what tqdm writes into lines of the log."""

    def write(self, text: str) -> None:
        if text.strip():
            logger.info("%s", text.strip())

    def flush(self) -> None:
        pass


def _progress(url: str, offset: int, total: int | None) -> Any:
    """Show progress in bytes: a bar on a terminal, elsewhere a line of the log now and then."""
    name = url.partition("?")[0].rpartition("/")[2]
    style: dict[str, Any] = {"unit": "B", "unit_scale": True, "unit_divisor": 1024}
    if not sys.stderr.isatty():
        style |= {"file": _LogLines(), "mininterval": LOG_INTERVAL, "delay": LOG_INTERVAL, "miniters": 1}
        style |= {"bar_format": "{desc}: {n_fmt} of {total_fmt}, {rate_fmt}"}
    return tqdm(desc=name, initial=offset, total=total, **style)
