"""Retrieving: what a server, a disk or a kill does to a file on its way, and that nothing of it shows at its name."""

import hashlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from itertools import pairwise
from pathlib import Path

import earshot
import pytest
from earshot.data import transfer
from earshot.data.download import Patience, retrieve
from earshot.data.sources import Checks
from earshot.errors import DataError, RetrievalError
from loopback import Answer, serving

DATA = b"\x89HDF\r\n\x1a\n" + os.urandom(400_000)
OTHER = DATA[:8] + os.urandom(300_000)
TWIN = DATA[:8] + os.urandom(400_000)  # another file of the same size
MD5 = Checks(md5=hashlib.md5(DATA).hexdigest())
CUT = 100_000
PATIENCE = Patience(connect_timeout=30, stall_timeout=30, attempts=4, backoff=0.02, longest_wait=2)
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"

CHILD = """
import sys
from earshot.data.download import Patience, retrieve
retrieve(sys.argv[1], sys.argv[2], state=sys.argv[3], patience=Patience(attempts=2, backoff=0.02))
"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("PYTHONPATH", str(Path(earshot.__file__).parents[1]))


@pytest.fixture
def server():
    with serving() as loopback:
        loopback.files["/MRT01.sofa"] = DATA
        yield loopback


@contextmanager
def watching(target, whole=DATA):
    """Look at `target` all the time: whenever it stands there, it is whole."""
    seen, over = [], threading.Event()

    def look():
        while not over.is_set():
            if target.exists() and (size := target.stat().st_size) != len(whole):
                seen.append(size)
            time.sleep(0.001)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not seen, f"a part of {seen[0]} bytes stood at the final name"


class Case:
    """A file of the server, where it goes, and where it waits."""

    def __init__(self, server, folder):
        self.server, self.target, self.state = server, folder / "data" / "MRT01.sofa", folder / "state"
        self.url = server.url + "/MRT01.sofa"

    def get(self, patience=PATIENCE, whole=DATA, **more):
        with watching(self.target, whole):
            retrieve(self.url, self.target, state=self.state, patience=patience, **more)
        assert self.target.read_bytes() == whole
        assert not self.parts()

    def fails(self, patience=PATIENCE, **more):
        """Return the message, which names address, target and remedy whatever the fault."""
        with watching(self.target, b""), pytest.raises(RetrievalError) as raised:
            retrieve(self.url, self.target, state=self.state, patience=patience, **more)
        assert not self.target.exists()
        message = str(raised.value)
        assert self.url in message and str(self.target) in message
        assert "`mirror`" in message and "`data_dir`" in message and "by hand" in message
        return message

    def parts(self):
        return [path for path in self.state.iterdir() if ".part" in path.name] if self.state.exists() else []

    def ranges(self):
        return [request.range for request in self.server.requests]

    def child(self, target=None):
        return subprocess.Popen([sys.executable, "-c", CHILD, self.url, str(target or self.target), str(self.state)])


@pytest.fixture
def case(server, tmp_path):
    return Case(server, tmp_path)


def test_a_good_server_is_asked_once_and_a_file_that_stands_is_left_alone(case):
    case.get(checks=MD5)
    case.get(checks=MD5)
    assert case.ranges() == [None]


def test_a_wrong_file_at_the_target_is_replaced(case):
    case.target.parent.mkdir()
    case.target.write_bytes(OTHER)
    retrieve(case.url, case.target, state=case.state, checks=MD5, patience=PATIENCE)
    assert case.target.read_bytes() == DATA


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_a_cut_connection_is_resumed_at_the_byte_where_it_ended(case, reset):
    case.server.script += [Answer(cut_after=CUT, reset=reset)] * 2
    case.get()
    assert case.ranges() == [None, f"bytes={CUT}-", f"bytes={2 * CUT}-"]
    assert case.server.requests[1].if_range == '"one"'
    assert case.server.sent == len(DATA), "no byte came twice"


def test_a_cut_connection_of_unknown_length_is_resumed(case):
    case.server.script.append(Answer(cut_after=CUT, announced=False))
    case.get()
    assert case.ranges() == [None, f"bytes={CUT}-"]


def test_a_server_without_ranges_starts_again(case):
    case.server.script.append(Answer(cut_after=CUT))
    case.server.always = Answer(ranges=False)
    case.get()
    assert case.server.sent == CUT + len(DATA)


def test_a_server_without_range_that_always_cuts_exhausts_the_patience(case):
    case.server.always = Answer(ranges=False, cut_after=CUT)
    message = case.fails()
    assert "reset by peer" in message and f"with {CUT} bytes" in message
    assert len(case.ranges()) == PATIENCE.attempts


def test_new_bytes_renew_the_patience(case, monkeypatch):
    monkeypatch.setattr(transfer, "WORTH", 20_000)
    case.server.always = Answer(cut_after=40_000)
    case.get()
    assert len(case.ranges()) > PATIENCE.attempts


@pytest.mark.parametrize(
    ("second", "changed"),
    [
        (Answer(body=TWIN, etag='"two"'), TWIN),
        (Answer(206, {"Content-Range": f"bytes {CUT}-400007/400008"}, TWIN[CUT:], etag='"two"'), TWIN),
        (Answer(206, {"Content-Range": "bytes 0-400007/400008"}, TWIN, etag=None), TWIN),
        (Answer(206, {"Content-Range": f"bytes {CUT}-300007/300008"}, OTHER[CUT:], etag=None), OTHER),
        (Answer(416, {"Content-Range": "bytes */300008"}, b""), OTHER),
    ],
    ids=["If-Range heeded", "ETag differs", "another range", "size differs", "416"],
)
def test_a_file_that_changed_on_the_server_is_not_spliced(case, second, changed):
    case.server.script += [Answer(cut_after=CUT), second]
    case.server.always = Answer(body=changed, etag='"two"')
    case.get(whole=changed)


def test_a_part_that_nobody_vouches_for_is_not_resumed(case):
    case.server.script.append(Answer(cut_after=CUT, etag=None))
    case.server.always = Answer(etag=None)
    case.get()
    assert case.ranges() == [None, None]


def test_a_weak_etag_gives_way_to_the_time_of_the_change(case):
    headers = {"Last-Modified": "Sun, 01 Nov 2026 10:00:00 GMT"}
    case.server.script.append(Answer(cut_after=CUT, etag='W/"one"', headers=headers))
    case.get()
    assert case.server.requests[1].if_range == headers["Last-Modified"]


def test_a_splice_that_the_checksum_finds_wrong_is_tried_once_more_from_the_start(case):
    wrong = Answer(
        206, {"Content-Range": f"bytes {CUT}-{len(DATA) - 1}/{len(DATA)}"}, bytes(len(DATA) - CUT), etag=None
    )
    case.server.script += [Answer(cut_after=CUT, etag=None), wrong]
    case.get(checks=MD5)
    assert case.ranges() == [None, f"bytes={CUT}-", None]


@pytest.mark.parametrize("headers", [{"Content-Type": "text/html; charset=utf-8"}, {}], ids=["Content-Type", "content"])
def test_an_html_page_with_status_200_is_named_as_such(case, headers):
    case.server.always = Answer(headers=headers, body=PAGE)
    assert "HTML page" in case.fails()
    assert len(case.ranges()) == 1


def test_an_html_page_instead_of_the_rest_leaves_what_has_arrived(case):
    page = Answer(headers={"Content-Type": "text/html"}, body=PAGE, ranges=False)
    case.server.script += [Answer(cut_after=CUT), page]
    case.fails()
    case.get()
    assert case.ranges()[-1] == f"bytes={CUT}-"


def test_another_kind_of_file_is_told_by_its_first_bytes(case):
    case.server.always = Answer(body=b"PK\x03\x04 an archive")
    assert "PK" in case.fails()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_not_there_fails_at_once(case, status):
    case.server.always = Answer(status=status, body=b"no")
    assert str(status) in case.fails()
    assert len(case.ranges()) == 1


def test_retry_after_in_seconds_is_waited_for(case):
    case.server.script.append(Answer(429, {"Retry-After": "1"}, b"slower"))
    case.get()
    first, second = case.server.requests
    assert second.at - first.at >= 1.0


def test_retry_after_as_a_date_is_waited_for(case):
    case.server.script.append(Answer(503, {"Retry-After": formatdate(time.time() + 2, usegmt=True)}, b"later"))
    case.get()
    first, second = case.server.requests
    assert second.at - first.at >= 0.9, "a date has whole seconds"


@pytest.mark.parametrize("value", ["3600", "whenever"])
def test_retry_after_is_bounded_and_may_be_nonsense(case, value):
    case.server.script.append(Answer(429, {"Retry-After": value}, b"slower"))
    case.get(Patience(attempts=3, longest_wait=0.3))
    first, second = case.server.requests
    assert 0 <= second.at - first.at < 60


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_of_the_server_is_outlasted(case, status):
    case.server.script += [Answer(status, body=b"busy")] * 2
    case.get()
    assert len(case.ranges()) == 3


def test_a_lasting_fault_of_the_server_ends_after_growing_pauses(case):
    case.server.always = Answer(503, body=b"busy")
    assert "503" in case.fails(Patience(attempts=4, backoff=0.1))
    times = [request.at for request in case.server.requests]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert len(pauses) == 3
    assert pauses[1] >= 0.2 and pauses[2] >= 0.4


def test_a_stall_is_timed_out_and_resumed(case):
    case.server.script.append(Answer(stall_after=CUT))
    case.get(Patience(stall_timeout=2))
    assert case.ranges() == [None, f"bytes={CUT}-"]
    first, second = case.server.requests
    assert 2 <= second.at - first.at < 60


def test_a_server_that_says_nothing_more_is_given_up_and_what_arrived_is_kept(case):
    case.server.always = Answer(stall_after=CUT, ranges=False)
    assert "no byte came for 1 s" in case.fails(Patience(stall_timeout=1, attempts=2))
    assert [part.stat().st_size for part in case.parts()] == [CUT]


def test_a_host_that_does_not_answer_is_named_with_the_reason(case):
    case.url = "http://127.0.0.1:9/MRT01.sofa"
    assert "refused" in case.fails(Patience(attempts=2, backoff=0))


def test_a_wrong_checksum_names_both_and_keeps_nothing(case):
    message = case.fails(checks=Checks(md5="0" * 32, sha256="1" * 64))
    for expected, found in (("0" * 32, hashlib.md5(DATA)), ("1" * 64, hashlib.sha256(DATA))):
        assert expected in message and found.hexdigest() in message
    assert not case.parts() and len(case.ranges()) == 1


def test_a_wrong_size_names_both(case):
    message = case.fails(checks=Checks(bytes=7))
    assert f"{len(DATA)} bytes" in message and "expected were 7" in message


def test_right_contents_make_a_wrong_checksum_a_warning(case, caplog):
    looked = []
    case.get(checks=Checks(bytes=7, md5="0" * 32), content=looked.append)
    assert len(looked) == 1
    assert "0" * 32 in caplog.text and "contents are right" in caplog.text


@pytest.mark.parametrize("checks", [Checks(), Checks(md5="0" * 32)], ids=["nothing known", "wrong checksum"])
def test_wrong_contents_are_refused(case, checks):
    def look(path):
        raise DataError("three clips are missing")

    assert "three clips are missing" in case.fails(checks=checks, content=look)
    assert not case.parts()


def test_contents_are_not_read_where_a_checksum_vouches(case):
    looked = []
    case.get(checks=MD5, content=looked.append)
    assert not looked


def test_a_file_that_was_complete_when_it_was_killed_is_not_asked_for_again(case):
    def killed(path):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retrieve(case.url, case.target, state=case.state, patience=PATIENCE, content=killed)
    assert not case.target.exists() and len(case.parts()) == 1
    case.get()
    assert len(case.ranges()) == 1


def test_a_part_from_another_address_is_not_continued(case):
    case.server.always = Answer(cut_after=CUT)
    case.fails(Patience(attempts=1))
    case.server.always = Answer()
    case.server.files["/mirror/MRT01.sofa"] = TWIN
    case.url = case.server.url + "/mirror/MRT01.sofa"
    case.get(whole=TWIN)
    assert case.ranges()[-1] is None


def test_a_redirection_is_followed(case):
    case.server.files["/elsewhere"] = DATA
    case.server.script.append(Answer(302, {"Location": "/elsewhere"}, b""))
    case.get()


def test_a_mirror_may_be_a_folder(case, tmp_path):
    original = tmp_path / "my data" / "MRT 01.sofa"
    original.parent.mkdir()
    original.write_bytes(DATA)
    case.url = original.as_uri()
    case.get(checks=MD5)
    assert original.exists()


@pytest.mark.parametrize("url", ["file:///no/such/MRT01.sofa", "ftp://127.0.0.1/MRT01.sofa", "MRT01.sofa"])
def test_an_address_that_cannot_be_right_fails_at_once(case, url):
    case.url = url
    case.fails(Patience())


def test_a_target_on_another_disk_appears_whole(case, tmp_path):
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at /dev/shm")
    case.state = shared / f"earshot-test-{os.getpid()}"
    try:
        case.get()
        assert list(case.target.parent.iterdir()) == [case.target]
    finally:
        for path in sorted(case.state.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        case.state.rmdir()


FULL_DISK = """
import subprocess, sys
from pathlib import Path
from earshot.data.download import Patience, retrieve
from earshot.errors import RetrievalError
url, folder = sys.argv[1], Path(sys.argv[2])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", folder], check=True)
for _ in range(2):
    try:
        retrieve(url, folder / "MRT01.sofa", state=folder / "state", patience=Patience(attempts=2))
    except RetrievalError as error:
        print(error)
    print(sum(path.stat().st_size for path in (folder / "state").glob("*.part*")), (folder / "MRT01.sofa").exists())
