"""Whatever a name or a text holds, it neither steers a terminal nor commands a build server."""

from __future__ import annotations

import ast
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_texts import STEERING, harms
from hypothesis import given
from hypothesis import strategies as st

from evalkit import quoting
from evalkit.cli import main

PACKAGE = Path(main.__file__).parent.parent
PRINTING = "printing.py"
# What another process reads, and a notebook's own way to show.
ELSEWHERE = {"docstrings.py", "notebook.py"}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small set in a folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "kept"))
    write()
    return tmp_path


def write(
    *,
    query: str = "q1",
    text: str = "flat tyre",
    document: str = "d1",
    title: str = "Patch",
    card: str = "",
    key: str = "",
) -> Path:
    """Write a set of two queries and two documents that holds some text at some place."""
    folder = Path("set")
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    first = {
        "_id": query,
        "text": text,
        "metadata": {"segment": text, "critical": True},
        **({key: "x"} if key else {}),
    }
    asked = [first, {"_id": "q2", "text": "brake"}]
    held = [{"_id": document, "title": title, "text": text}, {"_id": "d2", "text": "Pads"}]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, held)), encoding="utf-8")
    judged = f"query-id\tcorpus-id\tscore\n{query}\t{document}\t2\nq2\td2\t1\n"
    (folder / "qrels" / "test.tsv").write_text(judged, encoding="utf-8", errors="surrogatepass", newline="")
    (folder / "golden.toml").write_text(card, encoding="utf-8")
    return folder


# Where much is computed, all of them come at once.
COSTLY = (
    "version, texts and alias of a gate",
    "result that is rendered again",
    "texts and ids in a comparison",
)
TOGETHER = {"all": " ".join(STEERING.values()), "a command first": "::error::" + "\n".join(STEERING.values())}
COMPARE = ("compare", "set", "--baseline", "hash/16", "--candidate", "hash/8", "--no-mix")
RUN = "import sys; from evalkit.cli.main import main; main()"


def cli(*arguments: str) -> int:
    return main.run(list(arguments))


def config(text: str) -> int:
    return Path("evalkit.toml").write_text(text, encoding="utf-8")


def in_toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def checked_id(text: str) -> None:
    write(query=f"q{text}")
    cli("-v", "golden", "check", "set")


def document_compared(text: str) -> None:
    write(document=f"d{text}".replace("\n", " ").replace("\r", " "), title=text, text=text)
    cli("-v", *COMPARE, "--measure", "MRR@2")
    cli("report", "reports/set", "-o", "-")


def differed(text: str) -> None:
    write(text=text, title=text)
    cli("diff", "set", "--old", "hash/16", "--new", "hash/8", "--cutoff", "2")


def versioned(text: str) -> None:
    write(card=f"version = {in_toml(text)}\n")
    for command in (("check",), ("stats",), ("lock",), ("lock", "--check")):
        cli("golden", command[0], "set", *command[1:])
    cli("golden", "export", "set", "-o", "out")


def gated(text: str) -> None:
    write(card=f"version = {in_toml(text)}\n", text=text)
    config(f"[models.{in_toml(text.replace('/', ''))}]\nspec = 'hash/8'\n[models.m]\nspec = 'hash/8'\n")
    cli("gate", "set", "--model", "m", "--update")
    write(card=f"version = {in_toml(text + 'x')}\n", text=text + " x")
    cli("gate", "set", "--model", "m")
    cli("gate", "set", "--model", text.replace("/", ""))


def mixed(text: str) -> None:
    write(text=text)
    config(f"[models.{in_toml(text.replace('/', ''))}]\nspec = 'hash/8'\n")
    cli("mix", "set", "--old", text.replace("/", ""), "--new", "hash/16", "--cohort", text)


def imported(text: str) -> None:
    Path("t.csv").write_text(f'query,{json.dumps(text)},doc\nflat,"{text}",d1\n', encoding="utf-8")
    cli("golden", "import", "t.csv", "-o", "out")
    cli("golden", "import", "t.csv", "--map", f"query={text}", "--corpus", "set/corpus.jsonl", "-o", "out")


