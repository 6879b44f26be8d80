"""The examples as people treat them: told to end, with outputs that nobody reads or that are closed, killed and started again.

    python3 .ci/examples.py target/debug/examples
"""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

EXAMPLES = Path(sys.argv[1])
PATIENCE = 10
"""Seconds that a program has to end."""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("RUMBLE_API_URL", "RUMBLE_SESSION", "RUST_LOG", "RUST_BACKTRACE")}


started = []


def start(example, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment):
    command = [EXAMPLES / example, *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=stdout, stderr=stderr, text=True, env={**ENVIRONMENT, **environment}, preexec_fn=heed_ctrl_c
    )
    started.append(process)
    return process


def heed_ctrl_c():
    """What runs in the background of a shell ignores SIGINT, and so does what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def end(process, how=signal.SIGINT):
    """Tells it to end. What it printed, and its exit code."""
    process.send_signal(how)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"{process.args} is still there {PATIENCE} s after {how!r}") from None
    assert "panicked" not in (err or ""), err
    return out, err, process.returncode


def run(example, *arguments, **environment):
    done = start(example, *arguments, **environment)
    out, err = done.communicate(timeout=PATIENCE)
    return out, err, done.returncode


def full_pipe():
    """One that takes no more. Both ends, for the reader must be kept."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b" " * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


def pipe_without_reader():
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def events(out):
    return [json.loads(line) for line in out.splitlines()]


def ends_well_by_ctrl_c_and_sigterm():
    for how in (signal.SIGINT, signal.SIGTERM):
        watch = start("watch")
        assert " ready " in watch.stdout.readline()
        _, err, code = end(watch, how)
        assert code == 0 and err.startswith("watched for "), (err, code)


def output_that_nobody_reads_holds_up_no_end():
    for environment in ({}, {"RUST_LOG": "trace"}):
        for blocked in ("stdout", "stderr"):
            reader, writer = full_pipe()
            kept = Path(tempfile.mkdtemp()) / "kept.json"
            watch = start("watch", "--replay", "--checkpoint", kept, **{blocked: writer}, **environment)
            if blocked == "stdout":
                time.sleep(2)
            else:
                # It goes on printing what happens.
                assert all(watch.stdout.readline() for _ in range(200))
            _, _, code = end(watch, signal.SIGTERM)
            # What was not printed is not remembered as printed.
            assert code == 0 and kept.exists() == (blocked == "stderr"), (blocked, code)
            os.close(reader)
            os.close(writer)
    reader, writer = full_pipe()
    snapshot = start("snapshot", stdout=writer)
    time.sleep(1)
    assert snapshot.poll() is None and end(snapshot)[2] == -signal.SIGINT


def output_without_reader_ends_it_well_and_never_panics():
    for example in (["watch"], ["watch", "--replay", "--json"], ["watch", "--serve"], ["snapshot"], ["snapshot", "--json"]):
        process = start(*example, stdout=pipe_without_reader())
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0 and "error" not in err and "panicked" not in err, (example, err)
    watch = start("watch", stderr=pipe_without_reader(), RUST_LOG="trace")
    assert all(watch.stdout.readline() for _ in range(5))
    assert end(watch)[2] == 0
    for example in ("watch", "snapshot", "many"):
        process = start(example, "--no-such-option", stderr=pipe_without_reader())
        assert process.wait(PATIENCE) == 2
    refused = start("snapshot", stderr=pipe_without_reader(), RUMBLE_API_URL="x")
    assert refused.wait(PATIENCE) == 1
    closed = subprocess.Popen(["bash", "-c", f"exec {EXAMPLES}/watch >&- 2>&-"], env=ENVIRONMENT, preexec_fn=heed_ctrl_c)
    started.append(closed)
    time.sleep(1)
    assert closed.poll() is None and end(closed)[2] == 0
    with open("/dev/full", "w") as full:
        for example in ("watch", "snapshot", "many"):
            process = start(example, stdout=full)
            _, err = process.communicate(timeout=PATIENCE)
            assert process.returncode == 1 and "error: standard output: " in err and "panicked" not in err, (example, err)