subprocess.run(["mount", "-o", "remount,size=2m", folder], check=True)
retrieve(url, folder / "MRT01.sofa", state=folder / "state", patience=Patience(attempts=2))
print((folder / "MRT01.sofa").stat().st_size)
"""


def on_a_small_disk(case, tmp_path):
    """Retrieve on a disk of 200 kB, twice, and then on one that has room. Return what was said, line by line."""
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", tmp_path], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no small disk can be mounted here: {fault}")
    command = [*unshare, sys.executable, "-c", FULL_DISK, case.url, str(tmp_path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_disk_that_fills_keeps_what_arrived_and_goes_on_when_there_is_room(case, tmp_path):
    case.server.script.append(Answer(announced=False))
    first, kept, second, still_kept, size = on_a_small_disk(case, tmp_path)
    assert "the disk is full" in first and "Free some" in first
    arrived = int(kept.removesuffix(" False"))
    assert 100_000 < arrived <= 200 * 1024
    assert still_kept == kept and "Free some" in second
    assert int(size) == len(DATA)
    assert case.ranges()[-1] == f"bytes={arrived}-"


def test_a_file_too_large_for_the_disk_is_told_before_its_first_byte(case, tmp_path):
    first, kept, *_ = on_a_small_disk(case, tmp_path)
    assert f"{len(DATA)} bytes are to come" in first
    assert kept == "0 False"


def test_a_killed_process_is_continued_by_the_next(case):
    case.server.script.append(Answer(stall_after=CUT))  # so that it is in the middle for certain
    with watching(case.target):
        child = case.child()
        while not (case.parts() and case.parts()[0].stat().st_size >= CUT):
            assert child.poll() is None
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert not case.target.exists()
    arrived = case.parts()[0].stat().st_size
    assert arrived == CUT
    case.get()
    assert case.ranges() == [None, f"bytes={arrived}-"]


def test_two_processes_with_one_target_retrieve_it_once(case):
    case.server.always = Answer(seconds_a_piece=0.03)
    with watching(case.target):
        children = [case.child(), case.child()]
        assert [child.wait() for child in children] == [0, 0]
    assert case.target.read_bytes() == DATA
    assert len(case.ranges()) == 1


def test_six_processes_have_two_connections_to_a_host(case, tmp_path):
    case.server.always = Answer(seconds_a_piece=0.02)
    targets = [tmp_path / f"{number}.sofa" for number in range(6)]
    children = [case.child(target) for target in targets]
    assert [child.wait() for child in children] == [0] * 6
    assert all(target.read_bytes() == DATA for target in targets)
    assert case.server.most_open == 2


def test_many_threads_keep_to_the_number_of_connections_that_is_set(case, tmp_path):
    case.server.always = Answer(seconds_a_piece=0.005)
    targets = [tmp_path / f"{number}.sofa" for number in range(8)]
    get = partial(retrieve, case.url, state=case.state, checks=MD5, patience=Patience(per_host=3))
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(get, targets)) == targets
    assert all(target.read_bytes() == DATA for target in targets)
    assert case.server.most_open == 3


def test_progress_is_logged_where_there_is_no_terminal(case, caplog, monkeypatch):
    monkeypatch.setattr(transfer, "LOG_INTERVAL", 0.05)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    case.server.always = Answer(seconds_a_piece=0.02)
    with caplog.at_level(logging.INFO):
        case.get()
    lines = [record.getMessage() for record in caplog.records if "MRT01.sofa: " in record.getMessage()]
    assert len(lines) >= 4 and "k of 391k" in lines[1]