def ran(text: str) -> None:
    Path("r.trec").write_text(
        f"q1 Q0 d1 1 3 {text}\n{text} Q0 d1 1 3 x\n", encoding="utf-8", errors="replace"
    )
    cli("run", "set", "--model", "run/r.trec", "--measure", "MRR@2")


def coded(text: str) -> None:
    Path("failing.py").write_text(f"def find(*a):\n    raise ValueError({text!r})\n", encoding="utf-8")
    for spec in ("search/failing:find", "python/failing:find"):
        cli("-vv", "run", "set", "--model", spec)


def reported(text: str) -> None:
    cli("run", "set", "--model", "hash/8", "--measure", "MRR@2", "--json")
    cli(*COMPARE, "-o", "rep")
    path = Path("rep/result.json")
    changed = json.loads(path.read_text())
    changed["golden"]["name"] = changed["golden"]["version"] = text
    changed["notes"] = [text]
    path.write_text(json.dumps(changed), encoding="utf-8")
    cli("report", "rep", "-o", "-")
    cli(*COMPARE, "-o", "rep")


def compared_again(text: str) -> None:
    config(f"[policy.waivers]\n{in_toml(text)} = {in_toml(text)}\n")
    cli(*COMPARE)


PLACES: dict[str, Callable[[str], object]] = {
    "id of a query": checked_id,
    "texts and ids in a comparison": document_compared,
    "texts in a difference": differed,
    "version": versioned,
    "version, texts and alias of a gate": gated,
    "alias and cohort in the lab": mixed,
    "columns and cells": imported,
    "run file": ran,
    "what a user's function raises": coded,
    "result that is rendered again": reported,
    "key of a card": lambda text: (write(card=f"{in_toml(text)} = 1\n"), cli("golden", "check", "set")),
    "value of a card": lambda text: (
        write(card=f"judgments = {in_toml(text)}\n"),
        cli("golden", "check", "set"),
    ),
    "name in a card": lambda text: (write(card=f"name = {in_toml(text)}\n"), cli("golden", "check", "set")),
    "segments": lambda text: (
        write(text=text, card=f"[segments]\n{in_toml(text)} = {in_toml(text)}\n"),
        cli("golden", "stats", "set"),
    ),
    "key of a query": lambda text: (write(key=text), cli("-v", "golden", "check", "set")),
    "key of the configuration": lambda text: (config(f"{in_toml(text)} = 1\n"), cli("doctor")),
    "option of a model": lambda text: (
        config(f"[models.m]\nspec='hash/8'\n{in_toml(text)} = 1\n"),
        cli("doctor"),
    ),
    "waiver": compared_again,
    "default in a help": lambda text: (config(f"index = {in_toml(text)}\n"), cli("run", "--help")),
    "model": lambda text: cli("run", "set", "--model", text),
    "model's name": lambda text: cli("run", "set", "--model", f"vectors/{text}"),
    "path of a search": lambda text: cli("run", "set", "--model", f"search/{text}:f"),
    "golden set": lambda text: cli("golden", "check", text.replace("\0", "")),
    "option": lambda text: cli("run", "set", f"--{text}", text),
    "command": cli,
    "measure": lambda text: cli("run", "set", "--model", "hash/8", "--measure", text.replace(",", "")),
    "output": lambda text: cli(
        "run", "set", "--model", "hash/8", "--measure", "MRR@2", "-o", text.replace("/", "")
    ),
    "label": lambda text: cli("golden", "import", "set", "--grades", f"{text}=x", "-o", "out"),
    "segment": lambda text: cli(
        "compare", "set", "--baseline", "hash/8", "--candidate", "hash/16", "--segment", text
    ),
    "folder of a cache": lambda text: cli("cache", "ls", "--cache", f"c{text}".replace("/", "")),
}


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
def test_no_text_from_elsewhere_steers_a_terminal_or_a_build(
    place: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name, text in (TOGETHER if place in COSTLY else STEERING).items():
        write()
        Path("evalkit.toml").unlink(missing_ok=True)
        PLACES[place](text)
        out, err = capfd.readouterr()

        assert not harms(out), name
        assert not harms(err), name
        assert "EK900" not in err, (name, err)
        assert out + err


def test_json_on_stdout_says_what_it_said(capfd: pytest.CaptureFixture[str]) -> None:
    for text in STEERING.values():
        write(card=f"version = {in_toml(text)}\n", text=text)
        assert cli("golden", "check", "set", "--json") == 0
        out = capfd.readouterr().out

        assert not harms(out)
        assert json.loads(out)["golden"]["version"] == text


@given(st.recursive(st.text() | st.sampled_from(list(STEERING.values())), st.lists))
def test_escaped_json_is_the_same_value(value: object) -> None:
    for indent in (None, 1):
        text = json.dumps(value, ensure_ascii=False, indent=indent)

        assert json.loads(quoting.json_lines(text)) == value
        assert not harms(quoting.json_lines(text))


@given(st.text() | st.sampled_from(list(STEERING.values())))
def test_a_line_made_harmless_is_one_line_and_stays_as_it_is(text: str) -> None:
    line = quoting.one_line(text)

    assert not harms(line)
    assert "\n" not in line
    assert quoting.one_line(line) == line


def test_text_in_any_script_is_shown_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    for text in ("família 👨‍👩‍👧", "عربي", "हिन्दी", "日本語", "a::b", "# title", "1.0 [beta]"):
        write(card=f"version = {in_toml(text)}\n")
        assert cli("golden", "stats", "set") == 0

        assert text in capfd.readouterr().out


def test_annotations_of_the_gate_are_the_only_commands(capfd: pytest.CaptureFixture[str]) -> None:
    cli("gate", "set", "--model", "hash/64", "--update", "--measure", "MRR@2")
    write(query="q3", text="brake", title="Pads")
    capfd.readouterr()
    text = STEERING["logging command"] + STEERING["annotation"]
    assert cli("gate", "set", "--model", text, "--github") == 2
    out, err = capfd.readouterr()

    assert not harms(err)
    assert [line[:8] for line in out.splitlines()] == ["::error "]
    assert not harms(out.removeprefix("::error "))


@pytest.mark.long
def test_a_run_whose_ids_command_a_build_is_written_to_files_alone(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(query="::stop-commands::x")
    asked = ("run", "set", "--model", "hash/8", "--measure", "MRR@2", "-o")

    assert cli(*asked, "-") == 0  # a pipe outside of a build: data
    assert "::stop-commands::x Q0" in capfd.readouterr().out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setattr(sys, "stdout", sys.__stdout__)
    piped = subprocess.run(
        [sys.executable, "-c", RUN, *asked, "-"], capture_output=True, text=True, check=False
    )
    assert (piped.returncode, piped.stdout) == (2, "")
    assert "EK169" in piped.stderr
    assert cli(*asked, "run.trec") == 0
    with Path("kept.trec").open("w") as file:
        filed = subprocess.run([sys.executable, "-c", RUN, *asked, "-"], stdout=file, check=False)
    assert filed.returncode == 0
    assert Path("kept.trec").read_text() == Path("run.trec").read_text()


@pytest.mark.long
def test_verdicts_keep_their_colour_on_a_terminal_and_names_get_none() -> None:
    write(card='version = "\\u001b[1;32mGO\\u001b[0m"\n')
    asked = [*COMPARE]
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    subprocess.run(
        [sys.executable, "-c", RUN, *asked],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)

    assert shown.count("\x1b") == 2  # one colour, one end
    assert "\\x1b[1;32mGO" in shown


WRITERS = {
    "click.echo",
    "click.secho",
    "click.prompt",
    "click.confirm",
    "click.pause",
    "print",
    "click.echo_via_pager",
}


def test_everything_is_printed_in_one_place() -> None:
    strays = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if path.name not in ELSEWHERE and path != PACKAGE / "cli" / PRINTING and "starter" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) in WRITERS
            or ast.unparse(node.func).endswith(("stdout.write", "stderr.write", "stdout.buffer.write"))
        )
    ]

    assert strays == []
