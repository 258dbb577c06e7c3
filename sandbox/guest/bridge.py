"""The tests' side of the calls: what the program's numbers mean here, and which of the tests' objects it may use.

Everything that comes in was chosen by the program. It gets to name its own objects, by numbers that count up, and those
of the tests' objects that it was given; anything else is a violation.
"""

from __future__ import annotations

import _thread
import _weakref
import builtins
import os
import sys
import types

from sandbox.guest import classes, exchange, frames, guarding, lending, library, remote, serving, values
from sandbox.guest.lane import HostGoneError, Lane, ProgramGoneError, ProgramRaisedError, ViolationError
from sandbox.guest.sharing import SharedNames
from sandbox.guest.values import GLOBAL, LOCAL, REMOTE, MalformedValueError, UnsupportedValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from sandbox.guest.patched import Patches


_BACK_DEPTH_MAX = 50
_LOOP_ENDINGS = (StopIteration, StopAsyncIteration, GeneratorExit)
"""Raised in the tests' process these would end its loops early and in silence, and with them its checks. And what is no
Exception, such as SystemExit, would end its threads and children so."""
_CATCH_FAILURES = frozenset(AssertionError.__mro__[:-1])
"""Where tests say "except program.Error", one of these in its place would have them catch their own failures."""


class Bridge:
    """Asks the program, and answers what it asks back.

    Attributes:
        lane: The way to the program.
        shared: Containers that the program has by the same names.
        patches: What they put in the place of the library's functions, where they may.
        seeds: What the tests have seeded since the last question: modules, and arguments of their `seed`.
        questions: How many were asked; those for what an object is as a number or a text do not count.
    """

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.seeds: list[list[Any]] = []
        self.patches: Patches | None = None
        self.shared = SharedNames()
        self.questions = 0
        self._reader = 0
        self._plain_input, self._plain_stdin = builtins.input, sys.stdin
        self._streams: tuple[Any, Any] = (None, None)
        # The program's objects: by number, weakly, since a number that nobody uses is given back.
        self._last = 0
        self._remotes: dict[int, Any] = {}
        self._kinds: dict[int, tuple[int, str, tuple[int | None, ...], int]] = {}
        self._released: list[int] = []
        # Its exception classes, and generators and coroutines, which are real ones here: by identity.
        self._error_classes: dict[int, type[BaseException]] = {}
        self._stand_ins: dict[int, tuple[Any, int | str | list[Any] | None]] = {}
        # The tests' objects that it was given.
        self._given: dict[int, tuple[Any, int]] = {}
        self._given_numbers: dict[int, int] = {}
        # What catches failures, and is no news to the program.
        self._told: set[type] = set()
        self._depth = 0
        self._is_guarded = False

    def watch_streams(self) -> None:
        """Take the streams of now for the usual ones: where tests put others, the program's output goes there too."""
        self._streams = sys.stdout, sys.stderr

    def watched(self) -> Patches:
        """Return what watches modules for what the tests put there."""
        if self.patches is None:
            # 10 ms that only tests pay which may replace something.
            from sandbox.guest.patched import Patches  # noqa: PLC0415

            self.patches = Patches()
        return self.patches

    def ask(self, operation: str, target: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Have the program do something with an object of its own.

        Raises:
            UnsupportedValueError: An argument or the result cannot cross.
            ViolationError: The answer is not one.
            ProgramGoneError: The program ended.
            Exception: What the program raised.
        """
        # What numbers the program's objects have depends on the order of questions and answers.
        with self.lane.turn():
            return self._ask(operation, target, list(args), kwargs)

    def _ask(self, operation: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        self.lane.check()
        self.questions += 1
        try:
            encoder = values.Encoder(self._refer)
            question = encoder.encode([operation, target, args, kwargs, self._released, self._setting()])
            _look_for_files(question)
            self._released, self.seeds = [], []
            containers = encoder.containers
            if operation == "value":
                self.lane.standing.contact()
            else:
                self.lane.standing.ask()
            with _Listening(self.lane, self._streams):
                kind, answer = self.lane.ask(
                    question,
                    lambda body, is_given_up: self._answer_back(body, containers, is_given_up=is_given_up),
                    lambda kind, payload: self._decoded(operation, kind, payload, containers),
                )
            try:
                return self._read(kind, answer, containers)
            finally:
                self.shared.are_in_step()
        except (ProgramGoneError, ViolationError) as error:
            self.lane.over = error
            raise
        except UnsupportedValueError as error:
            # Tests that want an exception, any exception, must not take this one for it.
            self.lane.standing.unsupported(str(error))
            raise

    def _decoded(self, operation: str, kind: int, payload: bytes, containers: list[Any]) -> tuple[int, Any]:
        """Return what came: its kind, and the answer or why there is none."""
        if kind == serving.UNSUPPORTED:
            return kind, payload[: frames.MESSAGE_BYTES_MAX].decode("utf-8", "backslashreplace")
        refused: list[str] = []

        def resolve(tag: bytes, body: bytes) -> Any:
            found = self._resolve(tag, body)
            catches = kind == serving.RETURNED and tag == GLOBAL and found in _CATCH_FAILURES
            if catches and (found not in self._told or operation in {"value", "attribute"}):
                refused.append(f"the program returned {found.__name__} itself, which failed assertions are caught by")
            return found

        try:
            answer = self._reading(lambda: values.Decoder(resolve, containers).decode(payload))
        except MalformedValueError as error:
            raise ViolationError(f"a malformed value: {error}") from None
        return (serving.UNSUPPORTED, refused[0]) if refused else (kind, answer)

    def is_reading(self) -> bool:
        """Tell whether this thread reads what the program said, and can ask nothing."""
        return self._reader == _thread.get_ident()

    def _reading(self, read: Callable[[], Any]) -> Any:
        self._reader = _thread.get_ident()
        try:
            return read()
        finally:
            self._reader = 0

    def _read(self, kind: int, answer: Any, containers: list[Any]) -> Any:
        if kind == serving.UNSUPPORTED:
            raise UnsupportedValueError(answer)
        try:
            if kind == serving.RETURNED and type(answer) is list and len(answer) == len(("value", "changes")):
                self._reading(lambda: exchange.apply(answer[1], containers))
                return answer[0]
            if kind == serving.THREW and type(answer) is list and len(answer) == _THREW_PARTS:
                self._reading(lambda: exchange.apply(answer[-1], containers))
                raised = self._exception(answer[:-1])
            else:
                raise ViolationError("an answer that is none")
        except MalformedValueError as error:
            raise ViolationError(f"a malformed value: {error}") from None
        raise raised

    def _exception(self, described: Any) -> BaseException:
        """Build what the tests see of the program's exception, and of what it was raised from."""
        if type(described) is not list or len(described) != _RAISED_PARTS:
            raise MalformedValueError("an exception that is not described as such are")
        kind, args, message, name, itself, cause = described
        if not isinstance(kind, type) or not issubclass(kind, BaseException) or type(message) is not str:
            raise MalformedValueError("an exception that is none")
        if type(name) is not str or not (itself is None or isinstance(itself, remote.Remote)):
            raise MalformedValueError("an exception that has no name, or is none of the program's")
        if issubclass(kind, _LOOP_ENDINGS) or not (issubclass(kind, Exception) or self.lane.standing.is_heard()):
            kind = ProgramRaisedError
        args = args if type(args) is list else [message]
        raised = _instance(remote.raised if id(kind) in self._stand_ins else _plain, kind, args)
        raised.__dict__["raised_by_program"] = f"{name}: {message}"
        if itself is not None:
            raised.__dict__["_sandbox_itself"] = itself
        if id(kind) in self._stand_ins:
            raised.__dict__["_sandbox_message"] = message
        if cause is not None:
            raised.__cause__ = self._exception(cause)
        return raised

    def _setting(self) -> dict[str, Any]:
        """Return what the tests have put in place of the program's input, and the seeds they have set."""
        setting: dict[str, Any] = {}
        if self.seeds:
            setting["seeds"] = self.seeds
        if self.lane.standing.has_forked:
            # What it has said to one of the processes is news to the others.
            setting["forked"] = True
        if shared := self.shared.to_send():
            setting["shared"] = shared
        if self.patches is not None:
            setting["patched"], setting["environ"] = self.patches.now(), self.patches.environ()
            setting |= self.patches.listeners
        if builtins.input is not self._plain_input:
            setting["input"] = builtins.input
        if sys.stdin is not self._plain_stdin:
            setting["stdin"] = sys.stdin
        return setting

    # What the tests refer to.

    def _refer(self, item: Any) -> tuple[bytes, bytes] | None:
        name = _remote_name(item)
        if name is not None:
            return REMOTE, values.encode(name)
        if isinstance(item, BaseException) and "_sandbox_itself" in item.__dict__:
            return REMOTE, values.encode(_remote_name(item.__dict__["_sandbox_itself"]))
        stand_in = self._stand_ins.get(id(item))
        if stand_in is not None and stand_in[0]() is item:
            return REMOTE, values.encode(stand_in[1])
        shared = _shared_name(item)
        if shared is not None:
            if type(item) is type and item in _CATCH_FAILURES:
                self._told.add(item)
            return GLOBAL, values.encode(shared)
        flags = lending.flags_of(item)
        if not flags:
            return None
        number = self._given_numbers.setdefault(id(item), len(self._given))
        self._given[number] = item, flags
        return LOCAL, values.encode([number, flags, *lending.described(item)])

    # What the program refers to.

    def _resolve(self, tag: bytes, body: bytes) -> Any:
        name = values.decode(body)
        if tag == GLOBAL:
            if type(name) is not str or name not in _SHARED_BY_NAME:
                raise MalformedValueError("a name that both sides do not have")
            return _SHARED_BY_NAME[name]
        if tag == LOCAL:
            if type(name) is not int or name not in self._given:
                raise MalformedValueError("an object of the tests that the program was never given")
            return self._given[name][0]
        return self._remote(name)

    def _remote(self, name: Any) -> Any:
        if type(name) is int:
            if name in self._error_classes:
                return self._error_classes[name]
            if name not in self._kinds:
                raise MalformedValueError("an object of the program that was never named")
            known = self._remotes.get(name)
            alive = known() if known is not None else None
            # Never its truth: that is the program's to say.
            return self._make(name) if alive is None else alive
        if type(name) is not list or [type(part) for part in name[:4]] != [int, int, str, list]:
            raise MalformedValueError("a reference that is none")
        number, flags, text, bases, *own_hash = name
        if [type(part) for part in own_hash] not in ([], [int], [type(None)]):
            raise MalformedValueError("a hash that is none")
        # Of an object: its class, which may be said here for the first time.
        of = bases[0][0] if bases and type(bases[0]) is list and bases[0] else bases[0] if bases else 0
        kind = flags, text, tuple(own_hash), of
        is_known = number in self._kinds and (self._kinds[number] == kind or self.lane.standing.has_forked)
        if is_known or number in self._error_classes:
            # Said in an answer that was interrupted while it was taken in; or, to all processes of the tests, again.
            return self._remote(number)
        if flags & serving.ERROR_CLASS:
            found = tuple(self._base(base) for base in bases)
            self._count(number)
            return self._make_error_class(number, text, found)
        # Held until what is of it is made.
        held = self._class(bases[0]) if bases else None
        self._count(number)
        self._kinds[number] = kind
        return self._make(number, held)

    def _class(self, base: Any) -> classes.RemoteType:
        found = self._remote(base)
        if type(found) is not classes.RemoteType:
            raise MalformedValueError("a class that is none")
        return found

    def _count(self, number: int) -> None:
        # Children of the tests may have been told of some, and this process of others before.
        if number != self._last + 1 and (number < 1 or not self.lane.standing.has_forked):
            raise MalformedValueError("an object of the program out of turn")
        self._last = max(number, self._last)

    def _make(self, number: int, kind: classes.RemoteType | None = None) -> Any:
        flags, name, own_hash, of = self._kinds[number]
        if number in self._released:
            self._released.remove(number)
        made: Any
        if flags & serving.CLASS:
            made = classes.make_class(self, number, flags, name)
        else:
            kind = self._class(of) if kind is None and of else kind
            made = classes.make(self, number, flags, name, own_hash, kind=kind)
        if flags & (serving.GENERATOR | serving.COROUTINE):
            made = remote.generate(made) if flags & serving.GENERATOR else remote.wait_for(made)
            self._stand_ins[id(made)] = _weakref.ref(made), number
        self._remotes[number] = _weakref.ref(made)
        return made

    def stand_for(self, item: Any, theirs: remote.Remote) -> None:
        """Have an object of the tests' side mean one of the program's, where it is sent there."""
        self._stand_ins[id(item)] = _weakref.ref(item), _remote_name(theirs)

    def release(self, number: int) -> None:
        """Give a number back: nobody here refers to it any more."""
        # Never asked at once: an object may go at any moment, in the middle of another question too.
        self._remotes.pop(number, None)
        self._released.append(number)

    def _base(self, base: Any) -> type:
        named = _SHARED_BY_NAME.get(base) or library.exception_class(base) if type(base) is str else self._remote(base)
        return named if isinstance(named, type) else object

    def _make_error_class(self, number: int, name: str, bases: tuple[type, ...]) -> type[BaseException]:
        # Plain classes among the bases say nothing that an except clause could ask for.
        kinds = tuple(base for base in bases if issubclass(base, BaseException) and not issubclass(base, _LOOP_ENDINGS))
        try:
            made = remote.error_class(self, name, kinds or (Exception,))
        except (TypeError, ValueError) as error:
            raise MalformedValueError(str(error)) from None
        self._error_classes[number] = made
        self._stand_ins[id(made)] = _weakref.ref(made), number
        return made

    # What the program asks back.

    def _answer_back(self, body: bytes, containers: list[Any], *, is_given_up: bool) -> bytes:
        decoder = values.Decoder(self._resolve, containers)
        try:
            question = self._reading(lambda: decoder.decode(body))
        except MalformedValueError as error:
            raise ViolationError(f"a malformed value: {error}") from None
        if type(question) is not list or [type(part) for part in question[1:]] != [str, list, dict]:
            raise ViolationError("a question back that is none")
        target, operation, args, kwargs = question
        number = self._given_numbers.get(id(target))
        if number is None or self._given[number][0] is not target:
            raise ViolationError("a question about what is not the tests'")
        if is_given_up:
            return serving.GIVEN_UP
        before = exchange.look_at(decoder.containers)
        status = serving.RETURNED
        try:
            with self.lane.interrupts.let_in():
                answer = [self._perform(target, self._given[number][1], operation, args, kwargs)]
        except (ViolationError, ProgramGoneError, HostGoneError):
            raise
        except BaseException as error:
            if error is self.lane.interrupts.raised:
                # A time limit of the tests ends their wait for the program, which has no say in it.
                raise
            # The program may catch it, which must not make the check pass.
            self.lane.standing.swallowed(error)
            status, answer = serving.THREW, [remote.told(error)]
        answer.append(exchange.changes(decoder.containers, before))
        return bytes([status]) + values.Encoder(self._refer, decoder.containers).encode(answer)

    def _perform(self, target: Any, flags: int, operation: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        _look_at_question(flags, operation, args, kwargs)
        if operation == "exit" and args:
            args = [self._exception(args)]
        if self._depth >= _BACK_DEPTH_MAX:
            raise RecursionError("the program asks back deeper than it may")
        if operation == "set":
            if not lending.may_set(target, *args):
                self._refuse(f"a change of {args[0]!r}, by which the tests' own object works")
        elif flags & _OBJECT and operation != "call":
            name = args[0] if operation == "attribute" else f"__{operation}__"
            if not lending.may_read(target, name):
                if operation == "attribute" and not lending.has(target, name):
                    raise AttributeError(name)
                self._refuse(f"the use of {name!r} of a {type(target).__qualname__!r} of the tests")
        if not self._is_guarded:
            self._is_guarded = True
            guarding.guard(lambda: self._depth > 0, self._refuse)
        self._depth += 1
        try:
            result = _ALLOWED[operation][1](target, *args, **kwargs)
            if operation == "attribute" and not lending.may_have(result):
                self._refuse(f"the use of {args[0]!r} of a {type(target).__qualname__!r} of the tests")
            return result
        finally:
            self._depth -= 1

    def _refuse(self, what: str) -> NoReturn:
        """Refuse the program something, and have it known even where it catches the exception.

        Raises:
            UnsupportedValueError: Always.
        """
        self.lane.standing.unsupported(what)
        raise UnsupportedValueError(what)


class _Listening:
    """Where the tests have turned their output elsewhere, what the program writes meanwhile goes there, too."""

    def __init__(self, lane: Lane, usual: tuple[Any, Any]) -> None:
        self._lane = lane
        streams = (sys.stdout, sys.stderr)
        self._turned = [
            (capture, stream)
            for capture, stream, old in zip(lane.captures, streams, usual, strict=True)
            if stream is not old
        ]
        self._before: list[bytearray | None] = []

    def __enter__(self) -> None:
        if self._turned:
            self._lane.drain()
        for capture, stream in self._turned:
            # Of the call within which this one is made.
            before = capture.copy_to
            if before:
                stream.write(before.decode("utf-8", "replace"))
                before.clear()
            self._before.append(before)
            capture.copy_to = bytearray()

    def __exit__(self, *_: object) -> None:
        if self._turned:
            # What it wrote before it answered is in the pipe by now.
            self._lane.drain()
        for (capture, stream), before in zip(self._turned, self._before, strict=True):
            taken, capture.copy_to = capture.copy_to, before
            if taken:
                stream.write(taken.decode("utf-8", "replace"))


_TEMPORARY = b"/tmp/tmp"
"""What paths begin with that tempfile makes."""


def _look_for_files(question: bytes) -> None:
    """Refuse the path of a temporary file or folder that the tests have made: the program has a /tmp of its own.

    Raises:
        UnsupportedValueError: There is one in a question.
    """
    if _TEMPORARY not in question:
        return
    for name in __import__("re").findall(_TEMPORARY + rb"[a-z0-9_]+", question):
        if os.path.lexists(name):
            raise UnsupportedValueError(f"{name.decode()!r}, which is the tests': the program has a /tmp of its own")


_RAISED_PARTS = len(("class", "args", "message", "name", "itself", "cause"))
_THREW_PARTS = _RAISED_PARTS + len(("changes",))
_SHARED_BY_NAME: dict[str, type] = {kind.__name__: kind for kind in serving.SHARED_TYPES}
_OBJECT = serving.FOREIGN_OBJECT


def _next(target: Any) -> list[Any]:
    try:
        return [True, next(target)]
    except StopIteration:
        return [False, None]


def _look_at_question(flags: int, operation: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Look whether an honest program could have asked this.

    Raises:
        ViolationError: It could not.
    """
    if operation not in _ALLOWED or not flags & _ALLOWED[operation][0]:
        raise ViolationError("the program asks of an object of the tests what it may not")
    if (kwargs and operation != "call") or (operation == "exit" and len(args) not in {0, _RAISED_PARTS}):
        raise ViolationError("the program asks in a way that nobody asks")
    if operation in {"attribute", "set"} and (not args or type(args[0]) is not str or args[0].startswith("_")):
        raise ViolationError("the program asks for what is private to the tests")


def _leave(target: Any, error: BaseException | None = None) -> bool:
    return bool(target.__exit__(None if error is None else type(error), error, None))


_ALLOWED: dict[str, tuple[int, Callable[..., Any]]] = {
    "call": (serving.FOREIGN_CALLABLE, lambda target, /, *args, **kwargs: target(*args, **kwargs)),
    "next": (serving.FOREIGN_ITERATOR, _next),
    "enter": (_OBJECT, lambda target: target.__enter__()),
    "exit": (_OBJECT, _leave),
    "attribute": (_OBJECT, getattr),
    "set": (_OBJECT, setattr),
    "len": (_OBJECT, len),
    "bool": (_OBJECT, bool),
    "iter": (_OBJECT, iter),
    "getitem": (_OBJECT, lambda target, key: target[key]),
    "setitem": (_OBJECT, lambda target, key, value: target.__setitem__(key, value)),
    "contains": (_OBJECT, lambda target, item: item in target),
    "str": (_OBJECT, str),
    "repr": (_OBJECT, repr),
    "eq": (_OBJECT, lambda target, other: bool(target == other)),
    "lt": (_OBJECT, lambda target, other: bool(target < other)),
    "hash": (_OBJECT, hash),
}
"""What the program may ask of an object of the tests, and which of them."""


def _remote_name(item: Any) -> int | str | list[Any] | None:
    """Return what the program knows a remote object by; None for anything else."""
    name = getattr(type(item), "_sandbox_is_remote", None)
    return object.__getattribute__(item, "_sandbox_name") if name is True else None


def _shared_name(item: Any) -> str | None:
    """Return the name by which the program has the same object: Python's own functions and classes."""
    if not isinstance(item, (type, types.BuiltinFunctionType, types.FunctionType, types.MethodDescriptorType)):
        return None
    name = getattr(item, "__qualname__", "")
    if isinstance(item, types.MethodDescriptorType):
        owner = item.__objclass__
        return f"builtins:{name}" if vars(builtins).get(owner.__name__) is owner else None
    module = getattr(item, "__module__", None) or ""
    if module == "builtins":
        return name if vars(builtins).get(name) is item else None
    found: Any = sys.modules.get(module) if module.partition(".")[0] in sys.stdlib_module_names else None
    return f"{module}:{name}" if found is not None and vars(found).get(name) is item else None


def _plain(kind: type[BaseException], args: list[Any]) -> BaseException:
    return kind(*args)


def _instance(
    make: Callable[[type[BaseException], list[Any]], BaseException], kind: type[BaseException], args: list[Any]
) -> BaseException:
    try:
        return make(kind, args)
    except Exception:
        # Such as UnicodeDecodeError, which wants five arguments.
        return ProgramRaisedError(*args)
