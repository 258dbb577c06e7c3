"""Who may import whom. The design says it; this makes it so."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox

ROOT = Path(sandbox.__file__).resolve().parent

DOMAIN = ("errors", "limits", "job", "verdict", "outcome", "policy", "language", "boxspec", "judge")
"""Plain decisions and plain data."""

IO = (
    *("sandbox.boxes", "sandbox.runner", "sandbox.scheduler", "sandbox.dispatcher", "sandbox.server", "sandbox.images"),
    *("sandbox.rpc", "sandbox.cli", "sandbox.client", "sandbox.v1", "sandbox.guest", "sandbox.logs", "sandbox.host"),
    "sandbox.doctor",
    *("asyncio", "subprocess", "socket", "threading", "multiprocessing", "grpc", "google", "docker", "structlog"),
)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
GENERATED = [name for name in SOURCES if name.startswith("sandbox.v1")]
WRITTEN = [name for name in SOURCES if name not in GENERATED]
GUEST = [name for name in WRITTEN if name == "sandbox.guest" or name.startswith("sandbox.guest.")]


@functools.cache
def nodes(module: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(SOURCES[module].read_bytes())))


def imports(module: str) -> Iterator[str]:
    """Everything that a module imports: at its top, late, or for its types only."""
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            assert node.module is not None
            # `from a import b` may be the module a.b.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def importers(*packages: str) -> set[str]:
    """The written modules that import any of `packages`."""
    return {module for module in WRITTEN if any(within(name, *packages) for name in imports(module))}


def outside(modules: set[str], *packages: str) -> set[str]:
    return {module for module in modules if not within(module, *packages)}


def test_the_source_was_found() -> None:
    assert {"sandbox", "sandbox.judge", "sandbox.boxes.runsc", "sandbox.guest.values"} <= set(WRITTEN)
    assert "sandbox.v1.sandbox_pb2" in GENERATED
    assert len(GUEST) > 5
    assert importers("asyncio")
    assert set(DOMAIN) <= {name.removeprefix("sandbox.") for name in WRITTEN}


def test_grpc_is_met_by_the_wire_and_the_client_alone() -> None:
    assert outside(importers("grpc", "grpc_health", "google"), "sandbox.rpc", "sandbox.client") == set()
    assert importers("grpc")


def test_generated_messages_are_met_by_the_wire_and_the_client_alone() -> None:
    assert outside(importers("sandbox.v1"), "sandbox.rpc", "sandbox.client") == set()
    assert importers("sandbox.v1")


def test_docker_is_met_by_its_backend_alone() -> None:
    assert importers("docker", "requests") == {"sandbox.boxes.docker"}


def test_boxes_are_made_where_the_command_line_says_so_and_the_server_cannot() -> None:
    makers = importers("sandbox.boxes.runsc", "sandbox.boxes.docker")
    assert makers == {"sandbox.cli.backends", "sandbox.cli.policy_corpus"}
    assert "sandbox.server" not in importers("sandbox.cli", "sandbox.launcher.service", "sandbox.launcher.process")


def test_the_fake_is_for_tests() -> None:
    assert importers("sandbox.boxes.fake") == set()


def test_nothing_on_the_host_imports_the_guest() -> None:
    assert outside(importers("sandbox.guest"), "sandbox.guest") == set()


@pytest.mark.parametrize("module", GUEST)
def test_the_guest_is_the_standard_library_and_itself(module: str) -> None:
    strange = [
        name
        for name in imports(module)
        if not within(name, "sandbox.guest") and name.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert strange == []


def test_the_guest_starts_without_what_costs_more_than_itself(tmp_path: Path) -> None:
    # As in a box, where the host's part of the package is not.
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "guest").symlink_to(ROOT / "guest")
    # Each of them is tens of milliseconds of CPU in every box.
    heavy = {"collections", "contextlib", "dataclasses", "enum", "importlib", "inspect", "re", "signal", "typing"}
    code = "import sys; sys.path[0] = sys.argv[1]; import sandbox.guest.agent; print(*sys.modules)"
    # -S: what a distribution's site does is not ours.
    command = [sys.executable, "-I", "-S", "-B", "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    assert "sandbox.guest.agent" in done.stdout.split()
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("module", GUEST)
def test_the_guest_compiles_on_the_oldest_python_that_an_image_may_have(module: str) -> None:
    source = SOURCES[module].read_bytes()
    tree = ast.parse(source, filename=module, feature_version=(3, 11))
    compile(tree, module, "exec", dont_inherit=True)


@pytest.mark.parametrize("module", DOMAIN)
def test_the_domain_does_nothing(module: str) -> None:
    assert [name for name in imports(f"sandbox.{module}") if within(name, *IO)] == []


LAYERS = {
    "sandbox.boxes": ("sandbox.runner", "sandbox.scheduler", "sandbox.dispatcher", "sandbox.rpc", "sandbox.cli"),
    "sandbox.runner": ("sandbox.scheduler", "sandbox.dispatcher", "sandbox.rpc", "sandbox.cli", "sandbox.server"),
    "sandbox.scheduler": ("sandbox.boxes", "sandbox.rpc", "sandbox.cli", "sandbox.server"),
    "sandbox.dispatcher": ("sandbox.rpc", "sandbox.cli", "sandbox.server"),
    # It attacks boxes as the runner makes them, whoever wants to know: a server, or the command line.
    "sandbox.doctor": (
        *("sandbox.scheduler", "sandbox.dispatcher", "sandbox.server", "sandbox.rpc", "sandbox.cli", "sandbox.client"),
        *("sandbox.boxes.runsc", "sandbox.boxes.docker"),
    ),
    "sandbox.boxes.box": ("sandbox.doctor",),
    "sandbox.rpc": ("sandbox.cli", "sandbox.server", "sandbox.client"),
    "sandbox.client": ("sandbox.boxes", "sandbox.runner", "sandbox.scheduler", "sandbox.cli", "sandbox.server"),
    "sandbox.wire": ("sandbox.boxes", "sandbox.runner", "asyncio"),
    "sandbox.transcript": ("sandbox.runner", "asyncio"),
}
"""Above each package: what it must not know."""


@pytest.mark.parametrize("package", LAYERS)
def test_imports_go_one_way(package: str) -> None:
    modules = [module for module in WRITTEN if within(module, package)]
    assert modules
    upwards = [(module, name) for module in modules for name in imports(module) if within(name, *LAYERS[package])]
    assert upwards == []


def test_nothing_can_rebuild_objects_or_start_a_shell() -> None:
    assert importers("pickle", "marshal", "shelve", "dill") == set()
    for module in WRITTEN:
        for node in nodes(module):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                raise AssertionError(f"{module}:{node.value.lineno}: no shells")