def errors_name_what_they_are_about():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        damaged, theirs = folder / "damaged.json", folder / "theirs.json"
        damaged.write_text("{}")
        watch = start("watch", "--checkpoint", theirs)
        watch.stdout.readline()
        end(watch)
        saved = json.loads(theirs.read_text())
        user = find(saved, "user_id")
        theirs.write_text(json.dumps(saved).replace(user, "zzzz1"))
        for about, arguments, environment in [
            ("RUMBLE_API_URL", [], {"RUMBLE_API_URL": "my-key"}),
            ("RUMBLE_API_URL", [], {"RUMBLE_API_URL": ""}),
            ("RUST_LOG", [], {"RUST_LOG": "rumble_live=loud"}),
            (damaged, ["--checkpoint", damaged], {}),
            (folder, ["--checkpoint", folder], {}),
            (folder / "none/x.json", ["--checkpoint", folder / "none/x.json"], {}),
            ("/proc/x.json", ["--checkpoint", "/proc/x.json"], {}),
        ]:
            out, err, code = run("watch", *arguments, **environment)
            errors = [line for line in err.splitlines() if line.startswith("error: ")]
            assert code == 1 and out == "" and len(errors) == 1 and str(about) in errors[0], (about, out, err, code)
            print(f"    {errors[0]}")
        # It may be a server that mixed up two accounts, so it is no error yet.
        watch = start("watch", "--checkpoint", theirs)
        line = watch.stdout.readline()
        assert " interrupted " in line and "checkpoint" in line, line
        end(watch)
        lost = folder / "lost"
        lost.mkdir()
        watch = start("watch", "--checkpoint", lost / "x.json")
        watch.stdout.readline()
        lost.rename(folder / "elsewhere")
        _, err = watch.communicate(timeout=PATIENCE)
        assert watch.returncode == 1 and re.search(f"^error: .*{lost}/x.json: ", err, re.MULTILINE), err
    _, err, code = run("snapshot", RUMBLE_API_URL="http://127.0.0.1:1/?key=x")
    assert code == 1 and err.startswith("error: RUMBLE_API_URL: "), err
    _, err, code = run("many", "--urls", "none.txt")
    assert code == 1 and err.startswith("error: none.txt: "), err
    assert "'five hundred'" in run("many", "five hundred")[1]
    assert "[ACCOUNTS]" in run("many", "0")[1]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as urls:
        _, err, code = run("many", "--urls", urls.name)
        assert code == 1 and err.startswith(f"error: {urls.name}: there is no URL"), err
        urls.write("\nmy-key\n")
        urls.flush()
        _, err, code = run("many", "--urls", urls.name)
        assert code == 1 and err.startswith(f"error: {urls.name}, line 2: "), err
    assert "a number of seconds" in run("watch", "--interval", "soon")[1]


def keep_clear_of_the_hour():
    """Each hour of the simulated account has a stream of its own, and what came right before the end of one may be lost."""
    left = 3600 - time.time() % 3600
    if left < 60:
        time.sleep(left + 5)


def find(data, name):
    """The first value of that name, however deep."""
    if isinstance(data, dict):
        if name in data:
            return data[name]
        data = list(data.values())
    for item in data if isinstance(data, list) else []:
        if found := find(item, name):
            return found
    return None


def checkpoint_goes_on_where_it_was_after_each_kind_of_end():
    keep_clear_of_the_hour()
    serve = start("watch", "--serve")
    url = serve.stdout.readline().strip()
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        assert json.load(answer)["max_num_results"] == 50
    reference = start("watch", "--json", "--interval", 0.5, RUMBLE_API_URL=url)
    reference.stdout.readline()
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
            watch = start("watch", "--json", "--interval", 0.5, "--checkpoint", Path(folder) / "kept.json", RUMBLE_API_URL=url)
            time.sleep(4)
            runs.append(events(end(watch, how)[0]))
            time.sleep(1)
        # A kill may leave what it was writing.
        assert len(os.listdir(folder)) <= 2, os.listdir(folder)
    whole = [event["id"] for event in events(end(reference)[0]) if "id" in event]
    end(serve)
    ids = [[event["id"] for event in run if "id" in event] for run in runs]
    # How much happens in a run is chance.
    assert all(ids), ids
    joined = [an_id for run in ids for an_id in run]
    # Only what a kill came in between may come again.
    repeated = {an_id for an_id in joined if joined.count(an_id) > 1}
    assert repeated <= set(ids[2][-20:]) & set(ids[3]), repeated
    first, last = whole.index(joined[0]), whole.index(joined[-1])
    missing = [an_id for an_id in whole[first : last + 1] if an_id not in joined]
    assert not missing, missing
    assert [event["type"] for event in runs[1]][0] == "ready" and not any(event["type"] == "gap" for run in runs for event in run)


