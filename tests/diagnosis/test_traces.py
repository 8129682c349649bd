"""The exception behind an end is found in the log of any language, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from seatrial.conformance.diagnosis.traces import exception


@pytest.mark.parametrize(
    "line",
    [
        "ValueError: could not convert string to float: 'x'",
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB",
        "ModuleNotFoundError: No module named 'flask'",
        "KeyError",
        "Error: Cannot find module '/opt/server.js'",
        "TypeError [ERR_INVALID_ARG_TYPE]: The argument must be a string",
        'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
        "Caused by: java.io.FileNotFoundException: model.onnx",
        "panic: runtime error: index out of range [3] with length 3",
        "thread 'main' panicked at src/main.rs:7:5:",
        "fatal error: all goroutines are asleep - deadlock!",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "server: error while loading shared libraries: libgomp.so.1: cannot open shared object file",
    ],
)
def test_it_is_found(line: str):
    found = exception(("starting", line, "shutting down"))
    assert found is not None
    assert found.words == line


@pytest.mark.parametrize(
    "line",
    [
        "DeprecationWarning: pkg_resources is deprecated as an API",
        "/opt/app/x.py:3: UserWarning: the model was made by an older version",
        "INFO: 0 errors, 0 exceptions",
        "error handling enabled",
        "loading ErrorCorrectionModel",
        "listening on 0.0.0.0:8080",
    ],
)
def test_other_words_are_none(line: str):
    assert exception((line,)) is None


def test_the_last_one_counts_with_the_frames_of_its_own_traceback():
    log = (
        "Traceback (most recent call last):",
        '  File "/opt/first.py", line 1, in <module>',
        "KeyError: 'a'",
        "Traceback (most recent call last):",
        '  File "/opt/second.py", line 2, in load',
        "    model = pickle.load(file)",
        '  File "/usr/lib/python3.11/site-packages/x.py", line 9, in load',
        "ValueError: b",
    )
    found = exception(log)
    assert found is not None
    assert (found.words, found.where) == ("ValueError: b", "/opt/second.py:2")


def test_frames_of_libraries_alone_are_better_than_none():
    log = (
        "Traceback (most recent call last):",
        '  File "/usr/lib/python3.11/runpy.py", line 198, in run',
        "OSError: x",
    )
    found = exception(log)
    assert found is not None
    assert found.where == "/usr/lib/python3.11/runpy.py:198"


def test_what_usually_helps_is_said():
    missing = exception(("ModuleNotFoundError: No module named 'flask'",))
    assert missing is not None
    assert missing.cure == "install what is missing into the image"
