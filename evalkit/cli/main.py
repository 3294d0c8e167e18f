"""The command `evalkit`: finds the subcommand, and turns every failure into a message and an exit code."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from evalkit import __version__
from evalkit.cli.once import OnceGroup
from evalkit.cli.printing import print_error, print_lines, print_text
from evalkit.cli.streams import FULL, GONE, patient
from evalkit.confidential import without_secrets
from evalkit.embedding.storespec import hide_typed, is_store
from evalkit.errors import EvalkitError, OutputError, UnknownNameError, UsageError
from evalkit.opening import NotOpenedError
from evalkit.parsing import HALVES

BUG, INTERRUPTED = 70, 130
FEW_COLLECTIONS = (200_000, 20, 50)  # a command makes millions of small things and few circles
SHOW_TRACEBACK = 2
SHOWN = 80
OUTPUTS = ("-o", "--output")
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
WRITES_TO_URLS = "embed"  # whose shards may lie in a bucket
NO_NAMES = (errno.ENAMETOOLONG, errno.ELOOP)
VANISHED = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)
COMMANDS = {  # each is `evalkit.cli.NAME:NAME`
    "demo": "Reach a verdict on two real models and real documents.",
    "compare": "Decide whether a candidate may replace the baseline.",
    "mix": "The mixed-index lab: search while an index is half migrated.",
    "plan": "Which path to the new model, how long, how much, what is lost.",
    "diff": "How much of what people see changes, on queries nobody judged.",
    "gate": "CI: is a system as good as when its baseline was stored?",
    "embed": "Embed a corpus of any size into shards; resumes where it was stopped.",
    "audit": "Are the vectors of a store those of the expected model?",
    "stamp": "Print what writes the model beside vectors that lack it.",
    "parity": "Does a new store hold what the old one holds, up to date?",
    "canary": "May the canary go on? Watched as often as anyone likes.",
    "interleave": "Two systems in one list of results; clicks say which people prefer.",
    "run": "Search with one model: its scores, its run file.",
    "golden": "Check, describe, convert and lock golden sets.",
    "report": "Render a result.json again.",
    "init": "Write an example that runs green at once.",
    "cache": "List or drop cached vectors.",
    "doctor": "Tell what is installed and where things are kept.",
}

UNITS_OF_THEIR_OWN = {"canary"}  # the margin of a measure is no margin of clicks


class LazyGroup(OnceGroup):
    """A group that imports a subcommand when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand.

        Raises:
            UnknownNameError: There is none of that name; the nearest is offered.
        """
        del ctx
        if cmd_name not in COMMANDS:
            raise UnknownNameError.among("command", cmd_name, COMMANDS, hint="see  evalkit --help")
        command: click.Command = getattr(importlib.import_module(f"evalkit.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from what stands here: help imports none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "auto_envvar_prefix": "EVALKIT",
    },
    epilog="""\b
Start here:
  evalkit demo                            the main job on documents that are already on this machine
  evalkit init FOLDER                     an example of one's own to change
  evalkit golden check FOLDER             is my golden set sound?
  evalkit compare FOLDER --baseline lsa/384 --candidate st/all-MiniLM-L6-v2
  evalkit gate FOLDER --model lsa/384     in CI: is search as good as when its baseline was stored?