def simulated_account_is_the_same_in_the_next_run():
    keep_clear_of_the_hour()
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        for _ in range(2):
            watch = start("watch", "--json", "--checkpoint", Path(folder) / "kept.json")
            time.sleep(4)
            runs.append(events(end(watch)[0]))
            time.sleep(2)
    first, second = ([event for event in run if event["type"] == "message"] for run in runs)
    assert first and second and not {event["id"] for event in first} & {event["id"] for event in second}
    # Something is said every second or two, while nobody watched as well.
    assert first[-1]["created_on"] <= second[0]["created_on"]
    seconds = [datetime.fromisoformat(event["created_on"]) for event in [first[-1], *second]]
    assert max(later - earlier for earlier, later in zip(seconds, seconds[1:])) <= timedelta(seconds=4), seconds
    assert not any(event["type"] == "gap" for event in runs[1]), runs[1]


def logs_in_a_terminal_too():
    ours, theirs = os.openpty()
    watch = start("watch", stderr=theirs, RUST_LOG="rumble_live=debug")
    os.close(theirs)
    said = b""
    while b"poll finished" not in said:
        said += os.read(ours, 4096)
    assert b"panicked" not in said, said
    watch.send_signal(signal.SIGINT)
    assert watch.wait() == 0
    os.close(ours)


def recording_plays_back_the_same_events():
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "evening.jsonl"
        watch = start("watch", "--json", "--live-chat", "--record", recording)
        told = [watch.stdout.readline() for _ in range(30)]
        out, _, code = end(watch)
        assert code == 0 and all(told) and "key=" not in recording.read_text()
        told = "".join(told) + out
        played, _, code = run("watch", "--json", "--live-chat", "--play", recording, "--speed", "60")
        # What came with its end may not have been printed.
        assert code == 0 and played.startswith(told) and played[len(told) :].count("\n") < 20, (told, played)
        assert "is not a recording" in run("watch", "--play", __file__)[1]
        assert "positive number" in run("watch", "--play", recording, "--speed", "0")[1]
        assert "/nowhere/x" in run("watch", "--record", "/nowhere/x")[1]


def many_takes_its_number_without_a_name():
    out, _, code = run("many", "3", "--interval", "0.5", "--seconds", "1.5")
    assert code == 0 and "3 of 3 accounts up" in out, out


def message_is_said_once_and_shown():
    out, _, code = run("say", "7c1f4q", "hello there")
    assert code == 0 and out.count("captain: hello there") == 1, out
    _, err, code = run("say", RUMBLE_SESSION="FAKESESSION")
    assert code == 1 and "name the livestream" in err, err
    _, err, code = run("say", "7c1f4q", "hi", RUMBLE_SESSION="FAKE SESSION")
    assert code == 1 and "cookie u_s" in err and "FAKE" not in err, err


def video_is_uploaded_and_terms_are_accepted_by_nobody_else():
    out, err, code = run("upload")
    assert code == 0 and out.startswith("published as ") and "got 25000000 bytes" in out and err == "", (out, err)
    with tempfile.NamedTemporaryFile(suffix=".mp4") as film:
        film.write(b"not really a film")
        film.flush()
        assert "got 17 bytes" in run("upload", film.name)[0]
        _, err, code = run("upload", film.name, "--licence", "personal-use", RUMBLE_SESSION="FAKESESSION")
        assert code == 1 and "accept_terms" in err and "FAKE" not in err, err
    _, err, code = run("upload", RUMBLE_SESSION="FAKESESSION")
    assert code == 1 and "name the file" in err, err
    assert run("upload", "/nowhere/x.mp4")[1].startswith("error: the file to upload cannot be read: /nowhere/x.mp4")


def versions_are_the_crate_s():
    for example in ("watch", "snapshot", "many", "chat_rates", "say", "upload"):
        out, _, code = run(example, "--version")
        assert code == 0 and out.split()[1][0].isdigit(), out


def too_long(*_):
    raise AssertionError("it hangs")


signal.signal(signal.SIGALRM, too_long)
try:
    for check in [
        ends_well_by_ctrl_c_and_sigterm,
        output_that_nobody_reads_holds_up_no_end,
        output_without_reader_ends_it_well_and_never_panics,
        errors_name_what_they_are_about,
        checkpoint_goes_on_where_it_was_after_each_kind_of_end,
        simulated_account_is_the_same_in_the_next_run,
        logs_in_a_terminal_too,
        recording_plays_back_the_same_events,
        many_takes_its_number_without_a_name,
        message_is_said_once_and_shown,
        video_is_uploaded_and_terms_are_accepted_by_nobody_else,
        versions_are_the_crate_s,
    ]:
        start_of_check = time.monotonic()
        signal.alarm(120)
        check()
        print(f"    {check.__name__}: {time.monotonic() - start_of_check:.1f} s")
finally:
    for process in started:
        process.kill()