\b
A model is provider/model: st/NAME (sentence-transformers), lsa/384, vectors/FOLDER, run/FILE, hash/256,
search/MODULE:FUNCTION (a search of one's own), http/URL (a search that is asked over HTTP).
A golden set is a folder with queries.jsonl, corpus.jsonl and qrels/test.tsv, or the name of a shipped one.

\b
Exit codes: 0 GO or PASS, 1 NO-GO or FAIL, 3 INCONCLUSIVE, 2 bad input, 4 provider failed,
5 nothing to score, 70 a bug.""",
)
@click.version_option(__version__, "-V", "--version", message="evalkit %(version)s")
@click.option("--config", metavar="FILE", help="The evalkit.toml to use. [default: found upward]")
@click.option("--offline", is_flag=True, help="Never ask a hub for a model; use what is on this machine.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, notices or warnings; errors are told.")
@click.option("-v", "--verbose", count=True, help="Show notices too; twice: tracebacks.")
@click.option("--no-code", is_flag=True, help="Refuse models that run code of somebody's own.")
@click.option("--no-color", is_flag=True, help="Plain text; the variable NO_COLOR does the same.")
@click.pass_context
def evalkit(
    ctx: click.Context,
    /,
    *,
    config: str | None,
    no_color: bool,
    **stated: Any,  # noqa: ANN401 - click's own dictionary of options
) -> None:
    """Decide whether an embedding model may replace the one in production, on your documents and queries."""
    from evalkit.cli.session import Session
    from evalkit.config import find_config

    found = find_config(Path.cwd(), config)
    ctx.default_map = dict.fromkeys(set(COMMANDS) - UNITS_OF_THEIR_OWN, found.defaults())
    color = not no_color and not os.environ.get("NO_COLOR")
    ctx.obj = Session(config=found, color=color, **stated)


def main() -> None:
    """Run the command line and exit with its code, whatever becomes of the streams that it writes to."""
    gc.set_threshold(*FEW_COLLECTIONS)
    sys.stdout, sys.stderr = patient(sys.stdout), patient(sys.stderr, dropped=(*GONE, *FULL))
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:  # noqa: C901, PLR0911, PLR0912 - one branch and one return for each way to end
    """Return the exit code of `evalkit ARGUMENTS`; results go to stdout, everything else to stderr."""
    try:
        _check_words(arguments)
        code = evalkit.main(args=list(arguments), prog_name="evalkit", standalone_mode=False)
        sys.stdout.flush()
    except EvalkitError as error:
        return _failed(error, arguments)
    except click.exceptions.NoArgsIsHelpError as error:
        print_text(error.format_message())
        return 0
    except click.UsageError as error:
        asked = error.ctx.command_path if error.ctx else "evalkit"
        return _failed(UsageError(error.format_message(), hint=f"see  {asked} --help"), arguments)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.Abort):
        print_lines("interrupted; finished work is kept in the cache", err=True)
        return INTERRUPTED
    except SystemExit as stop:  # nothing of this package ends the process: no exit 0 without a result
        return _bug(RuntimeError(f"the process was asked to end: SystemExit({stop.code})"), arguments)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        _silence_stdout()
        return 0
    except OSError as error:
        if isinstance(error, NotOpenedError):
            told = UsageError(f"a file is not read: {error}", hint="name another one", code="EK173")
            return _failed(told, arguments)
        if error.errno in NO_NAMES:
            return _failed(no_such_name(error), arguments)
        if error.errno in VANISHED and error.filename is not None:
            return _failed(_went_away(error), arguments)
        if error.errno not in FULL or error.filename is not None:
            return _bug(error, arguments)
        _silence_stdout()
        full = OutputError(
            f"stdout cannot be written: {error.strerror}", hint="free some space", code="EK611"
        )
        return _failed(full, arguments)
    except BaseException as error:  # noqa: BLE001 - the last line of defence: a bug, or a library's panic
        odd = [word for word in arguments if HALVES.search(word)]
        if isinstance(error, UnicodeEncodeError) and odd:
            return _failed(_no_text(odd[0]), arguments)
        return _bug(error, arguments)
    return code if isinstance(code, int) else 0


def _check_words(arguments: Sequence[str]) -> None:
    """Raise where a word is what no name of a file, a model or a column can be; what is secret is kept.

    Raises:
        UsageError: It holds a NUL character.
        OutputError: Files are to be written to an address, such as that of a store.
    """
    command = next((word for word in arguments if word in COMMANDS), "")
    for before, word in zip(("evalkit", *arguments), arguments, strict=False):
        hide_typed(word)
        place = word if before in OUTPUTS else word.partition("=")[2] if word.startswith("--output=") else ""
        if ADDRESS.match(place) and (command != WRITES_TO_URLS or is_store(place)):
            raise OutputError(
                f"{place} is no folder or file of this machine: results are written nowhere else",
                hint="name a folder with -o; a store is only read",
                code="EK611",
            )
        if "\0" in word:
            shown = word if len(word) <= SHOWN else f"{word[: SHOWN - 1]}…"
            raise UsageError(
                f"{shown!r} after {before[:SHOWN]!r} holds a NUL character: no name can",
                hint="was it put together from bytes that are no text?",
                code="EK174",
            )


def _no_text(word: str) -> UsageError:
    """Return the error for a word that is not in UTF-8; files may be called so, models and texts may not."""
    return UsageError(
        f"{word[:SHOWN]!r} is not in UTF-8",
        hint="only names of files may be; type it in UTF-8, or rename what is called so",
        code="EK175",
    )


def no_such_name(error: OSError) -> UsageError:
    """Return the error for a path that no file system takes, wherever it was first looked at."""
    name = os.fsdecode(error.filename or "")
    shown = name if len(name) <= SHOWN else f"{name[: SHOWN - 1]}…"
    return UsageError(
        f"{shown!r} is no name of a file: {error.strerror}", hint="name one that is there", code="EK259"
    )


def _went_away(error: OSError) -> OutputError:
    """Return the error for a file that was there when the work began: somebody has taken it away since."""
    return OutputError(
        f"{error.filename!s} has gone while it was worked on: {error.strerror}",
        hint="does something else move or delete it? put it back, and run the command again",
        code="EK105",
    )


def _silence_stdout() -> None:
    """Let what is left in the buffer of stdout go nowhere; at its end Python would fail on it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: EvalkitError, arguments: Sequence[str]) -> int:
    print_error(without_secrets(str(error)), color=_wants_color(arguments))
    if _wants_traceback(arguments):
        print_text(without_secrets(traceback.format_exc()), err=True)
    return error.exit_code


def _bug(error: BaseException, arguments: Sequence[str]) -> int:
    print_lines(
        without_secrets(f"bug[EK900]: {type(error).__name__}: {error}"),
        "  hint: please report it with the output of the same command and -vv",
        err=True,
    )
    if _wants_traceback(arguments):
        print_text(without_secrets(traceback.format_exc()), err=True)
    return BUG


def _wants_color(arguments: Sequence[str]) -> bool:
    return not os.environ.get("NO_COLOR") and "--no-color" not in arguments and sys.stderr.isatty()


def _wants_traceback(arguments: Sequence[str]) -> bool:
    told = [argument for argument in arguments if argument.startswith("-") and not argument.startswith("--")]
    return sum(argument.count("v") for argument in told if set(argument[1:]) == {"v"}) >= SHOW_TRACEBACK


if __name__ == "__main__":
    main()
